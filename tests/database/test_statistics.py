"""The statistics by which SQLite plans."""

import pytest
from django.db import connection

from scans.database import statistics
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its statistics by itself")
def test_sqlite_counts_what_there_is():
    make.scheduled()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE scans_urlscan")
        cursor.execute("DELETE FROM sqlite_stat1")
        statistics.refresh()
        cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1 WHERE tbl = 'scans_analysis'")
        assert cursor.fetchall() == [("scans_analysis",)]
