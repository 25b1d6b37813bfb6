"""The dashboard beside Flask wired by hand and Django: `python -m benchmarks.admin --rows 1000 100000 1000000`.

For every database and number of rows three processes stand ready with the same data, and each work goes round them
(A B C A B C …), so that a machine that slows down slows all. Django lives in `.venv-django`, made on first use. A
PostgreSQL server is asked for new databases at `BENCH_POSTGRES_URL`; without it only SQLite runs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.__main__ import clean_environment

ROUNDS = 3
HERE = Path(__file__).parents[1]
DJANGO = HERE / ".venv-django"
CONTESTANTS = ("ours", "wired", "django")
WORKS = ("list, first page", "list, last page", "search", "filter", "form GET", "form POST", "CSV")
MANY = """
import sys, time, types
from sqlalchemy.orm import Mapped
from demijohn import Model, Settings, create_app

many = sys.modules["many"] = types.ModuleType("many")
kinds = {{"name": Mapped[str], "code": Mapped[str], "count": Mapped[int], "note": Mapped[str | None]}}
for number in range({models}):
    members = {{"__module__": "many", "__annotations__": kinds}}
    setattr(many, f"Thing{{number}}", type(f"Thing{{number}}", (Model,), members))
settings = Settings(
    environment="production", secret_key="a-key-for-benchmarks-0123456789-abcdefgh",
    public_url="https://shop.example.com", database={{"url": "sqlite://"}},
)
began = time.process_time()
create_app("many", settings)
print(time.process_time() - began)
"""


class Contestant:
    """A process that stands ready with its data and does the works it is told."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment(), cwd=HERE
        )
        self.answer()

    def answer(self) -> dict[str, float]:
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("{"):
                found: dict[str, float] = json.loads(line)
                return found
        raise SystemExit(f"{self.name} ended with status {self.process.wait()}")

    def do(self, work: str) -> dict[str, float]:
        assert self.process.stdin
        self.process.stdin.write(f"{work}\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def django_python() -> str:
    """The interpreter of Django's environment, made if it is not there."""
    if not DJANGO.exists():
        subprocess.run([sys.executable, "-m", "venv", str(DJANGO)], check=True)
        subprocess.run(
            [DJANGO / "bin/python", "-m", "pip", "install", "-q", "django~=5.2", "psycopg[binary]"], check=True
        )
    return str(DJANGO / "bin/python")


def command_of(name: str) -> list[str]:
    if name == "django":
        return [django_python(), "-m", "benchmarks.djangoside"]
    return [sys.executable, "-m", "benchmarks.flaskside", name]


@contextmanager
def new_database(kind: str, name: str) -> Iterator[str]:
    """The URL of an empty database that is gone afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    import psycopg

    server = os.environ["BENCH_POSTGRES_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "bench_{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "bench_{name}"')
        yield server.rpartition("/")[0] + f"/bench_{name}"
        connection.execute(f'DROP DATABASE "bench_{name}" WITH (FORCE)')


def contest(kind: str, rows: int, *, names: list[str], works: list[str]) -> None:
    """One table: these works at this many rows in this kind of database."""
    with ExitStack() as stack:
        contestants = []
        for name in names:
            url = stack.enter_context(new_database(kind, name))
            url = url.replace("postgresql://", "postgresql+psycopg://") if name == "wired" else url
            contestants.append(Contestant(name, [*command_of(name), url, str(rows)]))
            stack.callback(contestants[-1].end)
        print(
            f"\n| {kind}, {rows:,} rows | "
            + " | ".join(f"{c.name}, ms" for c in contestants)
            + f" | {' / '.join(names[:2])} |"
        )
        print("| --- |" + " --- |" * (len(contestants) + 1))
        for work in works:
            print_line(work, contestants)


def print_line(work: str, contestants: list[Contestant]) -> None:
    for contestant in contestants:
        contestant.do(work)
    rounds = [[contestant.do(work) for contestant in contestants] for _ in range(ROUNDS)]
    for part in rounds[0][0]:
        medians = [statistics.median(one[at][part] for one in rounds) for at in range(len(contestants))]
        shown = [f"{value:.1f}" if part == "MB" else f"{value * 1_000:.1f}" for value in medians]
        ratio = f"{medians[0] / medians[1]:.3f}" if medians[1:] and medians[1] else ""
        name = work if part == "seconds" else f"{work}, {part}"
        print(f"| {name} | " + " | ".join(shown) + f" | {ratio} |", flush=True)


def start_per_model() -> None:
    """What a model costs in `create_app`, CPU, without what that costs with none; its class is made before."""
    print("\n| models | create_app, CPU, ms | per model, ms |\n| --- | --- | --- |")
    none = statistics.median(create_app_with(0) for _ in range(ROUNDS))
    for models in (10, 50, 150):
        spent = statistics.median(create_app_with(models) for _ in range(ROUNDS))
        print(f"| {models} | {spent * 1_000:.0f} | {(spent - none) / models * 1_000:.2f} |", flush=True)


def create_app_with(models: int) -> float:
    command = [sys.executable, "-c", MANY.format(models=models)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=clean_environment()).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--contestants", nargs="+", default=list(CONTESTANTS), choices=CONTESTANTS, metavar="NAME")
    parser.add_argument("--works", nargs="+", default=list(WORKS), choices=WORKS, metavar="WORK")
    given = parser.parse_args()
    for kind in given.databases:
        if kind == "postgresql" and "BENCH_POSTGRES_URL" not in os.environ:
            print("\nBENCH_POSTGRES_URL is not set: no PostgreSQL.")
            continue
        for rows in given.rows:
            contest(kind, rows, names=given.contestants, works=given.works)
    start_per_model()


if __name__ == "__main__":
    main()
