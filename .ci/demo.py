"""Runs `make demo` as a newcomer would: waits for the address, asks for the sign-in page, presses Ctrl-C."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

lines: list[str] = []
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with Ctrl-C ignored


def read(output) -> None:  # type: ignore[no-untyped-def]  # a pipe
    for line in output:
        sys.stdout.write(line)
        lines.append(line)


make = subprocess.Popen(
    ["make", "--no-print-directory", "demo"],
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
    start_new_session=True,
    env={**os.environ, "PYTHONUNBUFFERED": "1"},
)
reader = threading.Thread(target=read, args=(make.stdout,), daemon=True)
reader.start()
end = time.monotonic() + 300
page = ""
url = None
while "Sign in" not in page:
    if make.poll() is not None or time.monotonic() > end:
        sys.exit("make demo did not serve")
    time.sleep(0.5)
    if match := re.search(r"serving on (\S+)/", "".join(lines)):
        url = match[1]
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/auth/login") as answer:
            page = answer.read().decode()
os.killpg(make.pid, signal.SIGINT)
make.wait(30)
alive = subprocess.run(["ps", "-eo", "pgid,stat"], capture_output=True, text=True, check=True).stdout.split("\n")
left = [row for row in alive if row.split()[:1] == [str(make.pid)] and not row.split()[1].startswith("Z")]
if left:
    sys.exit(f"Ctrl-C left processes behind: {left}")
print(f"served {url}, nothing left behind")
