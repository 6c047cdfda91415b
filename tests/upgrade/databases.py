"""Databases as text: written from one that was filled by an earlier version, and loaded into a fresh one."""
# ruff: noqa: S608 - the names are those of the database itself

from __future__ import annotations

import lzma
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg

_ONLY_FOR_PSQL = re.compile(r"^\\.*$", re.MULTILINE)  # commands of the program psql, which a server does not know


def write(database_url: str, path: Path) -> None:
    """Write the whole database as compressed SQL; the same database gives the same bytes."""
    text = _text_of_sqlite(database_url) if database_url.startswith("sqlite") else _text_of_postgresql(database_url)
    path.write_bytes(lzma.compress(text.encode(), preset=9))


def load(path: Path, database_url: str) -> None:
    """Fill an empty database with what `write` wrote."""
    text = lzma.decompress(path.read_bytes()).decode()
    if database_url.startswith("sqlite"):
        with sqlite3.connect(_file(database_url)) as connection:
            connection.executescript(text)
        connection.close()
        return
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(text)


def _file(database_url: str) -> str:
    return database_url.removeprefix("sqlite:///")


def _text_of_sqlite(database_url: str) -> str:
    connection = sqlite3.connect(_file(database_url))
    text = "\n".join(f"{statement};" for statement in _statements(connection))
    connection.close()
    return text


def _statements(connection: sqlite3.Connection) -> Iterator[str]:
    """Tables with their rows, then indexes of texts, made again from the rows, then what acts on changes."""
    schema = connection.execute(
        "SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    ).fetchall()
    virtual = [name for name, _, sql in schema if sql.startswith("CREATE VIRTUAL TABLE")]
    made_by_them = tuple(f"{name}_" for name in virtual)
    yield "BEGIN"
    for name, kind, sql in schema:
        if kind == "table" and name not in virtual and not name.startswith(("sqlite_", *made_by_them)):
            yield sql
            yield from _rows(connection, name)
    for name, _, sql in schema:
        if name in virtual:
            yield sql
            if "USING fts5(" in sql:
                yield f"INSERT INTO {name} ({name}) VALUES ('rebuild')"
    yield from (sql for name, kind, sql in schema if kind != "table")
    yield "DELETE FROM sqlite_sequence"
    yield from _rows(connection, "sqlite_sequence")
    yield "COMMIT"


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    columns = [column[1] for column in connection.execute(f'PRAGMA table_info("{table}")')]
    values = "||','||".join(f'quote("{column}")' for column in columns)
    for (row,) in connection.execute(f'SELECT {values} FROM "{table}" ORDER BY rowid'):
        yield f'INSERT INTO "{table}" VALUES ({row})'


def _text_of_postgresql(database_url: str) -> str:
    command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", f"--dbname={database_url}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return _ONLY_FOR_PSQL.sub("", text)
