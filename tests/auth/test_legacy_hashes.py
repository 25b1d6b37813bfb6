"""Hashes that other frameworks made: they open the account once more, and are replaced."""

import base64
import hashlib
import subprocess
import sys
from pathlib import Path

import bcrypt
import pytest
from argon2 import PasswordHasher
from flask import Flask
from setup_faults import Mending
from tests.auth.visitor import PASSWORD, Visitor, change_user, find, make_user
from tests.conftest import MakeApp
from werkzeug.security import generate_password_hash

from demijohn.auth.legacy_hashes import LegacyHashes


def in_base_64(made: bytes) -> str:
    return base64.b64encode(made).decode()


def django_scrypt() -> str:
    made = hashlib.scrypt(PASSWORD.encode(), salt=b"salt", n=1024, r=8, p=1, dklen=64)
    return f"scrypt$1024$salt$8$1${in_base_64(made)}"


def bcrypted(password: str) -> str:
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()


HASHES = {
    "werkzeug scrypt": ("werkzeug", generate_password_hash(PASSWORD, "scrypt:1024:8:1")),
    "werkzeug pbkdf2": ("werkzeug", generate_password_hash(PASSWORD, "pbkdf2:sha256:1000")),
    "django pbkdf2": (
        "django",
        f"pbkdf2_sha256$1000$salt${in_base_64(hashlib.pbkdf2_hmac('sha256', PASSWORD.encode(), b'salt', 1000))}",
    ),
    "django scrypt": ("django", django_scrypt()),
    "django argon2": ("django", f"argon2{PasswordHasher(1, 8, 1).hash(PASSWORD)}"),
    "bcrypt": ("bcrypt", bcrypted(PASSWORD)),
    "django bcrypt": ("bcrypt", f"bcrypt${bcrypted(PASSWORD)}"),
    "django bcrypt_sha256": ("bcrypt", f"bcrypt_sha256${bcrypted(hashlib.sha256(PASSWORD.encode()).hexdigest())}"),
}


@pytest.mark.parametrize(("kind", "password_hash"), HASHES.values(), ids=HASHES)
def test_an_old_hash_opens_the_account_once_and_is_replaced(make_app: MakeApp, kind: str, password_hash: str) -> None:
    site = with_hash(make_app(auth={"legacy_hashes": [kind]}), password_hash)

    wrong = Visitor(site).sign_in(password="wrong-wrong-wrong")
    kept = stored(site)
    right = Visitor(site).sign_in()

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert kept == password_hash
    assert stored(site).startswith("$argon2id$")
    assert Visitor(site).sign_in().status_code == 302


@pytest.mark.parametrize(("kind", "password_hash"), HASHES.values(), ids=HASHES)
def test_a_kind_that_is_not_named_opens_nothing(make_app: MakeApp, kind: str, password_hash: str) -> None:
    others = sorted({"werkzeug", "django", "bcrypt"} - {kind})

    for allowed in ([], others):
        site = with_hash(make_app(auth={"legacy_hashes": allowed}), password_hash)
        assert Visitor(site).sign_in().status_code == 422
        assert stored(site) == password_hash


def with_hash(site: Flask, password_hash: str) -> Flask:
    make_user(site)
    change_user(site, "ada@example.com", password_hash=password_hash)
    return site


def stored(site: Flask) -> str:
    with site.app_context():
        return str(find("ada@example.com").password_hash)


@pytest.mark.parametrize(
    "broken",
    ["pbkdf2_sha256$x$y", "pbkdf2_sha256$0$salt$", "scrypt$1$s$8$1$x", "argon2$argon2id$nonsense", "$2b$nonsense", "!"],
)
def test_a_broken_hash_fits_no_password(broken: str) -> None:
    hashes = LegacyHashes(["werkzeug", "django", "bcrypt"])

    assert not hashes.verify(broken, PASSWORD)
    assert not hashes.verify(broken, "")


@pytest.mark.parametrize("password", ["x" * 1024, "a\0b", "ﷺ" * 300], ids=["long", "nul", "unicode"])
def test_a_password_that_bcrypt_cannot_hold_is_cut_as_it_was_then(password: str) -> None:
    hashes = LegacyHashes(["bcrypt"])

    assert isinstance(hashes.verify(bcrypted(PASSWORD), password), bool)
    assert not hashes.verify(bcrypted(PASSWORD), password)


def test_nothing_is_imported_for_hashes_nobody_named(tmp_path: Path) -> None:
    (tmp_path / "nowhere.py").write_text("")
    program = (
        "import sys\nfrom demijohn import Settings, create_app\n"
        "settings = Settings(environment='testing', secret_key='a-key-for-tests-only-0123456789-abcdefghij')\n"
        "create_app('nowhere', settings)\n"
        "print('demijohn.auth.legacy_hashes' in sys.modules, 'bcrypt' in sys.modules)\n"
    )

    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["False", "False"]


@pytest.mark.mends("auth/legacy_hashes.py:__init__")
def test_a_missing_bcrypt_is_told_at_the_start(
    mending: Mending, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "bcrypt", None)  # as if it were not installed
        fix = mending.refused(lambda: make_app(auth={"legacy_hashes": ["bcrypt"]})).fix

    assert fix == f"pip install {bcrypt.__name__}"
    mending.started(lambda: make_app(auth={"legacy_hashes": ["bcrypt"]}))
