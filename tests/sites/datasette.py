"""Datasette, a browser for SQLite databases, showing a small database made on the spot."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.sites.serving import free_port, serving

BIRDS = [("Barn owl", "Tyto alba"), ("Snowy owl", "Bubo scandiacus"), ("Little owl", "Athene noctua")]


@contextmanager
def datasette() -> Iterator[str]:
    """Yield the base URL of a Datasette with one table, `bird`."""
    with TemporaryDirectory() as folder:
        database = Path(folder) / "birds.db"
        with sqlite3.connect(database) as connection:
            connection.execute("CREATE TABLE bird (id INTEGER PRIMARY KEY, name TEXT, latin TEXT)")
            connection.executemany("INSERT INTO bird (name, latin) VALUES (?, ?)", BIRDS)
        connection.close()
        port = free_port()
        command = [sys.executable, "-m", "datasette", "serve", str(database), "--host", "127.0.0.1"]
        with serving([*command, "--port", str(port)], f"http://127.0.0.1:{port}/", cwd=Path(folder)) as url:
            yield url
