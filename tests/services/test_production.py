"""The production page, followed word for word: gunicorn behind nginx on PostgreSQL, used by a browser."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import AsyncMessage
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from people import fill
from processes import answers, free_port
from selenium import webdriver
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto" / "production.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent
PASSWORD = "violet harbour lantern 47"

pytestmark = [pytest.mark.postgres, pytest.mark.browser]


def block(language: str, containing: str) -> str:
    """The fenced block of the page that contains this text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return next(text for text in blocks if containing in text)


class Letters(AsyncMessage):
    """Keeps what the mail server was given."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.received: list[Any] = []

    async def handle_message(self, message: Any) -> None:
        self.received.append(message)


@dataclass
class Site:
    url: str
    letters: Letters


@pytest.fixture
def letters() -> Iterator[tuple[Letters, int]]:
    handler = Letters()
    server = Controller(handler, hostname="127.0.0.1", port=free_port())
    server.start()
    yield handler, server.port
    server.stop()


@pytest.fixture
def site(postgres_url: str, letters: tuple[Letters, int], tmp_path: Path) -> Iterator[Site]:
    handler, smtp_port = letters
    public, inner = free_port(), free_port()
    project = tmp_path / "project"
    shutil.copytree(ROOT / "example_app", project / "example_app")
    env = variables(postgres_url, smtp_port=smtp_port, public=public)
    for line in block("console", "db upgrade\nflask --app example_app user").splitlines():
        password = ["--password-stdin"] if "user create" in line else []
        run(line.split() + password, env, project)
    gunicorn = block("console", "gunicorn").strip().replace("8000", str(inner)).split()
    processes = [
        subprocess.Popen([BIN / gunicorn[0], *gunicorn[1:]], cwd=project, env=env),
        start_nginx(tmp_path, public=public, inner=inner),
    ]
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{inner}/readyz"))
        yield Site(f"https://localhost:{public}", handler)
    finally:
        for process in processes:
            process.terminate()
            process.wait(20)


def variables(postgres_url: str, *, smtp_port: int, public: int) -> dict[str, str]:
    """The page's own variables, with the services of this test."""
    said = dict(re.findall(r"^([A-Z_]+)=(\S+)", block("sh", "SECRET_KEY"), re.MULTILINE))
    said |= {
        "SECRET_KEY": "Tq3v8Zr1Yw6uKx0sPd5mHb2nLf9gJc4aEi7oVtQx",
        "DATABASE_URL": postgres_url.replace("postgresql+psycopg://", "postgresql://"),
        "PUBLIC_URL": f"https://localhost:{public}",
        "MAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FLASK_")}
    return {**kept, **said}


def run(command: list[str], env: dict[str, str], folder: Path) -> None:
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=folder,
        env=env,
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


def start_nginx(folder: Path, *, public: int, inner: int) -> "subprocess.Popen[bytes]":
    certificate, key = make_certificate(folder)
    server = block("nginx", "proxy_pass")
    for old, new in (
        ("443", str(public)),
        ("shop.example.com", "localhost"),
        ("/etc/ssl/certs/shop.pem", str(certificate)),
        ("/etc/ssl/private/shop.key", str(key)),
        ("127.0.0.1:8000", f"127.0.0.1:{inner}"),
    ):
        server = server.replace(old, new)
    spaces = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    user = "root" if os.getuid() == 0 else "nobody"
    config.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; user {user};"
        f"\nevents {{}}\nhttp {{ access_log off; {spaces}\n{server}\n}}\n"
    )
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert nginx, "nginx is missing: apt-get install nginx-light"
    return subprocess.Popen([nginx, "-p", str(folder), "-c", str(config)])


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "shop.pem", folder / "shop.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


def test_a_person_works_on_the_site_that_the_page_describes(site: Site, browser: webdriver.Chrome) -> None:
    browser.get(f"{site.url}/admin/")
    fill(browser, email="ada@example.com", password=PASSWORD)
    browser.get(f"{site.url}/admin/customer/new/")
    fill(browser, name="Ada Berg", email="ada.berg@example.com")
    browser.get(f"{site.url}/admin/customer/?search=berg")

    assert "Ada Berg" in browser.find_element(By.TAG_NAME, "main").text
    assert next(cookie["name"] for cookie in browser.get_cookies() if cookie["httpOnly"]).startswith("__Host-")

    browser.delete_all_cookies()
    browser.get(f"{site.url}/auth/forgot")
    fill(browser, email="ada@example.com")
    wait_until(lambda: site.letters.received)

    letter: Any = message_from_bytes(site.letters.received[0].as_bytes(), policy=default)
    assert f"{site.url}/auth/reset/" in letter.get_body(("plain",)).get_content()


def wait_until(condition: Any, *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.2)
