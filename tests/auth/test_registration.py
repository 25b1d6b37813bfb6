"""Registration over HTTP, attacked."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from setup_faults import Mending
from tests.auth.mailbox import all_at_once, mailed_path, mails_to, newest_mail, opened, same_page, statements_of
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, csrf_token, find, make_user
from tests.conftest import MakeApp

from demijohn import SetupError, clock, db
from demijohn.auth.models import Role, user_class
from demijohn.checks import run_checks

GRACE = "grace@example.com"
NEW_ACCOUNT = {"name": "Grace", "password": PASSWORD, "password_confirm": PASSWORD}
PATHS = ["/auth/register", "/auth/confirm/", "/auth/confirm/x"]


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_app(public_url="http://localhost", auth={"registration": "open"})


def ask(app: Flask, email: str = GRACE, **options: Any) -> Any:
    return Visitor(app, options.pop("address", "198.51.100.7")).post("/auth/register", {"email": email, **options})


def link_for(app: Flask, email: str = GRACE) -> str:
    ask(app, email)
    return mailed_path(app, email, "/auth/confirm/")


def count_users(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(sa.select(sa.func.count()).select_from(user_class())) or 0)


@pytest.mark.parametrize("registration", ["closed", "invite"])
@pytest.mark.parametrize("path", PATHS)
def test_registration_that_is_not_open_is_not_there(make_app: MakeApp, registration: str, path: str) -> None:
    site = make_app(auth={"registration": registration})

    assert Visitor(site).get(path).status_code == 404
    assert "/auth/register" not in Visitor(site).get("/auth/login").text


def test_a_stranger_registers_and_is_in(site: Flask) -> None:
    asked = ask(site, " Grace@EXAMPLE.com ", next="/auth/account/sessions")
    visitor = opened(site, mailed_path(site, GRACE, "/auth/confirm/"))

    answer = visitor.post("/auth/confirm/", NEW_ACCOUNT)

    assert asked.status_code == 200
    assert answer.location == "/auth/account/sessions"
    assert visitor.is_signed_in()
    assert Visitor(site).sign_in(GRACE).status_code == 302
    with site.app_context():
        grace = find(GRACE)
        assert (grace.name, grace.is_superuser, [role.name for role in grace.roles]) == ("Grace", False, [])
        assert grace.confirmed_at is not None


def test_the_sign_in_page_leads_there_and_keeps_the_way_back(site: Flask) -> None:
    assert 'href="/auth/register?next=/desk"' in Visitor(site).get("/auth/login?next=/desk").text
    assert 'href="/auth/register"' in Visitor(site).get("/auth/login?next=//evil.example").text


def test_whoever_is_signed_in_needs_no_second_account(site: Flask) -> None:
    make_user(site)
    visitor = Visitor(site)
    visitor.sign_in()

    assert visitor.get("/auth/register").status_code == 302


def test_nothing_exists_before_the_mail_is_answered(site: Flask) -> None:
    """So a victim's address, registered by somebody else, holds nothing of theirs: no password, factor or session."""
    attacker = Visitor(site)
    attacker.post("/auth/register", {"email": GRACE, "password": "attackers-own-password", "name": "Eve"})
    assert count_users(site) == 0

    victim = opened(site, mailed_path(site, GRACE, "/auth/confirm/"))
    victim.post("/auth/confirm/", NEW_ACCOUNT)

    assert not attacker.is_signed_in()
    assert attacker.get("/auth/confirm/").status_code == 410
    assert Visitor(site).sign_in(GRACE, "attackers-own-password").status_code == 422
    with site.app_context():
        assert find(GRACE).name == "Grace"


def test_the_answer_and_the_work_are_the_same_for_every_address(site: Flask) -> None:
    make_user(site, "taken@example.com")
    make_user(site, "off@example.com", is_active=False)
    make_user(site, "unconfirmed@example.com", password=None)
    addresses = ["taken@example.com", "off@example.com", "unconfirmed@example.com", "new@example.com"]
    ask(site, "warm@example.com", address="203.0.113.9")
    answers, work = [], []
    for address in addresses:
        visitor = Visitor(site)
        token = csrf_token(visitor.get("/auth/register").text)
        with statements_of(site) as statements:
            answers.append(
                visitor.client.post(
                    "/auth/register", data={"email": address, "csrf_token": token}, environ_base=visitor.environ
                )
            )
        work.append(statements)

    assert {answer.status_code for answer in answers} == {200}
    assert len({same_page(answer.text, address) for answer, address in zip(answers, addresses, strict=True)}) == 1
    assert work == [work[0]] * 4
    assert len(work[0]) > 5
    assert [mails_to(site, address) for address in addresses] == [1, 1, 1, 1]


def test_the_time_taken_tells_nobody_who_has_an_account(make_app: MakeApp) -> None:
    limits = {"reset_attempts": 1000, "reset_address_attempts": 1000}
    site = make_app(public_url="http://localhost", auth={"registration": "open", **limits})
    make_user(site, "taken@example.com")
    visitor = Visitor(site)
    token = csrf_token(visitor.get("/auth/register").text)

    def seconds(email: str) -> float:
        began = time.thread_time()
        visitor.client.post("/auth/register", data={"csrf_token": token, "email": email}, environ_base=visitor.environ)
        return time.thread_time() - began

    pairs = [(seconds("taken@example.com"), seconds("new@example.com")) for _ in range(15)][3:]

    assert 0.5 < median(taken for taken, _ in pairs) / median(new for _, new in pairs) < 2


def test_whoever_has_an_account_is_told_so_by_mail_only(site: Flask) -> None:
    make_user(site, GRACE)
    make_user(site, "off@example.com", is_active=False)

    ask(site)
    ask(site, "off@example.com")

    assert "You have an account already" in newest_mail(site, GRACE).text
    assert "/auth/confirm/" not in newest_mail(site, GRACE).text
    assert "is disabled" in newest_mail(site, "off@example.com").text


def test_looking_at_the_link_uses_nothing_up(site: Flask) -> None:
    link = link_for(site)
    for _ in range(3):
        opened(site, link).get("/auth/confirm/")
        Visitor(site).client.head(link)
        Visitor(site).get(link, headers={"Purpose": "prefetch", "Sec-Purpose": "prefetch"})

    assert count_users(site) == 0
    assert opened(site, link).post("/auth/confirm/", NEW_ACCOUNT).status_code == 302


def test_the_page_with_the_form_has_no_token_in_its_address(site: Flask) -> None:
    link = link_for(site)
    visitor = Visitor(site)

    answer = visitor.get(link)

    assert answer.location == "/auth/confirm/"
    assert link.rpartition("/")[2] not in visitor.get(answer.location).text


def test_a_link_makes_one_account_once(site: Flask) -> None:
    link = link_for(site)
    waiting = opened(site, link)
    token = csrf_token(waiting.get("/auth/confirm/").text)
    opened(site, link).post("/auth/confirm/", NEW_ACCOUNT)

    late = waiting.client.post(
        "/auth/confirm/", data={"csrf_token": token, **NEW_ACCOUNT}, environ_base=waiting.environ
    )

    assert late.status_code == Visitor(site).get(link).status_code == 410
    assert not waiting.is_signed_in()
    assert count_users(site) == 1


def test_a_link_is_dead_once_there_is_an_account(site: Flask) -> None:
    waiting = opened(site, link_for(site))
    token = csrf_token(waiting.get("/auth/confirm/").text)
    make_user(site, GRACE, password=NEW_PASSWORD)

    late = waiting.client.post(
        "/auth/confirm/", data={"csrf_token": token, **NEW_ACCOUNT}, environ_base=waiting.environ
    )

    assert late.status_code == 410
    assert Visitor(site).sign_in(GRACE).status_code == 422
    assert Visitor(site).sign_in(GRACE, NEW_PASSWORD).status_code == 302


def test_sent_again_only_the_newest_link_works(site: Flask) -> None:
    visitor = Visitor(site)
    sent = visitor.post("/auth/register", {"email": GRACE})
    first = mailed_path(site, GRACE, "/auth/confirm/")
    again = visitor.client.post(
        "/auth/register", data={"email": GRACE, "csrf_token": csrf_token(sent.text)}, environ_base=visitor.environ
    )

    assert again.status_code == 200
    assert Visitor(site).get(first).status_code == 410
    assert opened(site, mailed_path(site, GRACE, "/auth/confirm/")).get("/auth/confirm/").status_code == 200


def test_a_link_is_dead_after_a_day(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_for(site)
    monkeypatch.setattr(clock, "shift", timedelta(hours=23, minutes=59))
    assert Visitor(site).get(link).status_code == 302
    monkeypatch.setattr(clock, "shift", timedelta(hours=24))

    assert Visitor(site).get(link).status_code == 410


def test_eight_registrations_of_one_address_at_once_make_one_account(make_app: MakeApp, database_url: str) -> None:
    site = make_app(
        public_url="http://localhost",
        database={"url": database_url},
        auth={"registration": "open", "reset_attempts": 20, "concurrent_hashes": 8},
    )
    visitors = [Visitor(site) for _ in range(8)]
    tokens = [csrf_token(visitor.get("/auth/register").text) for visitor in visitors]

    def send(visitor: Visitor, token: str, path: str, fields: dict[str, str]) -> int:
        data = {"csrf_token": token, **fields}
        return visitor.client.post(path, data=data, environ_base=visitor.environ).status_code

    asked = all_at_once(
        [lambda v=v, t=t: send(v, t, "/auth/register", {"email": GRACE}) for v, t in zip(visitors, tokens, strict=True)]
    )
    link = link_for(site)
    for visitor in visitors:
        visitor.get(link)
    tokens = [csrf_token(visitor.get("/auth/confirm/").text) for visitor in visitors]
    made = all_at_once(
        [lambda v=v, t=t: send(v, t, "/auth/confirm/", NEW_ACCOUNT) for v, t in zip(visitors, tokens, strict=True)]
    )

    assert asked == [200] * 8
    assert sorted(made) == [302, *[410] * 7]
    assert count_users(site) == 1
    assert [visitor.is_signed_in() for visitor in visitors] == [status == 302 for status in made]


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "Choose a password"),
        ("short", "at least 15"),
        ("passwordpassword", "people try first"),
        (GRACE, "not made of your address"),
        ("x" * 1025, "at most 1,024"),
        ("\ud800" * 20, "no text"),
    ],
)
def test_a_weak_password_is_refused_in_words_and_the_link_lives(site: Flask, password: str, words: str) -> None:
    link = link_for(site)
    visitor = opened(site, link)

    answer = visitor.post_json(
        "/auth/confirm/", {"password": password, "password_confirm": password}, page="/auth/confirm/"
    )

    assert answer.status_code == 422
    assert words in answer.json["errors"]["password"][0]  # type: ignore[index]
    assert opened(site, link).post("/auth/confirm/", NEW_ACCOUNT).status_code == 302


def test_the_two_passwords_must_be_the_same(site: Flask) -> None:
    answer = opened(site, link_for(site)).post("/auth/confirm/", {**NEW_ACCOUNT, "password_confirm": "other"})

    assert answer.status_code == 422
    assert "The two are not the same" in answer.text


def test_requests_are_throttled_by_address_and_network(make_app: MakeApp) -> None:
    limits = {"reset_attempts": 2, "reset_address_attempts": 4}
    site = make_app(public_url="http://localhost", auth={"registration": "open", **limits})

    by_address = [ask(site).status_code for _ in range(3)]
    elsewhere = ask(site, address="203.0.113.5").status_code
    by_network = [ask(site, f"u{number}@example.com").status_code for number in range(3)]

    assert by_address == [200, 200, 429]
    assert elsewhere == 429, "nobody's inbox is filled from anywhere"
    assert by_network[-1] == 429
    assert mails_to(site, GRACE) == 2


def test_only_allowed_domains_register(make_app: MakeApp) -> None:
    domains = "example.com, bücher.de"
    site = make_app(public_url="http://localhost", auth={"registration": "open", "registration_domains": domains})
    make_user(site, "has@elsewhere.org")
    codes = {
        email: ask(site, email).status_code
        for email in ("a@EXAMPLE.com", "a@xn--bcher-kva.de", "a@sub.example.com", "a@example.com.evil.org")
    }
    refused = [ask(site, email) for email in ("new@elsewhere.org", "has@elsewhere.org")]

    assert list(codes.values()) == [200, 200, 422, 422]
    assert "Only addresses of example.com, bücher.de" in refused[0].text
    assert len({same_page(answer.text) for answer in refused}) == 1


def test_new_accounts_get_the_roles_of_the_settings(make_app: MakeApp) -> None:
    roles = {"registration": "open", "registration_roles": "member, gone"}
    site = make_app(public_url="http://localhost", auth=roles)
    with site.app_context():
        db.session.add(Role(name="member", permissions={"customer.view"}))
        db.session.commit()

    opened(site, link_for(site)).post("/auth/confirm/", {**NEW_ACCOUNT, "roles": "admin", "is_superuser": "y"})

    with site.app_context():
        assert [role.name for role in find(GRACE).roles] == ["member"]
        assert not find(GRACE).is_superuser


@pytest.mark.mends("auth/registration/checks.py:check_roles")
def test_the_check_names_roles_that_are_not_there(mending: Mending, make_app: MakeApp) -> None:
    site = make_app(public_url="http://localhost", auth={"registration": "open", "registration_roles": "member"})

    def deploy() -> None:
        problems = {problem.id: problem for problem in run_checks(site, deploy=True)}
        assert problems["auth.I020"].level == "info"
        if missing := problems.get("auth.E020"):
            raise SetupError(missing.text, fix=missing.fix)

    refused = mending.refused(deploy)
    assert "'member'" in refused.problem
    done = site.test_cli_runner().invoke(args=refused.fix.split()[1:])
    assert done.exit_code == 0, done.output

    mending.started(deploy)


def test_the_check_warns_of_roles_that_open_the_dashboard(make_app: MakeApp) -> None:
    domains = {"registration_roles": "member", "registration_domains": "example.com"}
    site = make_app(public_url="http://localhost", auth={"registration": "open", **domains})
    with site.app_context():
        db.session.add(Role(name="member", permissions={"customer.view"}))
        db.session.commit()
    ids = {problem.id for problem in run_checks(site, deploy=True)}

    assert "auth.W020" in ids
    assert not ids & {"auth.E020", "auth.I020"}


@pytest.mark.mends("auth/registration/start.py:refuse_without_mail")
@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize("way", ["FLASK_FEATURES__MAIL", "FLASK_AUTH"])
@pytest.mark.parametrize(("name", "value"), [("REGISTRATION", "open"), ("REGISTRATION", "invite"), ("MAGIC_LINK", "1")])
def test_what_works_by_mail_needs_mail(
    mending: Mending, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch, name: str, value: str, way: str
) -> None:
    monkeypatch.setenv("FLASK_FEATURES__MAIL", "false")
    monkeypatch.setenv(f"FLASK_AUTH__{name}", value)

    said = mending.refused(make_app).variables()
    assert said.keys() == {"FLASK_FEATURES__MAIL", f"FLASK_AUTH__{name}"}
    monkeypatch.setenv(*next((name, value) for name, value in said.items() if name.startswith(way)))

    mending.started(make_app)


def test_a_program_registers_with_json(site: Flask) -> None:
    program = Visitor(site)

    asked = program.post_json("/auth/register", {"email": GRACE})
    wrong = program.post_json("/auth/register", {"email": "nobody"})
    link = mailed_path(site, GRACE, "/auth/confirm/")
    hop = program.get(link, headers={"Accept": "application/json"})
    made = program.post_json("/auth/confirm/", NEW_ACCOUNT, page="/auth/confirm/")
    dead = program.get(link, headers={"Accept": "application/json"})

    assert (asked.status_code, wrong.status_code, hop.status_code, made.status_code) == (202, 422, 200, 200)
    assert hop.json == {"next": "/auth/confirm/"}
    assert (dead.status_code, dead.mimetype) == (410, "application/problem+json")
    assert program.is_signed_in()


@pytest.mark.parametrize("path", ["/auth/register", "/auth/confirm/"])
def test_no_form_is_taken_without_its_token(site: Flask, path: str) -> None:
    visitor = opened(site, link_for(site))

    assert visitor.client.post(path, data={"email": "x@example.com", **NEW_ACCOUNT}).status_code == 400
    assert count_users(site) == 0


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a\0b@c.d",
        "x" * 100_000,
        "josé@example.com",
        "a@example.com\nBcc: eve@example.com",
        '"a b"@c.d',
    ],
)
def test_no_address_breaks_it(site: Flask, email: str) -> None:
    assert ask(site, email).status_code == 422
    assert Visitor(site).post_json("/auth/register", {"email": email}).status_code == 422


@pytest.mark.parametrize("name", ["\0", "\ud800", "x" * 256, "a\nb"])
def test_no_name_breaks_it(site: Flask, name: str) -> None:
    visitor = opened(site, link_for(site))

    answer = visitor.post_json("/auth/confirm/", {**NEW_ACCOUNT, "name": name}, page="/auth/confirm/")

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["name"]  # type: ignore[index]


@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "..%2f..", "é"])
def test_an_invented_link_is_dead(site: Flask, token: str) -> None:
    assert Visitor(site).get(f"/auth/confirm/{token}").status_code in {404, 410}


def test_the_way_back_leads_nowhere_else(site: Flask) -> None:
    ask(site, next="//evil.example")
    visitor = opened(site, mailed_path(site, GRACE, "/auth/confirm/"))

    assert "evil" not in visitor.post("/auth/confirm/", NEW_ACCOUNT).location


PROJECT = """
from wtforms import Form, SelectField, StringField
from wtforms.validators import InputRequired

from demijohn import Settings, create_app, db
from demijohn.auth import UserBase
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column
from tests.auth.mailbox import mailed_path, opened
from tests.auth.visitor import Visitor, find

SETTINGS = dict(environment="testing", secret_key="a-key-for-tests-only-0123456789-abcdefghij",
                public_url="http://localhost", database={{"url": "sqlite:///{folder}/own.db"}})


class Joining(Form):
    department = SelectField("Department", choices=["sales", "art"])
    badge = StringField("Badge", [InputRequired("Enter the number on your badge.")])
    is_superuser = StringField()


class Employee(UserBase):
    department: Mapped[str] = mapped_column(String(20))
    badge: Mapped[str] = mapped_column(String(8), unique=True)
    {fields}


app = create_app(__name__, Settings(**SETTINGS, auth={{"registration": "open"}}))
if __name__ == "__main__":
    with app.app_context():
        db.create_all()

    def join(email, **fields):
        Visitor(app).post("/auth/register", {{"email": email}})
        visitor = opened(app, mailed_path(app, email, "/auth/confirm/"))
        page = visitor.get("/auth/confirm/").text
        assert page.index("Department") < page.index("Badge") < page.index("Password"), page
        both = dict.fromkeys(("password", "password_confirm"), "correct-horse-battery")
        return visitor.post("/auth/confirm/", {{"name": "A", "is_superuser": "1", **both, **fields}})

    assert join("a@example.com", department="art", badge="").status_code == 422
    assert "at most 8" in join("a@example.com", department="art", badge="123456789").text
    assert join("a@example.com", department="none", badge="1").status_code == 422
    assert join("a@example.com", department="art", badge="1\\0").status_code == 422
    assert join("a@example.com", department="art", badge="1").status_code == 302
    assert "belongs to another account" in join("b@example.com", department="art", badge="1").text
    with app.app_context():
        made = find("a@example.com")
        assert (made.department, made.badge, made.is_superuser) == ("art", "1", False)
"""


def run_project(folder: Path, fields: str) -> subprocess.CompletedProcess[str]:
    (folder / "joining.py").write_text(PROJECT.format(folder=folder, fields=fields), encoding="utf-8")
    return run_file(folder)


def run_file(folder: Path) -> subprocess.CompletedProcess[str]:
    paths = f"import sys; sys.path[:0] = [{str(Path(__file__).parents[2])!r}]; "
    code = paths + "import runpy; runpy.run_path('joining.py', run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_projects_own_columns_are_asked_for(tmp_path: Path) -> None:
    done = run_project(tmp_path, "registration_fields = Joining")

    assert done.returncode == 0, done.stderr


def test_a_column_that_nobody_is_asked_for_is_a_setup_error(tmp_path: Path) -> None:
    done = run_project(tmp_path, "")

    assert done.returncode != 0
    assert "Employee.department must be given and has no default, so nobody can register." in done.stderr
    assert "as Employee.registration_fields" in done.stderr


def test_the_form_of_the_how_to_page_is_asked_for(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "registration.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    body = (
        PROJECT.partition("class Joining")[0] + code + PROJECT[PROJECT.index("\napp = ") :].partition("    assert")[0]
    )
    body = body.replace("return visitor", "answer = visitor") + HOW_TO_ENDS
    (tmp_path / "joining.py").write_text(body.format(folder=tmp_path), encoding="utf-8")

    done = run_file(tmp_path)

    assert done.returncode == 0, done.stderr


HOW_TO_ENDS = """
    Visitor(app).post("/auth/register", {{"email": "a@example.com"}})
    visitor = opened(app, mailed_path(app, "a@example.com", "/auth/confirm/"))
    both = dict.fromkeys(("password", "password_confirm"), "correct-horse-battery")
    assert "Read the house rules first" in visitor.post("/auth/confirm/", {{**both, "department": "Art"}}).text
    assert visitor.post("/auth/confirm/", {{**both, "department": "Art", "rules": "y"}}).status_code == 302
    with app.app_context():
        assert find("a@example.com").department == "Art"
"""
