"""A file through every step of an import, and an export in the background: by keyboard and mouse, in light and dark."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.browser.test_pages import judge_here

from demijohn import db
from demijohn.admin.jobs.runner import jobs_of

ROWS = """Title,Artist,Room,Price,Colour of the frame
Study no. 1,Wen Li,Cellar,10.50,red
New study,Wen Li,north,5,
Odd,Nobody,attic,x,
"""


@pytest.fixture
def file(tmp_path: Path, live: Any) -> Iterator[str]:
    """A file to upload; what was written of it is taken back, because the pages after this one know the gallery."""
    path = tmp_path / "works.csv"
    path.write_text(ROWS, encoding="utf-8")
    yield str(path)
    with live.app.app_context():
        import gallery

        db.session.execute(sa.delete(gallery.Work).where(gallery.Work.title == "New study"))
        first = sa.update(gallery.Work).where(gallery.Work.title == "Study no. 1")
        db.session.execute(first.values(price=Decimal("123.45"), artist_id=2, room=gallery.Room.NORTH))
        db.session.commit()


def test_every_step_of_an_import_is_fit_for_everyone(browser: Any, file: str) -> None:
    browser.open("/admin/gallery_work/")
    browser.find(".dm-title a[href$='/import/']").click()
    browser.find("#import-file").send_keys(file)
    browser.find("main form button.btn-primary").click()

    browser.wait("document.querySelector('[name=column-0]')")
    judge_here(browser)
    browser.find("main form button.btn-primary").click()
    browser.wait("document.querySelector('.dm-transfer-counts')")
    judge_here(browser)
    browser.find("form[action$='/write/'] button").click()
    browser.wait("document.querySelector('main .alert-success')")
    judge_here(browser)

    assert "Study no. 1" not in browser.find("main").text
    browser.open("/admin/gallery_work/?search=New+study")
    assert "New study" in browser.find("#dm-rows").text


def test_a_bar_follows_a_job_until_its_notice(browser: Any) -> None:
    browser.open("/admin/gallery_work/export/?search=Study")
    browser.find("[name=background]").click()
    browser.find("button[formaction$='/csv/']").click()
    browser.wait("document.querySelector('[data-job]')")
    judge_here(browser)
    browser.open("/admin/")
    browser.wait("document.querySelector('.dm-jobs progress')")
    judge_here(browser)

    jobs_of(browser.site.app).run_waiting()

    browser.wait("document.querySelector('.dm-jobs .alert-success a[href*=\"/files/\"]')")
    judge_here(browser)
    browser.open("/admin/-/jobs/")
    judge_here(browser)
    browser.find(".dm-job-list a").click()
    browser.wait("document.querySelector('.dm-job-outcome')")
    judge_here(browser)
