"""`flask up` running in a project of its own, for as long as a test needs it."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from projects import KEPT, Project, program


@contextmanager
def serving(
    project: Project, *options: str, env: dict[str, str] | None = None, answer: str = ""
) -> Iterator[tuple[str, Path]]:
    """The address it serves on and the file with all it prints; interrupted from the terminal at the end."""
    printed = project.folder / "printed.txt"
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    environ |= {"FLASK_UP_PORT": str(free_port())} | (env or {})
    with printed.open("w") as file:
        process = subprocess.Popen(
            [program("flask"), "--app", "shop", "up", *options],
            cwd=project.folder, env=environ | {"PYTHONUNBUFFERED": "1"}, stdout=file, stderr=file,
            stdin=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(answer.encode())
    process.stdin.close()
    try:
        yield answered(process, printed), printed
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does: to everyone in the foreground
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def free_port() -> int:
    """A port that nobody else's server takes first: the system gives each process another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answered(process: subprocess.Popen[bytes], printed: Path) -> str:
    """The address, once it answers."""
    for _ in range(300):
        text = printed.read_text()
        if process.poll() is not None:
            raise AssertionError(text)
        if found := re.search(r"serving on (http://\S+/)", text):
            with suppress(OSError):
                urllib.request.urlopen(f"{found[1]}auth/login", timeout=5).close()
                return found[1]
        time.sleep(0.1)
    raise AssertionError(printed.read_text())
