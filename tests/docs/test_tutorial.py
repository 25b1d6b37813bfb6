"""The tutorial, replayed: its commands are run, its files written, its promises looked at."""

import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from processes import Running, free_port

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial" / "index.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent
STEP = re.compile(r"^```(console|python|html)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"(?:# |<!-- )(\S+?)(, at the (end|top))?(?: -->)?\n")
SAMS_PASSWORD = "seven quiet lanterns 31"


class Replay:
    """Does what the page says, step by step, as its reader would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: dict[str, str] = {}
        self.ran: list[str] = []
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLASK_", "DATABASE_URL", "SECRET_KEY"))}
        self.env = {
            **kept,
            "PATH": f"{BIN}{os.pathsep}{kept['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "FLASK_UP_PORT": str(free_port()),
        }

    def step(self, language: str, text: str) -> None:
        if language == "console":
            for line in text.splitlines():
                self.command(line.removeprefix("$ "))
            return
        place = PLACE.match(text)
        assert place, f"the block does not say which file it is:\n{text}"
        self.write(self.folder / place[1], text[place.end() :], where=place[3])

    def write(self, file: Path, text: str, *, where: str | None) -> None:
        old = file.read_text(encoding="utf-8") if where else ""
        if where == "end":
            text = f"{old}\n\n{text}"
        elif where == "top":
            first, _, rest = old.partition("\n")
            text = f"{first}\n\n{text}{rest}"
        file.write_text(text, encoding="utf-8")

    def command(self, line: str) -> None:
        self.ran.append(line)
        if line.startswith("cd "):
            self.folder /= line[3:]
        elif line.endswith(" up"):
            self.serve(line)
        else:
            done = subprocess.run(
                line.split(),
                cwd=self.folder,
                env=self.env,
                input=f"{SAMS_PASSWORD}\n",
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"

    def serve(self, line: str) -> None:
        """Start the server, look at what the page promises of it, stop it as Ctrl-C does."""
        with Running(line.split(), folder=self.folder, env=self.env) as server:
            url = server.wait_for_url()
            if "password" not in self.seen:
                self.seen["password"] = server.wait_for(r"password: +(\S+)")
                self.seen["address"] = server.wait_for(r"(\S+@\S+)")
            self.look(url)
            server.interrupt()

    def look(self, url: str) -> None:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = browser.open(f"{url}/auth/login").read().decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token
        form = {"email": self.seen["address"], "password": self.seen["password"], "csrf_token": token[1]}
        browser.open(f"{url}/auth/login", urllib.parse.urlencode(form).encode())
        self.seen["dashboard"] = browser.open(f"{url}/admin/").read().decode()
        if "Product" in self.seen["dashboard"]:
            self.seen["products"] = browser.open(f"{url}/admin/product/").read().decode()


def test_the_tutorial_works_as_it_is_written(tmp_path: Path) -> None:
    replay = Replay(tmp_path)

    for language, text in STEP.findall(PAGE):
        replay.step(language, text)

    assert len([line for line in replay.ran if line.endswith(" up")]) == 2
    assert "Note" in replay.seen["dashboard"]
    assert "products" in replay.seen
