"""Encrypted conversations: the server's certificate counts."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from mailroom import Mailroom, deliver, states

from demijohn import db
from demijohn.mail import send_mail


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    key_bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(key_bytes + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture(params=["smtp+tls", "smtps"])
def tls_app(
    request: pytest.FixtureRequest,
    certificate: Path,
    make_app: Any,
    start_server: Callable[..., Any],
    port: int,
) -> Callable[..., Flask]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def make(**mail: Any) -> Flask:
        url = f"{request.param}://127.0.0.1:{port}"
        app = make_app(mail={"url": url, "backend": "smtp", "timeout_seconds": 3, **mail})
        with app.app_context():
            send_mail("ada@example.com", subject="Hello", text="x")
            db.session.commit()
        return app

    start_encrypted(request.param, start_server, port, context)
    return make


def start_encrypted(scheme: str, start_server: Callable[..., Any], port: int, context: ssl.SSLContext) -> None:
    if scheme == "smtps":
        start_server(port, ssl_context=context)
    else:
        start_server(port, tls_context=context, require_starttls=True)


def test_a_certificate_nobody_knows_is_refused_and_the_message_waits(
    tls_app: Callable[..., Flask], mailroom: Mailroom
) -> None:
    app = tls_app()
    tally = deliver(app)

    assert "certificate" in tally.unreachable.lower()
    assert states(app) == ["waiting"]
    assert mailroom.received == []


def test_a_certificate_of_an_own_authority_is_accepted(
    tls_app: Callable[..., Flask], mailroom: Mailroom, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert deliver(tls_app()).sent == 1


def test_the_check_can_be_switched_off_by_name(tls_app: Callable[..., Flask], mailroom: Mailroom) -> None:
    assert deliver(tls_app(verify_tls=False)).sent == 1


def test_a_server_without_starttls_gets_nothing(make_app: Any, server: Any, port: int, mailroom: Mailroom) -> None:
    app = make_app(mail={"url": f"smtp+tls://127.0.0.1:{port}", "backend": "smtp"})
    with app.app_context():
        send_mail("ada@example.com", subject="Hello", text="x")
        db.session.commit()

    assert "STARTTLS" in deliver(app).unreachable
    assert mailroom.received == []
