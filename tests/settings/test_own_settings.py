"""A project's own fields and sections, typed."""

import json
import subprocess
import sys

import pytest
from projects import SAFE, Project

OWN = """\
from pydantic import Field, SecretStr

from demijohn import Settings, create_app
from demijohn.section import Section
from demijohn.settings import Features


class Billing(Section):
    config_keys = {"BILLING_LIMIT": "limit"}

    limit: int = Field(default=10, ge=1, description="Invoices in one run (count).")
    token: SecretStr | None = Field(default=None, description="The bank's key.")


class ShopSettings(Settings):
    motto: str = Field(default="cork", description="Shown on invoices.")
    region: str = Field(default=..., description="Where it sells; must be set.")
    billing: Billing = Field(default_factory=Billing)
"""
APP = """

settings = ShopSettings(features=Features(database=False))
app = create_app(__name__, settings=settings)
"""


@pytest.fixture
def own(project: Project) -> Project:
    project.write("shop.py", OWN + APP)
    return project


def rows(project: Project, env: dict[str, str]) -> dict[str, tuple[str, str]]:
    run = project.flask("--app", "shop", "settings", "--json", env=SAFE | env)
    assert run.status == 0, run.err
    return {row["setting"]: (row["value"], row["origin"]) for row in json.loads(run.out)}


def test_own_fields_and_sections_have_variables_like_the_others(own: Project) -> None:
    own.write(".env", "FLASK_BILLING__LIMIT=20\nFLASK_BILLING__TOKEN=hunter2-hunter2\n")

    found = rows(own, {"FLASK_REGION": "Alentejo"})

    assert found["region"] == ("Alentejo", "FLASK_REGION (environment)")
    assert found["billing.limit"] == ("20", "FLASK_BILLING__LIMIT (.env:1)")
    assert found["billing.token"] == ("********", "FLASK_BILLING__TOKEN (.env:2)")
    assert found["motto"] == ("cork", "default")


def test_the_object_a_project_made_knows_the_file_before_create_app(own: Project) -> None:
    own.write(".env", "FLASK_REGION=Douro\n")

    run = own.python("import shop; print(shop.settings.region, shop.app.config['BILLING_LIMIT'])", env=SAFE)

    assert run.out.split() == ["Douro", "10"]


def test_a_required_field_that_nobody_set_is_named_with_its_variable(own: Project) -> None:
    run = own.flask("--app", "shop", "check", env=SAFE)

    assert run.status == 2
    assert "FLASK_REGION is not set. Fix: set it: FLASK_REGION=<text>" in run.err


def test_mistakes_in_own_sections_are_refused_like_the_others(own: Project) -> None:
    run = own.flask("--app", "shop", "check", env=SAFE | {"FLASK_REGION": "x", "FLASK_BILLING__LIMT": "3"})

    assert "FLASK_BILLING__LIMT (environment) is not a setting; did you mean FLASK_BILLING__LIMIT?" in run.err


@pytest.mark.extra
def test_own_settings_are_typed_under_mypy_strict(own: Project) -> None:
    own.write(
        "use.py",
        "from shop import ShopSettings, app\n"
        "from demijohn import current_settings\n\n"
        "settings = ShopSettings(region='Douro', motto='oak')\n"
        "limit: int = settings.billing.limit\n"
        "reveal_type(settings.billing.token)\n"
        "reveal_type(current_settings.admin.page_size)\n"
        "settings.billing.limt\n",
    )

    run = own.run(sys.executable, "-m", "mypy", "--strict", "use.py", "shop.py", env={"MYPYPATH": str(own.folder)})

    told = [line.split(": ", 1)[1] for line in run.out.splitlines() if line.startswith("use.py")]
    assert told[0] == 'note: Revealed type is "pydantic.types.SecretStr | None"'
    assert told[1] == 'note: Revealed type is "int"'
    assert told[2].startswith('error: "Billing" has no attribute "limt"')
    assert len(told) == 3
    assert "shop.py" not in run.out


def test_importing_the_settings_brings_in_no_battery_and_no_library_of_one() -> None:
    code = "import sys, demijohn.settings; print(*sorted({m.partition('.')[0] for m in sys.modules}))"

    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )

    assert not loaded & {"sqlalchemy", "flask_admin", "flask_wtf", "flask_login", "alembic", "argon2"}
