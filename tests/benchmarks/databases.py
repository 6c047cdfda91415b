"""The databases that are measured: made-up loads of a size, built once and used again while the schema is the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("BENCH_DIR", ROOT / "var" / "bench")).absolute()
SERVER = next((url for name in ("BENCH_POSTGRES", "DATABASE_URL") if (url := os.environ.get(name, ""))), "")
IF_SQLITE_ONLY = "no DATABASE_URL or BENCH_POSTGRES points to a PostgreSQL server, so only SQLite was measured"
PREFIX = "bench"


@dataclass(frozen=True)
class Database:
    """A database with so many analyses, ready to be measured; `seconds` says how long it took to build."""

    kind: str  # "SQLite" or "PostgreSQL"
    analyses: int
    url: str
    seconds: float | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs that is to work on it."""
        return {
            **os.environ,
            "DATABASE_URL": self.url,
            "SCANS_VAR_DIR": str(FOLDER / "var"),
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
            "SCANS_LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
        }

    def manage(self, *arguments: str, quiet: bool = False) -> None:
        """Run one of the product's own commands on it; raises CalledProcessError."""
        output = subprocess.DEVNULL if quiet else sys.stderr
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=output)


def kinds() -> list[str]:
    """The kinds of database that can be measured here."""
    return ["SQLite", "PostgreSQL"] if SERVER.startswith("postgres") else ["SQLite"]


def with_load(kind: str, analyses: int, *, anew: bool = False) -> Database:
    """A database with so many analyses: the one of an earlier run, or a new one, which takes minutes for a million."""
    shelf = {"SQLite": _Files, "PostgreSQL": _Server}[kind]()
    name = f"{PREFIX}_{analyses}_{_schema()}"
    if not anew and shelf.has(name):
        return Database(kind, analyses, shelf.url(name))
    shelf.remove_all(re.compile(rf"{PREFIX}_{analyses}_\w+"))
    shelf.create(f"{name}_unfinished")
    database = Database(kind, analyses, shelf.url(f"{name}_unfinished"))
    print(f"Building {analyses:,} analyses on {kind} …", file=sys.stderr, flush=True)
    began = monotonic()
    database.manage("migrate", "--verbosity=0")
    database.manage("sample_data", f"--analyses={analyses}")
    seconds = monotonic() - began
    shelf.finish(f"{name}_unfinished", name)
    return Database(kind, analyses, shelf.url(name), seconds)


def _schema() -> str:
    """Differs where migrations or the sample data are others: then an old load is none any more."""
    files = sorted([*ROOT.glob("scans/migrations/*.py"), *ROOT.glob("scans/sample_data/*.py")])
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]


class _Files:
    """SQLite: a file for each."""

    def _path(self, name: str) -> Path:
        return FOLDER / f"{name}.sqlite3"

    def url(self, name: str) -> str:
        return f"sqlite:///{self._path(name)}"

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def create(self, name: str) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)

    def finish(self, name: str, final: str) -> None:
        shutil.move(self._path(name), self._path(final))

    def remove_all(self, pattern: re.Pattern) -> None:
        for path in FOLDER.glob(f"{PREFIX}_*.sqlite3*"):
            if pattern.fullmatch(path.name.partition(".")[0]):
                path.unlink()


class _Server:
    """PostgreSQL: a database for each, on the server that the environment names."""

    def _execute(self, statement: str, *values) -> list[tuple]:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def url(self, name: str) -> str:
        return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))

    def has(self, name: str) -> bool:
        return bool(self._execute("SELECT 1 FROM pg_database WHERE datname = %s", name))

    def create(self, name: str) -> None:
        self._execute(f"CREATE DATABASE {name}")

    def finish(self, name: str, final: str) -> None:
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")  # what autovacuum would do while we measure
        self._execute(f"ALTER DATABASE {name} RENAME TO {final}")

    def remove_all(self, pattern: re.Pattern) -> None:
        for (name,) in self._execute("SELECT datname FROM pg_database"):
            if pattern.fullmatch(name):
                self._execute(f"DROP DATABASE {name} WITH (FORCE)")
