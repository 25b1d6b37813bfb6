"""Keys, sealing, signing and tokens made from the application's secret key."""

import hashlib

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask

from demijohn import SetupError
from demijohn.security.secrets import (
    SALT,
    UnreadableError,
    derive_key,
    derived_keys,
    digest_of,
    new_token,
    seal,
    sign,
    unseal,
    verify,
)

OLD, NEW, OTHER = "o" * 40, "n" * 40, "x" * 40


def app_with(key: str | None, *fallbacks: str) -> Flask:
    app = Flask("keys")
    app.config.update(SECRET_KEY=key, SECRET_KEY_FALLBACKS=list(fallbacks))
    return app


def test_a_derived_key_is_what_hkdf_says() -> None:
    expected = HKDF(algorithm=SHA256(), length=32, salt=SALT, info=b"mail").derive(NEW.encode())

    assert derive_key(app_with(NEW), "mail") == expected


def test_every_purpose_and_every_main_key_has_a_key_of_its_own() -> None:
    keys = [*derived_keys(app_with(NEW, OLD), "mail"), *derived_keys(app_with(NEW, OLD), "session")]

    assert len(set(keys)) == 4
    assert keys[1] == derive_key(app_with(OLD), "mail")


def test_without_a_secret_key_the_fix_says_how_to_make_one() -> None:
    with pytest.raises(SetupError) as caught:
        derive_key(app_with(None), "mail")

    assert "secrets.token_urlsafe(32)" in caught.value.fix


def test_what_is_sealed_is_hidden_and_opens_again() -> None:
    app = app_with(NEW)
    sealed = seal(app, "mail", b"the reset link")

    assert b"reset" not in sealed
    assert sealed != seal(app, "mail", b"the reset link")
    assert unseal(app, "mail", sealed) == b"the reset link"


def test_what_an_older_key_sealed_opens_while_it_is_a_fallback() -> None:
    sealed = seal(app_with(OLD), "mail", b"text")

    assert unseal(app_with(NEW, OTHER, OLD), "mail", sealed) == b"text"
    with pytest.raises(UnreadableError):
        unseal(app_with(NEW), "mail", sealed)


def test_no_changed_cut_or_misused_bytes_are_opened() -> None:
    app = app_with(NEW)
    sealed = seal(app, "mail", b"text")
    wrong = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]

    for one in [*wrong, sealed[:-1], sealed[:5], b"", sealed + b"\0"]:
        with pytest.raises(UnreadableError):
            unseal(app, "mail", one)
    with pytest.raises(UnreadableError):
        unseal(app, "session", sealed)


def test_only_the_same_message_purpose_and_key_verify() -> None:
    app = app_with(NEW, OLD)
    signature = sign(app, "record", b"1|paid")

    assert verify(app, "record", b"1|paid", signature)
    assert verify(app, "record", b"1|paid", sign(app_with(OLD), "record", b"1|paid"))
    assert not verify(app, "record", b"1|draft", signature)
    assert not verify(app, "other", b"1|paid", signature)
    assert not verify(app_with(OTHER), "record", b"1|paid", signature)


@pytest.mark.parametrize("signature", ["", "é", "\ud800", "0" * 64])
def test_nonsense_is_a_wrong_signature_and_no_error(signature: str) -> None:
    assert not verify(app_with(NEW), "record", b"1|paid", signature)


def test_a_token_has_256_bits_and_only_its_digest_need_be_kept() -> None:
    token, digest = new_token()

    assert len(token) == 43
    assert digest == digest_of(token) == hashlib.sha256(token.encode()).hexdigest()
    assert token not in digest
    assert new_token()[0] != token
