"""Flask-Admin's file manager and Redis console in our face, over HTTP."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask_admin.contrib.fileadmin import FileAdmin
from flask_admin.contrib.rediscli import RedisCli
from tests.admin.conftest import MakeAdmin, Visit, add, form_values, make_admin, visit
from werkzeug.test import TestResponse

from demijohn.admin import ModelView

__all__ = ["make_admin", "visit"]


class Papers(FileAdmin):
    editable_extensions = ("txt",)


class PapersInWindows(Papers):
    upload_modal = mkdir_modal = rename_modal = edit_modal = True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "papers" / "2026").mkdir(parents=True)
    (tmp_path / "papers" / "2026" / "march.txt").write_text("Rain.\n")
    (tmp_path / "papers-of-others").mkdir()
    (tmp_path / "papers-of-others" / "secret.txt").write_text("not yours")
    return tmp_path / "papers"


@pytest.fixture
def make_papers(make_admin: MakeAdmin, folder: Path) -> Any:
    def make(view: type[FileAdmin] = Papers) -> Any:
        return make_admin(admin_views=[view(str(folder), name="Papers", endpoint="papers")])

    return make


def sent(response: TestResponse) -> str:
    assert response.status_code == 200, response.status
    return response.text


def test_folder_and_file_are_listed_with_their_ways_on(make_papers: Any, visit: Visit) -> None:
    staff = visit(make_papers(), "admin.access")

    top = sent(staff.get("/admin/papers/"))
    inner = sent(staff.get("/admin/papers/b/2026"))

    assert 'href="/admin/papers/b/2026"' in top
    assert "This folder is empty" not in top
    assert "march.txt" in inner
    assert 'href="/admin/papers/edit/?path=2026/march.txt"' in inner
    assert "Root" in inner


def test_strangers_and_people_without_rights_see_no_file(make_papers: Any, visit: Visit) -> None:
    app = make_papers()

    assert visit(app).get("/admin/papers/").status_code == 302
    assert visit(app, "-").get("/admin/papers/download/2026/march.txt").status_code == 403


def test_file_is_uploaded_edited_renamed_and_deleted(make_papers: Any, visit: Visit, folder: Path) -> None:
    staff = visit(make_papers(), "admin.access")

    staff.send("/admin/papers/upload/2026", {"upload": (io.BytesIO(b"Sun."), "april.txt")})
    staff.submit("/admin/papers/edit/?path=2026/april.txt", content="Sun and wind.")
    edited = (folder / "2026" / "april.txt").read_text()
    staff.submit("/admin/papers/rename/?path=2026/april.txt", name="may.txt")
    renamed = sorted(path.name for path in (folder / "2026").iterdir())
    staff.send("/admin/papers/delete/", {"path": "2026/may.txt"})

    assert edited == "Sun and wind."
    assert renamed == ["march.txt", "may.txt"]
    assert [path.name for path in (folder / "2026").iterdir()] == ["march.txt"]


def test_delete_without_the_form_is_refused(make_papers: Any, visit: Visit, folder: Path) -> None:
    staff = visit(make_papers(), "admin.access")

    answer = staff.client.post("/admin/papers/delete/", data={"path": "2026/march.txt"})

    assert answer.status_code == 400
    assert (folder / "2026" / "march.txt").is_file()


@pytest.mark.parametrize(
    "path", ["../papers-of-others", "../papers-of-others/secret.txt", "2026/../../papers-of-others"]
)
@pytest.mark.parametrize("page", ["b/{}", "download/{}", "edit/?path={}"], ids=["list", "download", "edit"])
def test_folder_whose_name_begins_alike_is_out_of_reach(make_papers: Any, visit: Visit, page: str, path: str) -> None:
    staff = visit(make_papers(), "admin.access")

    answer = staff.get("/admin/papers/" + page.format(path.replace("/", "%2f")))

    assert answer.status_code in {302, 404}
    assert "not yours" not in answer.text


def test_name_of_a_file_is_text_everywhere(make_papers: Any, visit: Visit, folder: Path) -> None:
    (folder / '"><img src=x onerror=a()>.txt').write_text("")
    staff = visit(make_papers(PapersInWindows), "admin.access")

    page = sent(staff.get("/admin/papers/"))

    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=a()&gt;.txt" in page


def test_forms_of_windows_come_without_a_shell(make_papers: Any, visit: Visit) -> None:
    staff = visit(make_papers(PapersInWindows), "admin.access")

    for address in ("upload/?modal=True", "mkdir/?modal=True", "rename/?path=2026&modal=True"):
        page = sent(staff.get(f"/admin/papers/{address}"))
        assert "<html" not in page
        assert "data-dm-close" in page
        assert form_values(page)["csrf_token"]


def test_empty_folder_says_so_and_offers_an_upload(make_papers: Any, visit: Visit, folder: Path) -> None:
    (folder / "2027").mkdir()

    page = sent(visit(make_papers(), "admin.access").get("/admin/papers/b/2027"))

    assert "This folder is empty" in page
    assert 'href="/admin/papers/upload/2027"' in page


@pytest.mark.redis
def test_redis_console_answers_in_readable_form(make_admin: MakeAdmin, visit: Visit, redis_url: str) -> None:
    import redis

    store = redis.Redis.from_url(redis_url)
    store.hset("<b>hat</b>", "size", "7")
    store.set("raw", b"\xff\xfe")
    staff = visit(make_admin(admin_views=[RedisCli(store, name="Redis", endpoint="redis")]), "admin.access")

    page = sent(staff.get("/admin/redis/"))
    answers = {
        cmd: sent(staff.send("/admin/redis/run/", {"cmd": cmd})) for cmd in ("ping", "keys *", "get raw", "nope")
    }
    forged = staff.client.post("/admin/redis/run/", data={"cmd": "flushdb"})
    store.close()

    assert "rediscli.js" in page
    assert "jquery" not in page.lower()
    assert answers["ping"].strip() == "OK"
    assert "&lt;b&gt;hat&lt;/b&gt;" in answers["keys *"]
    assert r"\xff\xfe" in answers["get raw"]
    assert "Invalid command" in answers["nope"]
    assert forged.status_code == 400


def test_checkboxes_of_two_relations_share_no_id_and_save(make_admin: MakeAdmin, visit: Visit) -> None:
    import gallery
    from flask_admin.contrib.sqla.fields import CheckboxListField

    class WorkView(ModelView):
        model = gallery.Work
        form_columns = ("title", "artist", "price", "techniques")
        form_ajax_refs: dict[str, Any] = {}
        form_overrides = {"techniques": CheckboxListField}

    app = make_admin("gallery", admin_views=[WorkView])
    add(
        app,
        gallery.Work(
            title="One",
            price=1,
            artist=gallery.Artist(name="Ilse Marr"),
            techniques=[gallery.Technique(name="oil")],
        ),
        gallery.Technique(name="<b>ink</b>"),
    )
    boss = visit(app, "*")

    page = sent(boss.get("/admin/gallery_work/edit/?id=1"))
    boss.submit("/admin/gallery_work/edit/?id=1", techniques="2")
    after = sent(boss.get("/admin/gallery_work/edit/?id=1"))

    assert re.findall(r'id="techniques-(\d)"[^>]*?( checked)?>', page) == [("1", " checked"), ("2", "")]
    assert "&lt;b&gt;ink&lt;/b&gt;" in page
    assert re.findall(r'id="techniques-(\d)"[^>]*?( checked)?>', after) == [("1", ""), ("2", " checked")]
