"""What /metrics asks the database: a few queries, none of which reads more with more analyses."""

from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.system_metrics import SystemCollector
from tests import factories

pytestmark = pytest.mark.django_db
# Tables that grow with the number of analyses.
LARGE = ("scans_analysis", "scans_urlscan", "scans_activitylogentry", "scans_finding")


def queries(collector):
    """The statements of one scrape."""
    with CaptureQueriesContext(connection) as captured:
        list(collector.collect())
    return [query["sql"] for query in captured if query["sql"].startswith("SELECT")]


def plan(sql):
    """How the database carries a statement out, as text."""
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + sql)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.fixture
def asked(monkeypatch):
    """The statements of a scrape that has news to count, as a list of texts."""
    monkeypatch.setattr("dashboard.log_counts.monotonic", count(step=100).__next__)  # all has settled
    collector = SystemCollector()
    list(collector.collect())
    factories.started()
    list(collector.collect())
    return queries(collector)


def test_a_scrape_takes_a_few_queries(asked):
    assert len(asked) <= 10


def test_no_query_reads_a_large_table_as_a_whole(asked):
    assert any("activitylogentry" in sql and "GROUP BY" in sql for sql in asked)
    if connection.vendor == "postgresql":  # which reads small tables as a whole, whatever indexes they have
        connection.cursor().execute("SET LOCAL enable_seqscan = off")
    for sql in asked:
        for table in LARGE:
            read_as_a_whole = f"SCAN {table}", f"Seq Scan on {table} "
            plans = [line for line in plan(sql).splitlines() if line.strip().lstrip("-> ").startswith(read_as_a_whole)]
            assert [line for line in plans if "INDEX" not in line] == [], sql
