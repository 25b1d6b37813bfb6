"""Settings of the auth battery."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from demijohn.auth.bearer.settings import TokensSettings
from demijohn.auth.deletion.settings import DeletionSettings
from demijohn.auth.email_change.settings import EmailChangeSettings
from demijohn.auth.factors.settings import TwoFactorSettings
from demijohn.auth.magic_link.settings import MagicLinkSettings
from demijohn.auth.oidc.settings import Providers
from demijohn.auth.passkeys.settings import PasskeySettings
from demijohn.auth.registration.settings import RegistrationSettings
from demijohn.auth.remote_user.settings import RemoteUserSettings
from demijohn.auth.rights.settings import RightsSettings
from demijohn.security.settings import split_words


class AuthSettings(RegistrationSettings, EmailChangeSettings, MagicLinkSettings, DeletionSettings, RightsSettings):
    """Accounts and passwords."""

    password_min_length: int = Field(default=15, ge=8, le=128, description="Shortest password accepted (characters).")
    recent_seconds: int = Field(
        default=900, ge=60, le=86_400, description="A sensitive step asks again if sign-in is longer ago (seconds)."
    )
    reset_seconds: int = Field(
        default=3_600, ge=60, le=86_400, description="A mailed reset link works this long (seconds)."
    )
    sign_in_attempts: int = Field(
        default=10, ge=1, description="Failed sign-ins to one account from one network before it has to wait (count)."
    )
    sign_in_address_attempts: int = Field(
        default=100,
        ge=1,
        description="Sign-ins tried from one network, whatever the account, before it has to wait (count).",
    )
    sign_in_window_seconds: int = Field(
        default=900, ge=1, le=86_400, description="The time over which sign-ins are counted (seconds)."
    )
    sign_in_account_attempts: int = Field(
        default=100,
        ge=1,
        description="Failed sign-ins to one account from all networks together before strangers have to wait (count).",
    )
    sign_in_account_window_seconds: int = Field(
        default=86_400, ge=1, le=30 * 86_400, description="The time over which those are counted (seconds)."
    )
    device_attempts: int = Field(
        default=10,
        ge=1,
        description="Failed sign-ins from a device that has signed in to the account before; then it counts as a "
        "stranger's (count).",
    )
    device_window_seconds: int = Field(
        default=3_600, ge=1, le=30 * 86_400, description="The time over which those are counted (seconds)."
    )
    device_seconds: int = Field(
        default=365 * 86_400, ge=60, description="A device is known this long after its last sign-in (seconds)."
    )
    reset_attempts: int = Field(default=5, ge=1, description="Reset mails asked for one account (count).")
    reset_address_attempts: int = Field(
        default=20, ge=1, description="Reset mails asked from one network, whatever the account (count)."
    )
    reset_window_seconds: int = Field(
        default=3_600, ge=1, le=86_400, description="The time over which reset requests are counted (seconds)."
    )
    new_device_notices: bool = Field(
        default=True, description="Tell people by mail when somebody signs in with a device their account has not seen."
    )
    hash_memory_kib: int = Field(default=19_456, ge=8, description="Memory one password hash takes (KiB).")
    hash_passes: int = Field(default=2, ge=1, le=20, description="Passes of one password hash (count).")
    hash_lanes: int = Field(default=1, ge=1, le=16, description="Lanes of one password hash (count).")
    concurrent_hashes: int = Field(
        default=2, ge=1, le=64, description="Passwords one process verifies at the same time; others wait (count)."
    )
    two_factor: TwoFactorSettings = Field(default_factory=TwoFactorSettings, description="Two-step sign-in.")
    legacy_hashes: Annotated[list[Literal["werkzeug", "django", "bcrypt"]], BeforeValidator(split_words)] = Field(
        default=[],
        description="Kinds of password hashes made elsewhere that still open an account, and are replaced at sign-in.",
    )
    impersonation_seconds: int = Field(
        default=3_600,
        ge=0,
        le=86_400,
        description="How long a superuser acts as another user before it ends by itself (seconds); 0 switches it off.",
    )
    tokens: TokensSettings = Field(default_factory=TokensSettings, description="API tokens.")
    oidc: Providers = Field(default={}, description="OpenID Connect providers, each under a name of your own.")
    passkeys: PasskeySettings = Field(default_factory=PasskeySettings, description="Signing in with passkeys.")
    remote_user: RemoteUserSettings = Field(
        default_factory=RemoteUserSettings, description="Sign-in by whom a proxy or the server names."
    )
