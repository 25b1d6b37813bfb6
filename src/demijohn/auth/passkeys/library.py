"""The one module that imports py_webauthn, when a credential is first verified: that takes a quarter of a second.

It is given bytes that `rules` has read and bounded, and whatever its parsers raise on them is one answer: refused.
"""

from dataclasses import dataclass

from flask import current_app

from demijohn.auth.passkeys.relying_party import RelyingParty
from demijohn.auth.passkeys.rules import Assertion, Registration, encoded

ALGORITHMS = (-8, -7, -257)
"""COSE: Ed25519, ECDSA on P-256, RSA with SHA-256; py_webauthn's own defaults."""

MOST_KEY_BYTES = 1_200
"""Of a public key: RSA of 8,192 bits has 1,040. What is bigger would only take time at every sign-in."""

DECOY_KEY = bytes.fromhex(
    "a5010203262001215820"
    "6cae3364f31bd068c8bae8c2988d1ae8cd8bda7c180b209b5e73a75046adcde2"
    "225820"
    "9eca173097c9f6cad6dea9d6b7e44cc996c26a4838f2ef5a831ecc94a661936d"
)
"""A COSE key on P-256 to verify against where there is none, so that an unknown passkey takes the work of a known one.

Its x is SHA-256 of `demijohn decoy 0`, so nobody has the secret half.
"""


class NotVerifiedError(Exception):
    """The credential is not what it should be: wrong signature, origin, host, type, challenge or flags."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a device vouches for.

    Attributes:
        sign_count: its counter, 0 if it has none.
        is_backup_eligible: it can be synced to other devices.
        is_backed_up: it is.
    """

    sign_count: int
    is_backup_eligible: bool
    is_backed_up: bool


@dataclass(frozen=True, kw_only=True)
class VerifiedRegistration:
    """A new credential, and what its device vouches for."""

    device: Verified
    credential_id: bytes
    public_key: bytes
    aaguid: str


def verify_assertion(
    assertion: Assertion, *, challenge: bytes, party: RelyingParty, public_key: bytes, needs_verification: bool
) -> Verified:
    """What the device vouches for, once its signature and all it signed are right.

    The counter is not judged here, because py_webauthn looks at it before the signature: anybody could then raise
    suspicion about a passkey.

    Raises:
        NotVerifiedError: something is not right; the reason goes to the log at level DEBUG.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse, CredentialDeviceType

    try:
        found = verify_authentication_response(
            credential=AuthenticationCredential(
                id=encoded(assertion.credential_id),
                raw_id=assertion.credential_id,
                response=AuthenticatorAssertionResponse(
                    client_data_json=assertion.client_data,
                    authenticator_data=assertion.authenticator_data,
                    signature=assertion.signature,
                ),
            ),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=needs_verification,
        )
    except Exception as error:  # noqa: BLE001 - whatever parsers raise on hostile bytes
        raise refused(error) from None
    return Verified(
        sign_count=found.new_sign_count,
        is_backup_eligible=found.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        is_backed_up=found.credential_backed_up,
    )


def verify_registration(registration: Registration, *, challenge: bytes, party: RelyingParty) -> VerifiedRegistration:
    """The new credential, once all its device says is right, user verification included.

    Raises:
        NotVerifiedError: something is not right; the reason goes to the log at level DEBUG.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
    from webauthn.helpers.structs import AuthenticatorAttestationResponse, CredentialDeviceType, RegistrationCredential

    try:
        found = verify_registration_response(
            credential=RegistrationCredential(
                id=encoded(registration.credential_id),
                raw_id=registration.credential_id,
                response=AuthenticatorAttestationResponse(
                    client_data_json=registration.client_data, attestation_object=registration.attestation_object
                ),
            ),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
        if found.credential_id != registration.credential_id or len(found.credential_public_key) > MOST_KEY_BYTES:
            raise NotVerifiedError("the credential id differs from the attested one, or the public key is too long")
        decoded_public_key_to_cryptography(decode_credential_public_key(found.credential_public_key))
    except Exception as error:  # noqa: BLE001 - whatever parsers raise on hostile bytes
        raise refused(error) from None
    device = Verified(
        sign_count=found.sign_count,
        is_backup_eligible=found.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        is_backed_up=found.credential_backed_up,
    )
    return VerifiedRegistration(
        device=device,
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        aaguid=found.aaguid,
    )


def refused(error: Exception) -> NotVerifiedError:
    """One error for whatever py_webauthn and the parsers below it raise on hostile bytes."""
    current_app.logger.debug("A passkey was refused: %s: %s", type(error).__name__, error)
    return NotVerifiedError("the passkey was refused")
