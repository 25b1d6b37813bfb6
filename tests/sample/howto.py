"""The how-to pages as tests read them: their code, and the commands they say to type."""

import re
import shlex
from pathlib import Path

PAGES = Path(__file__).parents[2] / "docs" / "howto"


def blocks(page: str, language: str = "python") -> list[str]:
    """The code of one language on a page, in order."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(code: str) -> list[list[str]]:
    """The words of each command line; `# …` at its end is a remark."""
    lines = (line.removeprefix("$ ") for line in code.splitlines())
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def exported(code: str) -> dict[str, str]:
    """The variables that lines like `export NAME=value` set."""
    return dict(word.split("=", 1) for name, *words in commands(code) if name == "export" for word in words)
