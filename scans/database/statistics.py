"""The statistics by which a database plans its queries."""

from django.db import connection

ROWS_TO_SAMPLE = 400  # of an index, so that a large one takes no longer


def refresh() -> None:
    """Let SQLite refresh its statistics if that is due. PostgreSQL does so by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA analysis_limit = {ROWS_TO_SAMPLE}")
            cursor.execute("PRAGMA optimize")
