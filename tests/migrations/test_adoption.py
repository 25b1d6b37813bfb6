"""A project that had accounts before: its table, its columns and its hashes are taken over, on both databases."""

import base64
import hashlib
import shlex

import pytest
from howto import blocks
from market_project import Project
from setup_faults import Mending

PASSWORD = "correct-horse-battery"

MEMBER = """
class Member(UserBase):
    __adopts__ = "users"
    __column_names__ = {"email": "mail", "password_hash": "pw", "is_superuser": "admin", "created_at": "joined"}

    nickname: Mapped[str | None] = mapped_column(sa.String(40))

class Post(Model):
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.Integer, ForeignKey("user.id"))
    title: Mapped[str] = mapped_column(sa.String(80))
"""

USERS = """
CREATE TABLE users (id INTEGER PRIMARY KEY, mail VARCHAR(80), pw VARCHAR(90), admin BOOLEAN NOT NULL, joined TIMESTAMP,
                    nickname VARCHAR(40))
"""
POST = """
CREATE TABLE post (id INTEGER NOT NULL PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES users (id),
                   title VARCHAR(80) NOT NULL)
"""


def pbkdf2() -> str:
    made = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", 1000)
    return f"pbkdf2_sha256$1000$salt${base64.b64encode(made).decode()}"


ROWS = (
    f"INSERT INTO users VALUES (7, 'Ada@Example.com', '{pbkdf2()}', true, '2019-05-04 10:00:00', 'ada')",
    "INSERT INTO users VALUES (9, 'bob@example.com', NULL, false, NULL, NULL)",
    "INSERT INTO post VALUES (1, 7, 'Hello')",
)


def old_site(project: Project, *more: str) -> Project:
    project.sql(USERS, POST, *ROWS, *more)
    project.models(MEMBER)
    project.variables["FLASK_AUTH__LEGACY_HASHES"] = "django"
    return project


def test_the_table_becomes_the_users_and_nothing_is_lost(project: Project) -> None:
    old_site(project).flask("db", "upgrade")

    users = project.sql('SELECT id, mail, pw, admin, nickname, is_active, name FROM "user" ORDER BY id')
    stamps = project.sql('SELECT security_stamp FROM "user"')
    assert [(*row[:3], bool(row[3]), row[4], bool(row[5]), row[6]) for row in users] == [
        (7, "ada@example.com", pbkdf2(), True, "ada", True, ""),
        (9, "bob@example.com", None, False, None, True, ""),
    ]
    assert len({stamp for (stamp,) in stamps}) == 2
    assert project.sql("SELECT author_id, title FROM post") == [(7, "Hello")]
    assert "users" not in project.tables()


def test_the_posts_still_belong_to_somebody(project: Project) -> None:
    old_site(project).flask("db", "upgrade")

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        project.sql("INSERT INTO post VALUES (2, 999, 'Nobody')")


def test_the_models_match_so_the_project_goes_on_from_there(project: Project) -> None:
    old_site(project).flask("db", "upgrade")

    written = project.flask("db", "migrate", "-m", "Start")

    assert "nothing changed" in written.out


def test_the_owner_signs_in_with_the_old_password_and_gets_a_new_hash(project: Project) -> None:
    old_site(project).flask("db", "upgrade")
    (project.folder / "try_it.py").write_text(
        "import sys\nfrom demijohn.testing_client import Client\nfrom market import app\n"
        "app.test_client_class = Client\nclient = app.test_client()\n"
        "data = {'email': 'ADA@example.com', 'password': sys.argv[1]}\n"
        "print(client.post('/auth/login', data=data).status_code)\n"
        "print(client.get('/auth/account').status_code)\n"
    )

    wrong = project.python("try_it.py", "wrong-wrong-wrong")
    right = project.python("try_it.py", PASSWORD)
    again = project.python("try_it.py", PASSWORD)

    assert wrong.out.split() == ["422", "302"]
    assert right.out.split() == again.out.split() == ["302", "200"]
    ((stored,),) = project.sql('SELECT pw FROM "user" WHERE id = 7')
    assert stored.startswith("$argon2id$")


@pytest.mark.mends("auth/adoption.py:bring_addresses_into_form")
@pytest.mark.parametrize(
    ("mail", "told"),
    [
        ("'ADA@example.com'", "1 addresses belong to several users (id 7 and 11)."),
        ("NULL", "1 users have no e-mail address (id 11)."),
    ],
    ids=["twice", "none"],
)
def test_rows_that_cannot_be_accounts_are_named_and_nothing_is_changed(
    mending: Mending, project: Project, mail: str, told: str
) -> None:
    old_site(project, f"INSERT INTO users VALUES (11, {mail}, NULL, false, NULL, NULL)")

    refused = mending.refused(lambda: project.flask("db", "upgrade", fails=True))
    assert told in refused.problem
    assert project.tables() & {"users", "user", "role"} == {"users"}

    project.sql("UPDATE users SET mail = 'grace@example.com' WHERE id = 11")
    mending.started(lambda: project.flask(*typed(refused.fix.removeprefix("mend these rows, then: "))))
    assert project.sql('SELECT mail FROM "user" WHERE id = 11') == [("grace@example.com",)]


def typed(line: str) -> list[str]:
    """The arguments of a command as a fix writes it."""
    name, *arguments = shlex.split(line)
    assert name == "flask"
    return arguments


@pytest.mark.mends("auth/adoption.py:refuse_what_is_in_the_way")
@pytest.mark.parametrize("way", ["adopt", "rename"])
def test_a_table_in_the_way_is_never_taken_in_silence(mending: Mending, project: Project, way: str) -> None:
    project.models("class Member(UserBase): ...\n")
    project.sql(
        'CREATE TABLE "user" (id INTEGER PRIMARY KEY, email VARCHAR(80))',
        "INSERT INTO \"user\" VALUES (7, 'ada@example.com')",
    )

    fix = mending.refused(lambda: project.flask("db", "upgrade", fails=True)).fix
    if way == "adopt":
        declared = fix.partition("on your user class: ")[2].partition(".")[0]
        project.models(f"class Member(UserBase):\n    {declared}\n")
    else:
        project.sql(fix.partition("rename it: ")[2])

    mending.started(lambda: project.flask("db", "upgrade"))
    table = {"adopt": "user", "rename": "old_user"}[way]
    assert project.sql(f'SELECT id, email FROM "{table}"') == [(7, "ada@example.com")]


@pytest.mark.mends("auth/adoption.py:refuse_what_is_in_the_way[2]")
def test_a_role_table_of_another_kind_is_named(mending: Mending, project: Project) -> None:
    old_site(project, "CREATE TABLE role (id INTEGER PRIMARY KEY)")

    fix = mending.refused(lambda: project.flask("db", "upgrade", fails=True)).fix
    project.sql(fix.removeprefix("rename it first: "))

    mending.started(lambda: project.flask("db", "upgrade"))
    assert {"role", "old_role"} <= project.tables()


@pytest.mark.mends("auth/adoption.py:add_missing")
def test_an_address_column_nobody_named_is_asked_for(mending: Mending, project: Project) -> None:
    nameless = MEMBER.replace('"email": "mail", ', "")
    old_site(project)
    project.models(nameless)

    refused = mending.refused(lambda: project.flask("db", "upgrade", fails=True))
    assert "no column 'email'" in refused.problem
    entry = refused.fix.partition("{")[2].rstrip("}").replace("<its column>", "mail")
    project.models(nameless.replace("__column_names__ = {", f"__column_names__ = {{{entry}, "))

    mending.started(lambda: project.flask("db", "upgrade"))


@pytest.mark.mends("auth/models.py:name_columns")
def test_a_name_for_what_is_no_column_is_refused(mending: Mending, sqlite_project: Project) -> None:
    project = sqlite_project
    member = 'class Member(UserBase):\n    __column_names__ = {"login": "mail"}\n'
    project.models(member)

    refused = mending.refused(lambda: project.flask("routes", fails=True))
    assert "names 'login', which is no column" in refused.problem
    known = refused.fix.removeprefix("use one of ").split(", ")
    assert {"email", "password_hash"} <= set(known)
    renamed = {name: f"old_{name}" for name in known}
    project.models(f"class Member(UserBase):\n    __column_names__ = {renamed}\n")

    mending.started(lambda: project.flask("routes"))


def test_the_page_on_taking_over_accounts_says_what_to_write(sqlite_project: Project) -> None:
    (code,) = blocks("adopt-accounts.md")
    project = sqlite_project
    project.sql(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT, pw TEXT, is_admin BOOLEAN, nickname VARCHAR)",
        "INSERT INTO users VALUES (1, 'Ada@Example.com', NULL, true, 'ada')",
    )
    (project.folder / "market.py").write_text(code)

    project.flask("db", "upgrade")

    assert project.sql('SELECT mail, is_admin, nickname, is_active FROM "user"') == [("ada@example.com", 1, "ada", 1)]
