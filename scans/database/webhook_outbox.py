"""A trigger that notes each entry of the activity log for webhooks, in the transaction that writes the entry.

So no event is lost, and none is told of a transaction that was rolled back. While no webhook is on, it costs one look
at a table that is empty or small. It names the table of webhooks: on SQLite, a migration that rebuilds that table has
to `remove` it first; it is installed again after each migration.
"""

from scans.database.append_only import triggers

# ruff: noqa: S608 - our own statements, without input from outside
NAME = "scans_webhook_outbox"
_LOG = "scans_activitylogentry"
_IS_ON = "EXISTS (SELECT 1 FROM scans_webhook WHERE on_since IS NOT NULL)"
_NOTE = "INSERT INTO scans_webhookevent (entry)"
_SQLITE = f"CREATE TRIGGER IF NOT EXISTS {NAME} AFTER INSERT ON {_LOG} WHEN {_IS_ON} BEGIN {_NOTE} VALUES (NEW.id); END"
_POSTGRESQL = (
    f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN IF {_IS_ON} THEN {_NOTE} SELECT id FROM added; END IF; RETURN NULL; END $$",
    f"CREATE OR REPLACE TRIGGER {NAME} AFTER INSERT ON {_LOG} REFERENCING NEW TABLE AS added FOR EACH STATEMENT "
    f"EXECUTE FUNCTION {NAME}()",
)


def install(connection) -> None:
    """Create the trigger if it is missing."""
    with connection.cursor() as cursor:
        for statement in [_SQLITE] if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


def missing(connection) -> list[str]:
    """Return the trigger if it is not there, or is switched off."""
    return [name for name in (NAME,) if name not in triggers(connection)]


def remove(connection) -> None:
    """Drop the trigger."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER IF EXISTS {NAME}{'' if sqlite else f' ON {_LOG}'}")
        if not sqlite:
            cursor.execute(f"DROP FUNCTION IF EXISTS {NAME}()")
