"""Database triggers that keep both logs append-only. They refuse UPDATE, and DELETE unless the log has expired.

`install` creates the triggers as the first migration did: they refuse every DELETE. `let_expired_go` adds the
exception; `install_whole` does both. One trigger names the table of analyses: on SQLite, a migration that rebuilds that
table has to `remove` the triggers first and create them again afterwards. `install_security` and
`remove_security` do the same for the security log.
"""

_TABLE = "scans_activitylogentry"
_MESSAGE = "The activity log is append-only."
# An entry may be deleted if it is older than the moment up to which the log of its analysis has expired.
_EXPIRED = "EXISTS (SELECT 1 FROM scans_analysis WHERE id = OLD.analysis_id AND OLD.at < log_expired_at)"

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

_SQLITE_LET_GO = [
    f"DROP TRIGGER {_TABLE}_no_delete",
    f"CREATE TRIGGER {_TABLE}_no_delete BEFORE DELETE ON {_TABLE} WHEN NOT {_EXPIRED} "
    f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END",
]
_POSTGRESQL_LET_GO = [
    f"CREATE OR REPLACE FUNCTION {_TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF TG_OP = 'DELETE' THEN IF {_EXPIRED} THEN RETURN OLD; END IF; END IF; "
    f"RAISE EXCEPTION '{_MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
]

_SECURITY = "scans_securityevent"
_SECURITY_MESSAGE = "The security log is append-only."
# An event may be deleted once another one says so: `log.expired`, whose subject is the last event that may go.
_SECURITY_EXPIRED = (
    f"EXISTS (SELECT 1 FROM {_SECURITY} mark WHERE mark.event = 'log.expired' "  # noqa: S608 - no value from outside
    "AND CASE mark.event WHEN 'log.expired' THEN CAST(mark.subject_id AS BIGINT) >= OLD.id END)"
)

_SQLITE_SECURITY = [
    f"CREATE TRIGGER {_SECURITY}_no_update BEFORE UPDATE ON {_SECURITY} "
    f"BEGIN SELECT RAISE(ABORT, '{_SECURITY_MESSAGE}'); END",
    f"CREATE TRIGGER {_SECURITY}_no_delete BEFORE DELETE ON {_SECURITY} WHEN NOT {_SECURITY_EXPIRED} "
    f"BEGIN SELECT RAISE(ABORT, '{_SECURITY_MESSAGE}'); END",
]
_SQLITE_NO_SECURITY = [f"DROP TRIGGER IF EXISTS {_SECURITY}_no_{event}" for event in ("update", "delete")]
_POSTGRESQL_SECURITY = [
    f"CREATE FUNCTION {_SECURITY}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF TG_OP = 'DELETE' THEN IF {_SECURITY_EXPIRED} THEN RETURN OLD; END IF; END IF; "
    f"RAISE EXCEPTION '{_SECURITY_MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
    f"CREATE TRIGGER {_SECURITY}_append_only BEFORE UPDATE OR DELETE ON {_SECURITY} "
    f"FOR EACH ROW EXECUTE FUNCTION {_SECURITY}_refuse()",
]
_POSTGRESQL_NO_SECURITY = [
    f"DROP TRIGGER IF EXISTS {_SECURITY}_append_only ON {_SECURITY}",
    f"DROP FUNCTION IF EXISTS {_SECURITY}_refuse()",
]


def install_security(apps, schema_editor) -> None:
    """Create the triggers of the security log."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    _execute(schema_editor.connection, _SQLITE_SECURITY if sqlite else _POSTGRESQL_SECURITY)


def remove_security(apps, schema_editor) -> None:
    """Drop the triggers of the security log."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    _execute(schema_editor.connection, _SQLITE_NO_SECURITY if sqlite else _POSTGRESQL_NO_SECURITY)


def install(apps, schema_editor) -> None:
    """Create the triggers. The arguments are those of `RunPython`, as in all functions here."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    _execute(schema_editor.connection, _SQLITE_INSTALL if sqlite else _POSTGRESQL_INSTALL)


def let_expired_go(apps, schema_editor) -> None:
    """Replace the triggers, so that entries of an expired log can be deleted."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    _execute(schema_editor.connection, _SQLITE_LET_GO if sqlite else _POSTGRESQL_LET_GO)


def install_whole(apps, schema_editor) -> None:
    """Create the triggers as they are now."""
    install(apps, schema_editor)
    let_expired_go(apps, schema_editor)


def let_nothing_go(apps, schema_editor) -> None:
    """Undo `let_expired_go`: the triggers refuse every DELETE again."""
    remove(apps, schema_editor)
    install(apps, schema_editor)


def remove(apps, schema_editor) -> None:
    """Drop the triggers."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    _execute(schema_editor.connection, _SQLITE_REMOVE if sqlite else _POSTGRESQL_REMOVE)


_SQLITE_TRIGGERS = [f"{table}_no_{event}" for table in (_TABLE, _SECURITY) for event in ("update", "delete")]
_POSTGRESQL_TRIGGERS = [f"{table}_append_only" for table in (_TABLE, _SECURITY)]


def missing(connection) -> list[str]:
    """Return the triggers of both logs that are not there, or are switched off."""
    names = _SQLITE_TRIGGERS if connection.vendor == "sqlite" else _POSTGRESQL_TRIGGERS
    return [name for name in names if name not in triggers(connection)]


def triggers(connection) -> set[str]:
    """Return the names of all triggers of this database that are switched on."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
        return {name for (name,) in cursor.fetchall()}


def _execute(connection, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
