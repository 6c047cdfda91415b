"""Database triggers that keep the number of analyses per status exact, whoever writes (see models.StatusCount)."""

from scans.database.append_only import triggers

# ruff: noqa: S608 - our own statements, without input from outside
_COUNTED = "INSERT INTO scans_statuscount (status, count)"
_SQLITE = {
    "inserted": f"""
        AFTER INSERT ON scans_analysis WHEN NEW.deleted_at IS NULL
        BEGIN {_COUNTED} VALUES (NEW.status, 1); END""",
    "deleted": f"""
        AFTER DELETE ON scans_analysis WHEN OLD.deleted_at IS NULL
        BEGIN {_COUNTED} VALUES (OLD.status, -1); END""",
    "changed": f"""
        AFTER UPDATE OF status, deleted_at ON scans_analysis
        WHEN OLD.status <> NEW.status OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)
        BEGIN
            {_COUNTED} SELECT OLD.status, -1 WHERE OLD.deleted_at IS NULL;
            {_COUNTED} SELECT NEW.status, 1 WHERE NEW.deleted_at IS NULL;
        END""",
}
# INSERT and DELETE of many rows are counted once per statement. UPDATE is counted per row: verbs change one row.
_POSTGRESQL = {
    "inserted": (
        "AFTER INSERT ON scans_analysis REFERENCING NEW TABLE AS touched FOR EACH STATEMENT",
        f"{_COUNTED} SELECT status, count(*) FROM touched WHERE deleted_at IS NULL GROUP BY status;",
    ),
    "deleted": (
        "AFTER DELETE ON scans_analysis REFERENCING OLD TABLE AS touched FOR EACH STATEMENT",
        f"{_COUNTED} SELECT status, -count(*) FROM touched WHERE deleted_at IS NULL GROUP BY status;",
    ),
    "changed": (
        """AFTER UPDATE OF status, deleted_at ON scans_analysis FOR EACH ROW WHEN (
            OLD.status <> NEW.status OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))""",
        f"""{_COUNTED} SELECT OLD.status, -1 WHERE OLD.deleted_at IS NULL;
            {_COUNTED} SELECT NEW.status, 1 WHERE NEW.deleted_at IS NULL;""",
    ),
    "truncated": ("AFTER TRUNCATE ON scans_analysis FOR EACH STATEMENT", "DELETE FROM scans_statuscount;"),
}


def install(connection) -> None:
    """Create the triggers that are missing."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, trigger in _SQLITE.items():
                cursor.execute(f"CREATE TRIGGER IF NOT EXISTS scans_count_{name} {trigger}")
            return
        for name, (event, body) in _POSTGRESQL.items():
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION scans_count_{name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {body} RETURN NULL; END $$"
            )
            cursor.execute(
                f"CREATE OR REPLACE TRIGGER scans_count_{name} {event} EXECUTE FUNCTION scans_count_{name}()"
            )


def missing(connection) -> list[str]:
    """Return the triggers that are not there, or are switched off."""
    names = [f"scans_count_{name}" for name in (_SQLITE if connection.vendor == "sqlite" else _POSTGRESQL)]
    return [name for name in names if name not in triggers(connection)]


def remove(connection) -> None:
    """Drop the triggers."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        for name in _SQLITE if sqlite else _POSTGRESQL:
            cursor.execute(f"DROP TRIGGER IF EXISTS scans_count_{name}{'' if sqlite else ' ON scans_analysis'}")
            if not sqlite:
                cursor.execute(f"DROP FUNCTION IF EXISTS scans_count_{name}()")
