"""Projects in temporary folders, started in fresh processes with an environment of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOOD_KEY = "b7c1f0a94e5d4c3b8a6f2e1d0c9b8a7f6e5d4c3b2a190817"
SAFE = {"SECRET_KEY": GOOD_KEY, "PUBLIC_URL": "https://shop.example.org"}
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "COVERAGE_PROCESS_START", "PYTHONPATH")


@dataclass
class Run:
    """How a program ended."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Project:
    """A folder with an application, and programs run in it."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(
        self, *command: str, env: dict[str, str] | None = None, within: Path | None = None, answer: str | None = None
    ) -> Run:
        environ = {name: os.environ[name] for name in KEPT if name in os.environ} | (env or {})
        done = subprocess.run(
            command,
            cwd=within or self.folder,
            env=environ,
            input=answer or "",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def flask(
        self, *arguments: str, env: dict[str, str] | None = None, within: Path | None = None, answer: str | None = None
    ) -> Run:
        return self.run(program("flask"), *arguments, env=env, within=within, answer=answer)

    def python(self, code: str, env: dict[str, str] | None = None, within: Path | None = None) -> Run:
        return self.run(sys.executable, "-c", code, env=env, within=within)


def program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


SHOP = """\
from demijohn import Settings, create_app

app = create_app(__name__, Settings(features={"database": False}))
"""
