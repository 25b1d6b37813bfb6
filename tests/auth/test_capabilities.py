"""Capabilities: what is off is neither imported nor answered."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demijohn.auth.capabilities import KNOWN, always
from demijohn.auth.settings import AuthSettings

SWITCHED_OFF: dict[str, dict[str, Any]] = {
    "demijohn.auth.bearer.capability": {"tokens": {"allowed": "nobody"}},
    "demijohn.auth.deletion.capability": {"deletion_grace_days": None},
    "demijohn.auth.impersonation.capability": {"impersonation_seconds": 0},
}
"""What switches a capability off that is on by default."""

PROGRAM = """
import json, sys
from demijohn import Settings, create_app

settings = Settings(environment="testing", secret_key="a-key-for-tests-only-0123456789-abcdefghij", auth=%r)
create_app("nowhere", settings)
print(json.dumps(sorted(sys.modules)))
"""

OPTIONAL = [(module, is_on) for module, is_on in KNOWN if is_on is not always]


@pytest.mark.parametrize("module", [module for module, _ in OPTIONAL])
def test_a_capability_that_is_off_is_not_imported(module: str, tmp_path: Path) -> None:
    (tmp_path / "nowhere.py").write_text("")
    program = PROGRAM % SWITCHED_OFF.get(module, {})

    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    loaded = set(json.loads(run.stdout))
    views = module.rpartition(".")[0] + ".views"
    assert not {module, views} & loaded


@pytest.mark.parametrize(("module", "is_on"), OPTIONAL, ids=[module for module, _ in OPTIONAL])
def test_a_capability_is_off_by_default_or_has_a_named_way_off(module: str, is_on: Any) -> None:
    assert not is_on(AuthSettings(**SWITCHED_OFF.get(module, {})))
