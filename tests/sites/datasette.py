"""Datasette, a browser for SQLite databases, showing a small database made on the spot: to all, or to a token."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.sites.serving import free_port, serving

BIRDS = [("Barn owl", "Tyto alba"), ("Snowy owl", "Bubo scandiacus"), ("Little owl", "Athene noctua")]


TOKEN = "bearer-of-all-owls"
# Datasette leaves it to plugins how somebody proves who he is.
PLUGIN = f"""
from datasette import hookimpl

@hookimpl
def actor_from_request(request):
    return {{"id": "owl"}} if request.headers.get("authorization") == "Bearer {TOKEN}" else None
"""


@contextmanager
def datasette(*, private: bool = False) -> Iterator[str]:
    """Yield the base URL of a Datasette with one table, `bird`; a private one answers 403 without `TOKEN`."""
    with TemporaryDirectory() as folder:
        database = Path(folder) / "birds.db"
        with sqlite3.connect(database) as connection:
            connection.execute("CREATE TABLE bird (id INTEGER PRIMARY KEY, name TEXT, latin TEXT)")
            connection.executemany("INSERT INTO bird (name, latin) VALUES (?, ?)", BIRDS)
        connection.close()
        port = free_port()
        command = [sys.executable, "-m", "datasette", "serve", str(database), "--host", "127.0.0.1"]
        if private:
            (Path(folder) / "tokens.py").write_text(PLUGIN)
            (Path(folder) / "metadata.json").write_text('{"allow": {"id": "owl"}}')
            command += ["--plugins-dir", folder, "--metadata", str(Path(folder) / "metadata.json")]
        with serving([*command, "--port", str(port)], f"http://127.0.0.1:{port}/", cwd=Path(folder)) as url:
            yield url
