"""The database's own guard of the activity log: triggers that refuse UPDATE and DELETE."""

_TABLE = "scans_activitylogentry"
_MESSAGE = "The activity log is append-only."

_SQLITE_INSTALL = [
    f"CREATE TRIGGER {_TABLE}_no_{event.lower()} BEFORE {event} ON {_TABLE} "
    f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
    for event in ("UPDATE", "DELETE")
]
_SQLITE_REMOVE = [f"DROP TRIGGER IF EXISTS {_TABLE}_no_{event}" for event in ("update", "delete")]

_POSTGRESQL_INSTALL = [
    f"CREATE FUNCTION {_TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
    f"CREATE TRIGGER {_TABLE}_append_only BEFORE UPDATE OR DELETE ON {_TABLE} "
    f"FOR EACH ROW EXECUTE FUNCTION {_TABLE}_refuse()",
]
_POSTGRESQL_REMOVE = [
    f"DROP TRIGGER IF EXISTS {_TABLE}_append_only ON {_TABLE}",
    f"DROP FUNCTION IF EXISTS {_TABLE}_refuse()",
]


def install(apps, schema_editor) -> None:
    """Create the triggers; takes a migration's arguments."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    _execute(schema_editor.connection, _SQLITE_INSTALL if sqlite else _POSTGRESQL_INSTALL)


def remove(apps, schema_editor) -> None:
    """Drop the triggers; takes a migration's arguments."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    _execute(schema_editor.connection, _SQLITE_REMOVE if sqlite else _POSTGRESQL_REMOVE)


def _execute(connection, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
