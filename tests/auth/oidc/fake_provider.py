"""A provider that can be made to lie: on a loopback port, with keys of its own."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "shop", "a secret: with odd / signs + 100%"


class FakeProvider:
    """Honest until told otherwise.

    Attributes:
        person: the claims it gives about whoever signs in.
        metadata, claims, header: what is put over the honest ones; None takes a name away.
        signing_key: what it signs with; `key` is what it publishes.
        userinfo: what is put over its answer about the user.
        answers: path -> a function that answers instead.
        asked: the paths asked so far.
    """

    def __init__(self) -> None:
        self.key = self.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
        self.person: dict[str, Any] = {
            "sub": "248289761001", "email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace",
        }  # fmt: skip
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.answers: dict[str, Callable[[], Any]] = {}
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.issuer = ""
        self.app = self.make()

    def make(self) -> Flask:
        app = Flask("fake_provider")
        app.before_request(self.note)
        app.add_url_rule("/.well-known/openid-configuration", view_func=self.discovery)
        app.add_url_rule("/jwks", view_func=self.jwks)
        app.add_url_rule("/token", view_func=self.token, methods=["POST"])
        app.add_url_rule("/me", view_func=self.me)
        return app

    def note(self) -> Any:
        self.asked.append(request.path)
        answer = self.answers.get(request.path)
        return answer() if answer else None

    def discovery(self) -> Response:
        honest = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/me",
            "end_session_endpoint": f"{self.issuer}/end",
            "authorization_response_iss_parameter_supported": True,
        }
        return jsonify(laid_over(honest, self.metadata))

    def jwks(self) -> Response:
        return jsonify({"keys": [self.key.as_dict(private=False, use="sig")]})

    def token(self) -> Any:
        granted = self.codes.pop(request.form.get("code", ""), None)
        if granted is None or not self.is_client() or not fits(request.form["code_verifier"], granted):
            return jsonify(error="invalid_grant"), 400
        if request.form["redirect_uri"] != granted["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        return jsonify(access_token="an-access-token", token_type="Bearer", id_token=self.id_token(granted["nonce"]))

    def is_client(self) -> bool:
        expected = f"{'shop'}:{'a%20secret%3A%20with%20odd%20%2F%20signs%20%2B%20100%25'}"
        return request.headers.get("Authorization") == "Basic " + base64.b64encode(expected.encode()).decode()

    def me(self) -> Response:
        return jsonify(laid_over({"sub": self.person["sub"]}, self.userinfo))

    def id_token(self, nonce: str) -> str:
        return self.sign({"nonce": nonce, **self.person, **self.standard()})

    def standard(self) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 600}

    def sign(self, claims: dict[str, Any]) -> str:
        header = laid_over({"alg": "RS256", "kid": self.signing_key.kid}, self.header)
        if header["alg"] == "none":
            return f"{part(header)}.{part(laid_over(claims, self.claims))}."
        return jwt.encode(header, laid_over(claims, self.claims), self.signing_key, algorithms=[header["alg"]])

    def grant(self, address: str) -> dict[str, str]:
        """What the browser brings back after somebody signed in at this address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
        code = secrets.token_hex(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}


def laid_over(honest: dict[str, Any], lies: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**honest, **lies}.items() if value is not None}


def fits(verifier: str, granted: dict[str, str]) -> bool:
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return digest == granted["code_challenge"]


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_answer(address: str, answer: dict[str, str]) -> str:
    return f"{address}?{urlencode(answer)}"


@contextmanager
def running(provider: FakeProvider) -> Iterator[FakeProvider]:
    server = make_server("127.0.0.1", 0, provider.app, threaded=True)
    server.daemon_threads = True
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
