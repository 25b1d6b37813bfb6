"""How fast, against the same application wired by hand: `python -m benchmarks`, run by hand, never as a test.

Each line alternates the two in processes of their own (A B A B ...), so a machine that slows down slows both; the ratio
is the median of the pairs.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable

ROUNDS = 5
START = "from benchmarks.{} import create_app; create_app('sqlite:///:memory:')"
BARE = "from flask import Flask; Flask('bare')"
WITHOUT = """
import sys
from demijohn import Settings, create_app

create_app("benchmarks", Settings(environment="testing", features=dict.fromkeys({off}, False)))
print(len(sys.modules))
"""


def cpu_of(program: str) -> float:
    """CPU seconds of a whole Python process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True, env=clean_environment(), stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def worker(which: str, what: str, rows: int) -> float:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", which, what, str(rows)],
        check=True,
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    return float(json.loads(run.stdout.splitlines()[-1])["seconds"])


def clean_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("FLASK_")}


def compare(name: str, one: Callable[[], float], other: Callable[[], float]) -> None:
    """Print one line of the table: medians in milliseconds, and the median ratio of the pairs."""
    one(), other()
    pairs = [(one(), other()) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) * 1_000 for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"| {name} | {ours:.2f} | {theirs:.2f} | {ratio:.2f} |", flush=True)


def off_costs_nothing() -> None:
    """Print what a start costs with one battery off, and with all of them."""
    from demijohn.catalogue import BUNDLED

    print("\n| off | modules loaded | start, CPU, ms |\n| --- | --- | --- |")
    for off in ([], *([name] for name in BUNDLED), list(BUNDLED)):
        program = WITHOUT.format(off=off)
        modules = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=clean_environment()
        ).stdout.strip()
        spent = statistics.median(cpu_of(program) for _ in range(ROUNDS)) * 1_000
        name = "everything" if len(off) > 1 else ", ".join(off) or "nothing"
        print(f"| {name} | {modules} | {spent:.0f} |", flush=True)


def main() -> None:
    print("| work | demijohn, ms | wired by hand, ms | ratio |\n| --- | --- | --- | --- |")
    compare("start, CPU", lambda: cpu_of(START.format("ours")), lambda: cpu_of(START.format("wired")))
    compare("start against bare Flask, CPU", lambda: cpu_of(START.format("ours")), lambda: cpu_of(BARE))
    for name, what, rows in (
        ("hello, signed in", "hello", 10),
        ("sign-in", "sign-in", 10),
        ("admin list, 1,000 rows", "list", 1_000),
        ("admin list, 100,000 rows", "list", 100_000),
    ):
        compare(
            name,
            lambda what=what, rows=rows: worker("ours", what, rows),  # type: ignore[misc]
            lambda what=what, rows=rows: worker("wired", what, rows),  # type: ignore[misc]
        )
    off_costs_nothing()


if __name__ == "__main__":
    main()
