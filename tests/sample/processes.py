"""Programs that run beside a test: started, read, interrupted as Ctrl-C does, and never left behind."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether the address answers 200 to somebody who knows no certificate."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class Running:
    """A program in a process group of its own; a context manager that ends it."""

    def __init__(self, command: Sequence[str | Path], *, folder: Path, env: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**env, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            self.lines.extend(iter(output.readline, ""))

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, pattern: str, *, seconds: float = 90) -> str:
        """The first group of the pattern, once the program has printed it."""
        end = time.monotonic() + seconds
        while not (match := re.search(pattern, self.output)):
            assert self.process.poll() is None, f"it ended:\n{self.output}"
            assert time.monotonic() < end, f"it never printed {pattern}:\n{self.output}"
            time.sleep(0.1)
        return match[1]

    def wait_for_url(self, path: str = "/healthz", *, seconds: float = 60) -> str:
        """The address it serves on (without a trailing slash), once it answers there."""
        url = self.wait_for(r"(http://127\.0\.0\.1:\d+)")
        end = time.monotonic() + seconds
        while not answers(f"{url}{path}"):
            assert self.process.poll() is None, f"it ended:\n{self.output}"
            assert time.monotonic() < end, f"{url}{path} never answered:\n{self.output}"
            time.sleep(0.1)
        return url

    def interrupt(self) -> None:
        """Ctrl-C at a terminal: the whole foreground group gets it."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(30)

    def left_behind(self) -> list[str]:
        """The processes of its group that are still alive."""
        seen = subprocess.run(["ps", "-eo", "pgid,stat,args"], capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in seen.splitlines()[1:]]
        return [args for group, stat, args in rows if group == str(self.process.pid) and not stat.startswith("Z")]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.left_behind():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        self.reader.join(30)
