"""One contestant of `benchmarks.admin`: a browser for a WSGI application, and the works that are timed.

Imports the standard library alone, because Django's side runs in an environment of its own. A contestant reads the name
of a work from each line, does it, and answers with a JSON line.
"""

import io
import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROUNDS = 7


class Form(HTMLParser):
    """What a browser would send of the form that has a field of this name."""

    def __init__(self, page: str, field: str) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.select = self.area = ""
        self.feed(page)
        self.values = next(form for form in self.forms if field in form)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and name and given.get("type") not in {"submit", "checkbox", "radio", "file"}:
            self.forms[-1].setdefault(name, given.get("value") or "")
        elif tag == "select":
            self.select = name
            if name:
                self.forms[-1].setdefault(name, "")
        elif tag == "option" and self.select and "selected" in given:
            self.forms[-1][self.select] = given.get("value") or ""
        elif tag == "textarea" and name:
            self.area = name
            self.forms[-1][name] = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.forms[-1][self.area] += data.strip("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


class Browser:
    """Calls a WSGI application and keeps its cookies; `seconds` and `first_byte` are those of the last answer."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}
        self.seconds = self.first_byte = 0.0

    def ask(self, path: str, fields: dict[str, str] | None = None, *, keep: bool = True) -> tuple[int, str]:
        """Status and text; without `keep` the text is counted and thrown away."""
        answered: list[Any] = []
        environ = self.environ(path, fields)
        began = time.perf_counter()
        body = self.app(environ, lambda status, headers, exc_info=None: answered.extend([status, headers]))
        chunks: list[bytes] = []
        self.first_byte = 0.0
        for chunk in body:
            self.first_byte = self.first_byte or time.perf_counter() - began
            if keep:
                chunks.append(chunk)
        if hasattr(body, "close"):
            body.close()
        self.seconds = time.perf_counter() - began
        for name, value in answered[1]:
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return int(answered[0].split()[0]), b"".join(chunks).decode()

    def environ(self, path: str, fields: dict[str, str] | None) -> dict[str, Any]:
        path, _, query = path.partition("?")
        body = urlencode(fields or {}).encode()
        return {
            "REQUEST_METHOD": "GET" if fields is None else "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "HTTP_ORIGIN": "http://localhost",
            "HTTP_REFERER": "http://localhost/",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


class Works:
    """The works of one contestant, each median seconds of some rounds; every answer is looked at before it counts.

    Args:
        browser: signed in.
        paths: name of a work -> the address to ask for.
        holds: a text that the page of a work must have, by its name.
    """

    def __init__(self, browser: Browser, paths: dict[str, str], holds: dict[str, str]) -> None:
        self.browser, self.paths, self.holds = browser, paths, holds

    def do(self, work: str) -> dict[str, float]:
        if work == "form POST":
            return {"seconds": statistics.median(self.post() for _ in range(ROUNDS))}
        if work == "CSV":
            return self.export()
        return {"seconds": statistics.median(self.get(work) for _ in range(ROUNDS))}

    def get(self, work: str) -> float:
        status, page = self.browser.ask(self.paths[work])
        assert status == 200, (work, status)
        assert self.holds.get(work, "") in page, f"{work}: {self.holds[work]!r} is not on the page"
        return self.browser.seconds

    def post(self) -> float:
        _, page = self.browser.ask(self.paths["form GET"])
        status, _ = self.browser.ask(self.paths["form GET"], Form(page, "total").values)
        assert status in {302, 303}, status
        return self.browser.seconds

    def export(self) -> dict[str, float]:
        """Seconds, first byte (seconds) and growth of the process (MB)."""
        before = forget_peak()
        status, _ = self.browser.ask(self.paths["CSV"], keep=False)
        assert status == 200, status
        return {"seconds": self.browser.seconds, "first byte": self.browser.first_byte, "MB": peak() - before}


def forget_peak() -> float:
    """Memory of this process now (MB), from which its peak counts anew; Linux alone tells."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def peak() -> float:
    """Most memory of this process since `forget_peak` (MB)."""
    return memory("VmHWM")


def memory(name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1_024


def token_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found, f"no {name} on the page"
    return found[1]


def serve(works: Works) -> None:
    """Do what each line names until there are no more."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(works.do(line.strip())), flush=True)
