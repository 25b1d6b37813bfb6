"""Files in records: told apart by their bytes, private, handed out in a sandbox, never lost and never left behind."""

import io
import re
import struct
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from albums import Album, AlbumView, Sheet
from flask import Flask
from tests.admin.conftest import MakeAdmin, Visit, Visitor, form_values, hidden, unescape
from werkzeug.test import TestResponse

from demijohn import db
from demijohn.admin import open_file, store_file
from demijohn.admin.uploads.checks import check_folder
from demijohn.admin.uploads.folder import LocalFolder, Notes
from demijohn.admin.uploads.pruning import count, prune

NEW, EDIT = "/admin/album/new/", "/admin/album/edit/?id=1"


def png(width: int = 3, height: int = 2, *, tail: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\x00" + b"\xff\x00\x00" * min(width, 50) for _ in range(min(height, 50)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body + tail


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "content")
    return made.getvalue()


@pytest.fixture
def albums(make_admin: MakeAdmin, database_url: str, tmp_path: Path) -> Flask:
    folder = str(tmp_path / "kept")
    return make_admin(
        "albums", admin_views=[AlbumView], database={"url": database_url}, admin={"uploads_folder": folder}
    )


@pytest.fixture
def here(make_admin: MakeAdmin, tmp_path: Path) -> Flask:
    """The same on SQLite alone, for what no database changes."""
    return make_admin("albums", admin_views=[AlbumView], admin={"uploads_folder": str(tmp_path / "kept")})


def upload(visitor: Visitor, address: str, body: bytes, name: str = "a.png", field: str = "cover", **more: Any) -> Any:
    """Fill in the form as shown, with a file."""
    page = visitor.get(address)
    return visitor.send(address, {**form_values(page.text), **more, field: (io.BytesIO(body), name)})


def kept(tmp_path: Path) -> list[str]:
    """Keys of the files in the folder."""
    return sorted(path.name for path in (tmp_path / "kept" / "files").rglob("*") if path.is_file())


def notes(tmp_path: Path) -> list[str]:
    return sorted(path.parent.name for path in (tmp_path / "kept" / "notes").rglob("*") if path.is_file())


def cover_of(app: Flask, key: int = 1) -> Any:
    with app.app_context():
        return db.session.get(Album, key).cover


def errors(answer: TestResponse) -> str:
    return unescape(" ".join(re.findall(r'<ul class="dm-errors".*?</ul>', answer.text, re.DOTALL)))


def fetch(visitor: Visitor, **more: Any) -> TestResponse:
    return read(visitor, "/admin/-/files/album/", query_string={"id": 1, "field": "cover", **more})


def read(visitor: Visitor, address: str, **more: Any) -> TestResponse:
    """A file as a browser gets it, to its end."""
    return visitor.client.get(address, buffered=True, **more)


def test_a_picture_is_saved_shown_and_handed_out(albums: Flask, visit: Visit, tmp_path: Path) -> None:
    clerk = visit(albums, "*")

    answer = upload(clerk, NEW, png(), 'Ünïcode "of" ../../me.png', title="First")

    assert answer.status_code == 302, errors(answer)
    file = cover_of(albums)
    assert (file.media_type, file.width, file.height, file.size) == ("image/png", 3, 2, len(png()))
    assert (kept(tmp_path), notes(tmp_path)) == ([file.key], [])
    for page in (clerk.get("/admin/album/"), clerk.get("/admin/album/details/?id=1"), clerk.get(EDIT)):
        assert "/admin/-/files/album/?id=1" in page.text
        assert "preview=1" in page.text
    got = fetch(clerk)
    assert got.data == png()
    assert got.mimetype == "image/png"


def test_a_file_is_a_download_in_a_sandbox_that_nobody_else_keeps(here: Flask, visit: Visit) -> None:
    clerk = visit(here, "*")
    upload(clerk, NEW, png(), "Zürich 2026.png", title="First")

    got, preview, part = (
        fetch(clerk),
        fetch(clerk, preview=1),
        read(clerk, "/admin/-/files/album/?id=1&field=cover", headers={"Range": "bytes=1-3"}),
    )

    for answer in (got, preview):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Cache-Control"].startswith("private")
        assert answer.content_length == len(png())
    assert got.headers["Content-Disposition"].startswith("attachment; ")
    assert got.headers["Content-Disposition"].endswith("filename*=UTF-8''Z%C3%BCrich%202026.png")
    assert preview.headers["Content-Disposition"].startswith("inline; ")
    assert (part.status_code, part.data) == (206, b"PNG")


def test_only_verified_pictures_are_shown_in_the_page(here: Flask, visit: Visit) -> None:
    clerk = visit(here, "*")
    upload(clerk, "/admin/sheet/new/", b"%PDF-1.7 not much", "a.pdf", "file")

    got = read(clerk, "/admin/-/files/sheet/?id=1&field=file&preview=1")

    assert got.mimetype == "application/pdf"
    assert got.headers["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize(
    ("body", "name", "told"),
    [
        (b"<html><script>alert(1)</script>", "a.png", "not taken"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "a.svg", "not taken"),
        (b'<?xml version="1.0"?><svg/>', "a.png", "not taken"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "a.png", "not taken"),
        (b"GIF89a\x00\x00\x00\x00/*", "a.gif", "not taken"),
        (b"plain", "a.txt", "not taken"),
        (b"MZ\x90\x00", "a.png", "not taken"),
        (b"", "a.png", "empty"),
        (png(tail=b"x" * 50_000), "a.png", "too large"),
        (png(2000, 2000), "a.png", "too many pixels"),
        (png(2**31 - 1, 2**31 - 1), "a.png", "too many pixels"),
    ],
    ids=[
        *("html", "svg", "svg in xml", "broken png", "gif of no size", "text", "program", "empty", "too large"),
        *("pixels", "bomb"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_at_its_field(
    here: Flask, visit: Visit, tmp_path: Path, body: bytes, name: str, told: str
) -> None:
    clerk = visit(here, "*")

    answer = upload(clerk, NEW, body, name, title="First")

    assert answer.status_code == 422
    assert told in errors(answer)
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "name", "stored", "media_type"),
    [
        (b"a,b\n1,2\n", "t.csv", "t.csv", "text/csv"),
        (b"a,b\n1,2\n", "t.hta", "t.hta.txt", "text/plain"),
        (png(tail=b"<script>alert(1)</script>"), "page.html", "page.html.png", "image/png"),
        (png(), "../../../etc/passwd", "passwd.png", "image/png"),
        (png(), "C:\\temp\\a\x00b.png", "ab.png", "image/png"),
        (png(), "...", "file.png", "image/png"),
        (archive("a.txt"), "a.zip", "a.zip", "application/zip"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "a.xlsx", "a.xlsx",
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
    ids=["csv", "program of text", "polyglot", "traversal", "odd", "dots", "zip", "workbook"],
)  # fmt: skip
def test_a_file_is_called_by_what_it_is(here: Flask, body: bytes, name: str, stored: str, media_type: str) -> None:
    with here.app_context():
        file = store_file(io.BytesIO(body), name)

        assert (file.name, file.media_type) == (stored, media_type)
        with open_file(file) as stream:
            assert stream.read() == body


@pytest.mark.parametrize(
    "body",
    [
        archive("[Content_Types].xml", "word/vbaProject.bin"),
        b"PK\x03\x04broken",
        b"\xff\xfe\x00",
        b"a\x00b",
        b"  <!doctype",
    ],
    ids=["macros", "broken archive", "not utf-8", "nul", "page"],
)
def test_what_is_not_known_for_certain_is_refused(here: Flask, body: bytes) -> None:
    with here.app_context(), pytest.raises(ValueError, match="not taken"):
        store_file(io.BytesIO(body), "a.docx")


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08\x00\x07\x00\x09\x03"
WEBP = {
    "lossless": b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f" + ((9 - 1) | (7 - 1) << 14).to_bytes(4, "little"),
    "extended": b"RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x06\x00\x00",
    "lossy": b"RIFF\x1a\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x09\x00\x07\x00",
}


@pytest.mark.parametrize(
    "body", [png(9, 7), b"GIF89a\x09\x00\x07\x00\x00", JPEG, *WEBP.values()], ids=["png", "gif", "jpeg", *WEBP]
)
def test_the_size_of_every_kind_of_picture_is_read(here: Flask, body: bytes) -> None:
    with here.app_context():
        file = store_file(io.BytesIO(body), "a")

        assert (file.width, file.height) == (9, 7)


def test_a_file_stays_chosen_while_another_field_is_corrected(albums: Flask, visit: Visit, tmp_path: Path) -> None:
    clerk = visit(albums, "*")

    wrong = upload(clerk, NEW, png(), title="")
    shown = read(clerk, unescape(re.findall(r'src="(/admin/-/files/\?token=[^"]*)"', wrong.text)[0]))
    saved = clerk.send(NEW, {"title": "First", "cover-kept": hidden(wrong.text, "cover-kept")})

    assert (wrong.status_code, shown.data, saved.status_code) == (422, png(), 302)
    assert (cover_of(albums).name, kept(tmp_path), notes(tmp_path)) == ("a.png", [cover_of(albums).key], [])


def test_a_file_stays_chosen_when_somebody_else_saved_meanwhile(albums: Flask, visit: Visit) -> None:
    clerk = visit(albums, "*")
    clerk.submit(NEW, title="First")
    mine = form_values(clerk.get(EDIT).text)
    clerk.submit(EDIT, title="Second")

    late = clerk.send(EDIT, {**mine, "cover": (io.BytesIO(png()), "a.png")})
    fields = {name: hidden(late.text, name) for name in ("record_digest", "shown_values", "cover-kept")}
    saved = clerk.send(EDIT, {**fields, "title": "Second", "take-cover": "mine"})

    assert (late.status_code, saved.status_code, cover_of(albums).name) == (409, 302, "a.png")


def test_a_file_is_lost_neither_where_the_database_refuses_the_record(
    albums: Flask, visit: Visit, tmp_path: Path
) -> None:
    clerk = visit(albums, "*")
    clerk.submit(NEW, title="First")

    taken = upload(clerk, NEW, png(), title="First")
    saved = clerk.send(NEW, {"title": "Second", "cover-kept": hidden(taken.text, "cover-kept")})

    assert (taken.status_code, saved.status_code) == (422, 302)
    assert kept(tmp_path) == [cover_of(albums, 2).key]


def test_a_kept_file_is_saved_once(albums: Flask, visit: Visit, tmp_path: Path) -> None:
    clerk = visit(albums, "*")
    token = hidden(upload(clerk, NEW, png(), title="").text, "cover-kept")

    first, second = (clerk.send(NEW, {"title": title, "cover-kept": token}) for title in ("A", "B"))

    assert (first.status_code, second.status_code) == (302, 422)
    assert "no longer kept" in errors(second)
    assert len(kept(tmp_path)) == 1


def test_of_many_that_save_one_file_at_once_one_wins(here: Flask, tmp_path: Path) -> None:
    with here.app_context():
        key = store_file(io.BytesIO(png()), "a.png").key
    folders = [Notes(tmp_path / "kept") for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda notes: notes.move(key, "pending", "taken"), folders))

    assert won.count(True) == 1


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "A" * 32, "0" * 31, "0" * 32 + "/x"])
def test_nothing_outside_of_the_folder_has_a_key(tmp_path: Path, key: str) -> None:
    folder = LocalFolder(tmp_path)

    for touch in (folder.open, folder.size, folder.delete):
        with pytest.raises(FileNotFoundError):
            touch(key)


@pytest.mark.parametrize("door", ["form", "address"])
def test_a_kept_file_of_somebody_else_is_refused(here: Flask, visit: Visit, door: str) -> None:
    mine, theirs = visit(here, "*"), visit(here, "*")
    token = hidden(upload(theirs, NEW, png(), title="").text, "cover-kept")

    if door == "form":
        answer = mine.send(NEW, {"title": "First", "cover-kept": token})
        assert (answer.status_code, "no longer kept" in errors(answer)) == (422, True)
    else:
        assert mine.client.get("/admin/-/files/", query_string={"token": token}).status_code == 404


@pytest.mark.parametrize("how", ["other field", "changed", "nonsense"])
def test_a_token_is_good_for_its_own_field_alone(here: Flask, visit: Visit, how: str) -> None:
    clerk = visit(here, "*")
    token = hidden(upload(clerk, NEW, png(), title="").text, "cover-kept")
    sent = {"other field": token, "changed": f"A{token[1:]}", "nonsense": "é.é"}[how]

    answer = clerk.send("/admin/sheet/new/" if how == "other field" else NEW,
                        {"title": "First", "file-kept": sent, "cover-kept": sent})  # fmt: skip

    assert (answer.status_code, "no longer kept" in errors(answer)) == (422, True)


def test_replacing_removing_and_deleting_delete_the_file(albums: Flask, visit: Visit, tmp_path: Path) -> None:
    clerk = visit(albums, "*")
    upload(clerk, NEW, png(), title="First")
    first = kept(tmp_path)

    upload(clerk, EDIT, png(4, 4), "b.png")
    second = kept(tmp_path)
    clerk.submit(EDIT, **{"cover-remove": "1"})
    third = kept(tmp_path)
    upload(clerk, EDIT, png(5, 5), "c.png")
    clerk.confirm("/admin/album/delete/?id=1", {"id": "1"})

    assert len(first) == len(second) == 1
    assert first != second
    assert (third, kept(tmp_path), notes(tmp_path)) == ([], [], [])


def test_a_form_sent_back_untouched_keeps_the_file(albums: Flask, visit: Visit, tmp_path: Path) -> None:
    clerk = visit(albums, "*")
    upload(clerk, NEW, png(), title="First")
    before = cover_of(albums)

    answer = clerk.submit(EDIT, title="Second")

    assert (answer.status_code, cover_of(albums), kept(tmp_path)) == (302, before, [before.key])


def test_a_file_is_deleted_with_a_record_that_its_owner_lets_go(albums: Flask, tmp_path: Path) -> None:
    with albums.app_context():
        album = Album(title="A", sheets=[Sheet(file=store_file(io.BytesIO(b"text"), "a.txt"))])
        db.session.add(album)
        db.session.commit()
        assert len(kept(tmp_path)) == 1
        album.sheets.clear()
        db.session.commit()

    assert (kept(tmp_path), notes(tmp_path)) == ([], [])


def test_a_rollback_leaves_old_files_and_no_new_ones_for_long(albums: Flask, tmp_path: Path) -> None:
    with albums.app_context():
        album = Album(title="A", cover=store_file(io.BytesIO(png()), "old.png"))
        db.session.add(album)
        db.session.commit()
        album.cover = store_file(io.BytesIO(png()), "new.png")
        db.session.flush()
        db.session.rollback()

        assert (album.cover.name, len(kept(tmp_path)), notes(tmp_path)) == ("old.png", 2, ["pending"])
        wait(tmp_path)
        assert (count(albums), prune(albums), count(albums)) == (1, 1, 0)
        assert kept(tmp_path) == [album.cover.key]


def test_a_savepoint_rolled_back_deletes_nothing_that_a_record_holds(albums: Flask, tmp_path: Path) -> None:
    with albums.app_context():
        album = Album(title="A", cover=store_file(io.BytesIO(png()), "old.png"))
        db.session.add(album)
        db.session.commit()
        savepoint = db.session.begin_nested()
        album.cover = None
        db.session.flush()
        savepoint.rollback()
        album.title = "B"
        db.session.commit()
        key = album.cover.key
        wait(tmp_path)
        prune(albums)

        assert (kept(tmp_path), notes(tmp_path)) == ([key], [])


def wait(tmp_path: Path) -> None:
    """As if a week had gone by."""
    import os

    for note in (tmp_path / "kept" / "notes").rglob("*"):
        os.utime(note, (time.time() - 7 * 86_400,) * 2)


def test_what_a_crash_left_behind_is_looked_after(albums: Flask, tmp_path: Path) -> None:
    with albums.app_context():
        album = Album(title="A", cover=store_file(io.BytesIO(png()), "a.png"))
        db.session.add(album)
        db.session.commit()
        files = albums.extensions["demijohn.admin.uploads"]
        files.notes.add("taken", album.cover.key)  # committed, and then the power went
        gone = store_file(io.BytesIO(png()), "b.png")
        files.notes.move(gone.key, "pending", "taken")  # never committed
        wait(tmp_path)

        assert prune(albums) == 2
        assert (kept(tmp_path), notes(tmp_path)) == ([album.cover.key], [])


def test_two_records_never_hold_one_file(albums: Flask) -> None:
    with albums.app_context():
        file = store_file(io.BytesIO(png()), "a.png")
        db.session.add(Album(title="A", cover=file))
        db.session.commit()
        db.session.add(Album(title="B", cover=file))

        with pytest.raises(ValueError, match="saved already"):
            db.session.commit()


def test_the_old_file_goes_also_where_the_session_had_not_read_it(albums: Flask, tmp_path: Path) -> None:
    with albums.app_context():
        album = Album(title="A", cover=store_file(io.BytesIO(png()), "a.png"))
        db.session.add(album)
        db.session.commit()
        album.cover = store_file(io.BytesIO(png()), "b.png")
        db.session.commit()

        assert kept(tmp_path) == [album.cover.key]


def test_a_folder_that_cannot_be_written_is_told_at_the_field(here: Flask, visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("in the way")
    clerk = visit(here, "*")

    answer = upload(clerk, NEW, png(), title="First")

    assert (answer.status_code, "could not be stored" in errors(answer)) == (422, True)


def test_a_file_that_is_gone_from_the_folder_is_not_found(here: Flask, visit: Visit, tmp_path: Path) -> None:
    clerk = visit(here, "*")
    upload(clerk, NEW, png(), title="First")
    next((tmp_path / "kept" / "files").rglob("*/*")).unlink()

    assert fetch(clerk).status_code == 404
    assert clerk.get(EDIT).status_code == 200
    assert clerk.confirm("/admin/album/delete/?id=1", {"id": "1"}).status_code == 302


@pytest.mark.parametrize(
    ("rights", "status"), [((), 302), (("-",), 403), (("sheet.view",), 403), (("album.view",), 200)],
    ids=["stranger", "nobody", "other table", "reader"],
)  # fmt: skip
def test_a_file_is_for_people_who_may_see_its_record(
    albums: Flask, visit: Visit, rights: tuple[str, ...], status: int
) -> None:
    upload(visit(albums, "*"), NEW, png(), title="First")

    assert fetch(visit(albums, *rights)).status_code == status


@pytest.mark.parametrize(
    "query", [{"id": 2}, {"id": "x"}, {"field": "title"}, {"field": "nothing"}, {"field": "sheets"}, {"field": ""}]
)
def test_nothing_but_files_of_records_is_handed_out(here: Flask, visit: Visit, query: dict[str, Any]) -> None:
    clerk = visit(here, "*")
    upload(clerk, NEW, png(), title="First")

    assert fetch(clerk, **query).status_code == 404
    assert clerk.get("/admin/-/files/nothing/?id=1&field=cover").status_code == 404


def test_a_record_out_of_sight_hands_nothing_out(albums: Flask, visit: Visit) -> None:
    upload(visit(albums, "*"), NEW, png(), title="Secret")

    assert fetch(visit(albums, "album.view")).status_code == 404


def test_a_closed_field_hands_nothing_out_and_keeps_nothing(albums: Flask, visit: Visit, tmp_path: Path) -> None:
    upload(visit(albums, "*"), NEW, png(), title="First", field="back")
    before = kept(tmp_path)
    clerk = visit(albums, "album.view", "album.edit", "sheet.view")

    answer = upload(clerk, EDIT, png(9, 9), field="back", title="Second")

    assert len(before) == 1
    assert answer.status_code == 302
    assert (fetch(clerk, field="back").status_code, kept(tmp_path)) == (403, before)


def test_a_view_that_is_closed_hands_nothing_out(make_admin: MakeAdmin, visit: Visit, tmp_path: Path) -> None:
    class ClosedView(AlbumView):
        def is_accessible(self) -> bool:
            return False

    app = make_admin("albums", admin_views=[ClosedView], admin={"uploads_folder": str(tmp_path / "kept")})
    with app.app_context():
        db.session.add(Album(title="First", cover=store_file(io.BytesIO(png()), "a.png")))
        db.session.commit()

    assert fetch(visit(app, "*")).status_code == 403


def test_another_file_of_the_same_name_is_a_change(here: Flask, visit: Visit) -> None:
    clerk = visit(here, "*")
    upload(clerk, NEW, png(), "a.png", title="First")
    shown = form_values(clerk.get(EDIT).text)
    upload(clerk, EDIT, png(), "a.png")

    assert clerk.send(EDIT, {**shown, "title": "Second"}).status_code == 409


def test_a_file_in_a_line_of_a_form_is_saved(albums: Flask, visit: Visit) -> None:
    clerk = visit(albums, "*")

    answer = upload(clerk, NEW, b"words", "a.txt", "sheets-0-file", title="First")

    assert answer.status_code == 302, errors(answer)
    with albums.app_context():
        assert [str(sheet.file) for sheet in db.session.get(Album, 1).sheets] == ["a.txt"]
    assert "/admin/-/files/sheet/?id=1" in clerk.get(EDIT).text


def test_a_document_that_must_be_there_is_asked_for(albums: Flask, visit: Visit) -> None:
    clerk = visit(albums, "*")

    missing = clerk.submit("/admin/sheet/new/")
    upload(clerk, "/admin/sheet/new/", b"words", "a.txt", "file")
    untouched = clerk.submit("/admin/sheet/edit/?id=1", **{"file-remove": "1"})

    assert (missing.status_code, "Choose a file." in errors(missing), untouched.status_code) == (422, True, 302)
    with albums.app_context():
        assert db.session.get(Sheet, 1).file.name == "a.txt"


def test_history_tells_names_and_a_file_that_is_gone_is_not_offered_again(albums: Flask, visit: Visit) -> None:
    clerk = visit(albums, "*")
    upload(clerk, NEW, png(), "old.png", title="First")
    upload(clerk, EDIT, png(4, 4), "new.png")

    history = clerk.get("/admin/album/history/?id=1").text
    address = unescape(re.findall(r'href="(/admin/album/revert/[^"]*)"', history)[0])

    assert "old.png" in history
    assert "new.png" in history
    assert "This file is gone" in clerk.get(address).text


def test_an_export_has_names_and_an_import_leaves_files_alone(albums: Flask, visit: Visit) -> None:
    clerk = visit(albums, "*")
    upload(clerk, NEW, png(), "a.png", title="First")

    exported = clerk.get("/admin/album/export/csv/").text
    asked = clerk.send("/admin/album/import/", {"file": (io.BytesIO(b"title,cover\nX,y\n"), "a.csv")})
    shown = clerk.get(asked.headers["Location"]).text

    assert "First,a.png" in exported
    assert '<option value="title"' in shown
    assert '<option value="cover"' not in shown


def test_lists_with_files_sort_filter_and_search_nothing_of_them(albums: Flask, visit: Visit) -> None:
    clerk = visit(albums, "*")
    upload(clerk, NEW, png(), "needle.png", title="First")

    assert "by=cover" not in clerk.get("/admin/album/").text
    assert "First" not in re.sub(r"(?s).*<tbody>", "", clerk.get("/admin/album/?search=needle").text)


def test_a_migration_writes_the_column_as_plain_text(albums: Flask) -> None:
    from alembic.autogenerate import produce_migrations, render_python_code
    from alembic.migration import MigrationContext

    from demijohn import Model
    from demijohn.migrations.comparing import comparison

    with albums.app_context(), db.engine.connect() as connection:
        connection.execute(sa.text("DROP TABLE sheet"))
        context = MigrationContext.configure(connection, opts=comparison(albums))
        made = produce_migrations(context, Model.metadata)
        code = render_python_code(made.upgrade_ops, render_item=comparison(albums)["render_item"])

    assert "sa.Column('file', sa.String(length=1000), nullable=False)" in code
    assert code.count("op.") - code.count("op.f(") == 1  # nothing to change in the other tables


def test_the_check_finds_a_folder_that_nobody_can_write(make_admin: MakeAdmin, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = make_admin("albums", admin={"uploads_folder": str(tmp_path / "file" / "files")})
    fine = make_admin("albums", admin={"uploads_folder": str(tmp_path / "kept")})

    found = [[problem.id for problem in check_folder(app)] for app in (broken, fine)]

    assert found == [["admin.W004"], []]
