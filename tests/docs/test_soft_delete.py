"""The code of the page on soft deletion, run as it stands."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import MakeApp
from tests.docs.test_howto import blocks

from demijohn import db


def test_the_page_on_soft_deletion_deletes_restores_and_purges(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models, use = blocks("soft-delete.md")
    (tmp_path / "soft_projects.py").write_text(models, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import soft_projects

    app = make_app("soft_projects")
    with app.app_context():
        task = soft_projects.Task(title="Measure")
        db.session.add(soft_projects.Project(code="north", tasks=[task]))
        db.session.commit()
        namespace: dict[str, Any] = dict(vars(soft_projects))
        exec(use, namespace)

        tables = [soft_projects.Project.__table__, soft_projects.Task.__table__]
        assert [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables] == [0, 0]
        assert task.version == 3
