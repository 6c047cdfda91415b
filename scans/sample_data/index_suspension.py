"""Removes secondary indexes and foreign keys while very many rows are inserted, and restores them at the end.

The database's own catalogue lists them. Building an index over a whole table is many times cheaper than updating it
for each row, and restoring a foreign key checks it. Triggers stay, since they maintain counts and texts. Everything
happens in one transaction, so that a killed process leaves the database unchanged.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# Unique constraints first, since foreign keys need them.
_POSTGRESQL_CONSTRAINTS = """
    SELECT conrelid::regclass, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype IN ('u', 'f') AND conrelid::regclass::text = ANY(%s) ORDER BY contype = 'f', oid"""
_POSTGRESQL_INDEXES = """
    SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid::regclass::text = ANY(%s)
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    ORDER BY indexrelid"""
_SQLITE_INDEXES = """
    SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = %s ORDER BY rowid"""

# Indexes in the order of insertion: SQLite adds to them faster than it sorts a whole table.
_WRITTEN_IN_ORDER = {"scans_activitylogentry", "scans_finding"}


@contextmanager
def set_aside(cursor, tables: list[str], tell: Callable[[str], None] = lambda what: None) -> Iterator[None]:
    """Run one transaction in which these tables have only rows and primary keys; at its end everything is restored.

    Calls `tell` with each statement that restores something. Raises the database's IntegrityError, and keeps
    nothing, if the new rows violate a constraint.
    """
    with connection.constraint_checks_disabled(), transaction.atomic():
        take_away = _from_postgresql if connection.vendor == "postgresql" else _from_sqlite
        remade = take_away(cursor, tables)
        yield
        for statement in remade:
            tell(statement)
            cursor.execute(statement)
        if connection.vendor == "sqlite":
            connection.check_constraints(tables)


def _from_postgresql(cursor, tables: list[str]) -> list[str]:
    """Remove them all, and return the statements that restore them."""
    cursor.execute(_POSTGRESQL_CONSTRAINTS, [tables])
    constraints = cursor.fetchall()
    cursor.execute(_POSTGRESQL_INDEXES, [tables])
    indexes = cursor.fetchall()
    for table, name, _ in reversed(constraints):
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    cursor.execute("SET LOCAL work_mem = '128MB'")
    return [
        *[definition for _, definition in indexes],
        *[f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in constraints],
    ]


def _from_sqlite(cursor, tables: list[str]) -> list[str]:
    """Do the same, except for unique constraints, which are part of SQLite's tables, and for indexes that only grow
    at their end."""
    found = []
    for table in tables:
        if table in _WRITTEN_IN_ORDER:
            continue
        cursor.execute(_SQLITE_INDEXES, [table])
        found += cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    return [definition for _, definition in found]
