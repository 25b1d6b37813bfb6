"""Authlib and joserfc, kept to this one module: addresses, codes and tokens of the code flow with PKCE.

Imported with the first request that needs it.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from demijohn.auth.oidc.asking import Answer, Patience, ProviderError
from demijohn.auth.oidc.provider import Provider, seconds_now
from demijohn.auth.oidc.rules import SKEW_SECONDS

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that only the provider has: neither `none` nor a shared secret."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class UntrustedError(ProviderError):
    """A token that does not prove what it should; the text is for the log."""


class Asker:
    """What Authlib takes for a session: sends its forms with our limits."""

    def __init__(self, provider: Provider, patience: Patience) -> None:
        self.provider = provider
        self.patience = patience

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> Answer:
        form, own = dict(data), dict(headers)
        if auth.auth_method is basic:
            own["Authorization"] = basic(auth.client_id, auth.client_secret)
        else:
            form["client_id"] = auth.client_id
            if auth.client_secret:
                form["client_secret"] = auth.client_secret
        answer: Answer = self.provider.ask(url, self.patience, form=form, headers=own)
        return answer


def basic(client_id: str, client_secret: str) -> str:
    """The header of `client_secret_basic`; both parts are form-encoded first (RFC 6749, 2.3.1), as Authlib does not."""
    return "Basic " + b64encode(f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}".encode()).decode()


def client_of(provider: Provider, metadata: Mapping[str, Any], patience: Patience, redirect_uri: str) -> Any:
    section = provider.section
    secret = section.client_secret.get_secret_value() if section.client_secret else None
    return OAuth2Client(
        session=Asker(provider, patience),
        client_id=section.client_id,
        client_secret=secret,
        token_endpoint_auth_method=auth_method(provider, metadata),
        scope=section.asked_scopes(),
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def auth_method(provider: Provider, metadata: Mapping[str, Any]) -> Any:
    """How the secret is sent: as the settings say, else Basic unless the provider offers only the form."""
    if provider.section.client_secret is None:
        return "none"
    chosen: str = provider.section.client_auth
    if chosen == "auto":
        offered = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        chosen = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
    return basic if chosen == "client_secret_basic" else chosen


def authorization_address(
    provider: Provider, patience: Patience, *, redirect_uri: str, verifier: str, **parameters: Any
) -> str:
    """Where the person goes to sign in; `parameters` are `state`, `nonce` and whatever else is asked."""
    metadata = provider.metadata(patience)
    client = client_of(provider, metadata, patience, redirect_uri)
    address, _ = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, **parameters
    )
    return str(address)


def tokens_for(
    provider: Provider, patience: Patience, *, redirect_uri: str, code: str, verifier: str
) -> dict[str, Any]:
    """What the provider gives for the code.

    Raises:
        ProviderError: it refuses the code, or gives no ID token.
    """
    metadata = provider.metadata(patience)
    client = client_of(provider, metadata, patience, redirect_uri)
    try:
        given = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier)
    except OAuth2Error as error:
        raise ProviderError(f"it refused the code ({str(error.error)[:60]!r})") from None
    except ValueError:
        raise ProviderError("it answered the code with something that is no JSON object") from None
    if not isinstance(given.get("id_token"), str) or not isinstance(given.get("access_token"), str):
        raise ProviderError("it gave no ID token for the code; is openid among the scopes?")
    return dict(given)


def claims_of(provider: Provider, patience: Patience, token: str, *, nonce: str, access_token: str) -> dict[str, Any]:
    """The claims of an ID token that is the provider's, for us, for this sign-in, and of now.

    Raises:
        UntrustedError: it is not.
    """
    claims, header = verified(provider, patience, token)
    parameters = {"nonce": nonce, "client_id": provider.section.client_id, "access_token": access_token}
    try:
        CodeIDToken(claims, header, options=expected(provider), params=parameters).validate(
            now=int(seconds_now()), leeway=SKEW_SECONDS
        )
    except JoseError as error:
        raise UntrustedError(f"the ID token is refused ({error})") from None
    if not claims["sub"] or len(claims["sub"]) > 255:
        raise UntrustedError("the ID token's subject is empty or too long")
    return claims


def expected(provider: Provider) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": provider.section.issuer},
        "aud": {"essential": True, "value": provider.section.client_id},
    }


def verified(provider: Provider, patience: Patience, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Claims and header of a token with the provider's signature; asks for its keys again if it may have changed them.

    Raises:
        UntrustedError: no key of the provider made the signature.
    """
    problem: Exception | None = None
    for again in (False, True):
        try:
            keys = KeySet.import_key_set(signing_keys(provider.keys(patience, again=again)))
            found = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            problem = error
        else:
            return found.claims, found.header
    raise UntrustedError(f"the token's signature is refused ({type(problem).__name__})")


def signing_keys(document: Mapping[str, Any]) -> Any:
    """The public keys for signatures; what is for encryption or shared is none of them."""
    keys = document.get("keys")
    usable = [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict) and key.get("use") in {None, "sig"} and key.get("kty") != "oct"
    ]
    return {"keys": usable}


def userinfo_of(provider: Provider, patience: Patience, access_token: str, *, subject: str) -> dict[str, Any]:
    """What the provider says of the person beyond the ID token; empty if it offers no such thing.

    Raises:
        UntrustedError: it speaks of somebody else (OpenID Connect Core 1.0, 5.3.2).
    """
    endpoint = provider.metadata(patience).get("userinfo_endpoint")
    if endpoint is None:
        return {}
    answer = provider.ask(endpoint, patience, headers={"Authorization": f"Bearer {access_token}"})
    answer.raise_for_status()
    try:
        found = answer.json()
    except ValueError:
        raise ProviderError("its answer about the user is no JSON") from None
    if not isinstance(found, dict) or found.get("sub") != subject:
        raise UntrustedError("its answer about the user is about somebody else")
    return found


def logout_claims(provider: Provider, patience: Patience, token: str) -> dict[str, Any]:
    """The claims of a logout token that is the provider's, for us and of now.

    Raises:
        UntrustedError: it is not.

    Source:
        OpenID Connect Back-Channel Logout 1.0, 2.6; a token that names a session only, no person, is refused.
    """
    from authlib.oauth2.claims import JWTClaims

    claims, header = verified(provider, patience, token)
    options = expected(provider) | {name: {"essential": True} for name in ("iat", "exp", "jti", "sub", "events")}
    try:
        JWTClaims(claims, header, options=options).validate(now=int(seconds_now()), leeway=SKEW_SECONDS)
    except JoseError as error:
        raise UntrustedError(f"the logout token is refused ({error})") from None
    events = claims["events"]
    if "nonce" in claims or not isinstance(events, dict) or LOGOUT_EVENT not in events:
        raise UntrustedError("this is no logout token")
    return claims
