"""What OpenID Connect adds to the sign-in page and the account pages. Read it as a table."""

from importlib.util import find_spec
from typing import Any

from demijohn.auth.capability import AccountPage, Capability, Proof, Rule, WayIn
from demijohn.auth.oidc import leaving, views
from demijohn.auth.oidc.people import count_identities, identities_of
from demijohn.auth.settings import AuthSettings
from demijohn.errors import SetupError

POST = ("POST",)


def CAPABILITY(section: AuthSettings) -> Capability:  # noqa: N802 - as constant as the settings are
    refuse_missing_library()
    labels = {name: one.label or name.replace("_", " ").capitalize() for name, one in section.oidc.items()}
    return Capability(
        name="oidc",
        start=leaving.start,
        rules=(
            Rule("/login/oidc/<provider>", views.login_oidc, ("GET", "POST")),
            Rule("/callback/<provider>", views.oidc_callback),
            Rule("/confirm-identity/oidc/<provider>", views.confirm_oidc, POST),
            Rule("/signed-out/<provider>", leaving.oidc_signed_out),
            Rule("/backchannel-logout/<provider>", leaving.oidc_backchannel_logout, POST),
            Rule("/account/identities", views.identities),
            Rule("/account/identities/connect/<provider>", views.connect_oidc, POST),
            Rule("/account/identities/<int:identity>/disconnect", views.disconnect_oidc, POST),
        ),
        account_pages=(AccountPage(endpoint="auth.identities", label="Connected accounts"),),
        ways_in=tuple(
            WayIn(label=label, template="auth/way_oidc.html", endpoint="auth.login_oidc", values=(("provider", name),))
            for name, label in labels.items()
        ),
        proofs=tuple(
            Proof(
                label=label,
                template="auth/proof_oidc.html",
                endpoint="auth.confirm_oidc",
                values=(("provider", name),),
                is_available=connected_with(name),
            )
            for name, label in labels.items()
        ),
        count_ways=count_identities,
        prepare_farewell=leaving.prepare_farewell,
    )


def connected_with(provider: str) -> Any:
    def is_connected(user: Any) -> bool:
        return any(identity.provider == provider for identity in identities_of(user.id))

    return is_connected


def refuse_missing_library() -> None:
    """Say so at the start, not at the first request; finds the library without importing it."""
    if find_spec("authlib") is None:
        raise SetupError(
            "auth.oidc names providers, and Authlib is not installed.",
            fix='pip install "demijohn[oidc]", or remove the FLASK_AUTH__OIDC__… variables.',
        )
