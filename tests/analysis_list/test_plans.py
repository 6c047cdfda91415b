"""No query of the list reads a whole table: the databases' own plans say so, for every order and every filter."""

import json
import re
from itertools import product

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from scans.analysis_list import search
from scans.analysis_list.filterset import AnalysisFilterSet
from scans.analysis_list.ordering import COLUMNS
from scans.models import Analysis
from scans.sample_data import loading
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.together("many analyses")]
ROWS = 1500
LEAST_ROWS = {"scans_analysis": ROWS, "scans_analysissearch": ROWS, "scans_urlscan": 2.2 * ROWS}
LARGE = set(LEAST_ROWS)
TABLES = set(connection.introspection.django_table_names())
# Walked in their order, or holding few rows: to go along these is no reading of a whole table.
ORDERED_OR_SMALL = {"analysis_list_changed", "url_scan_slot"}
ORDERS = [sign + column for column in COLUMNS for sign in ("", "-")]
STATUSES = [[], ["completed_results_available"], ["in_progress", "stopped", "completed_results_available"]]
WORDS = ["shop", "zürich", "port", "17", "4711", "zzzz", "ß", "%", "e", "zq"]


@pytest.fixture(scope="module")
def many(written_once):
    """Many analyses, and what the database knows of them."""
    loading.create(ROWS, seed=1, now=timezone.now())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("SET LOCAL jit = off")  # a plan that avoids something looks dear, and would be compiled
            # So few rows are read whole by right: have it, or a join that does it, only where nothing else goes.
            for way in ("seqscan", "mergejoin", "hashjoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")


@pytest.fixture
def person(many, monkeypatch):
    """A submitter, before many analyses, with what is few and frequent in proportion."""
    for name, value in {"SAMPLE": 100, "FREQUENT": 5, "RUNS": 10}.items():
        monkeypatch.setattr(search, name, value)
    monkeypatch.setattr("scans.analysis_list.search.COUNT_LIMIT", 60)
    return factories.user("Submitter")


def whole_tables_read(sql: str, params) -> list[str]:
    """What the plan of a query says about large tables that are read from end to end."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            return [step for *_, step in cursor.fetchall() if _reads_a_table_of_sqlite(step, sql)]
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        (plan,) = cursor.fetchone()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return [str(node) for node in _nodes(plan[0]["Plan"]) if _reads_a_table_of_postgresql(node)]


def _reads_a_table_of_sqlite(step: str, sql: str) -> bool:
    if "started_at=?" in step:
        return True  # everything that never started, of which there may be much, to be sorted afterwards
    match = re.match(r"SCAN (\S+)(?: VIRTUAL TABLE INDEX (\S+))?(?: USING (?:COVERING )?INDEX (\S+))?", step)
    if not match:
        return False
    table, virtual, index = match.groups()
    tables = set(re.findall(rf'"?(\w+)"?\s+"?{re.escape(table)}"?\b', sql)) & TABLES or {table}
    return virtual == "0:" or (not virtual and tables <= LARGE and index not in ORDERED_OR_SMALL)


def _nodes(plan: dict):
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _reads_a_table_of_postgresql(node: dict) -> bool:
    """Whether it is a sequential scan, or an index scan that went through most of the rows all the same."""
    table = node.get("Relation Name")
    if table not in LARGE:
        return False
    rows = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return node["Node Type"] == "Seq Scan" or rows > 0.8 * LEAST_ROWS[table]


def assert_reads_no_table(get) -> None:
    """Ask for the plan of each query that is made meanwhile."""
    asked = []

    def note(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        get()
    selects = [(sql, params) for sql, params in asked if sql.startswith("SELECT")]
    read = [found for sql, params in selects for found in whole_tables_read(sql, params)]
    assert selects and not read, read


def listed(user, **query) -> AnalysisFilterSet:
    """The list with this query string: its rows, and all that is counted."""
    request = RequestFactory().get("/analyses/", query)
    request.user = user
    filterset = AnalysisFilterSet(request.GET, Analysis.objects.present(), request=request)
    assert filterset.notices() == []
    assert filterset.slice.rows or filterset.words
    assert filterset.total >= filterset.shown
    return filterset


def test_every_order_of_every_filter_by_status(person):
    for order, statuses in product(ORDERS, STATUSES):
        assert_reads_no_table(lambda order=order, statuses=statuses: listed(person, order=order, status=statuses))


def test_pages_deep_in_the_list(person):
    for order in ORDERS:
        last = listed(person, order=order, page="last")
        position = last.keyset.position(last.slice.rows[0], forward=False)
        for page in ("last", "3", str(position)):
            assert_reads_no_table(lambda order=order, page=page: listed(person, order=order, page=page))


def test_find_with_many_hits_few_and_none(person):
    for words, query in product(WORDS, ({}, {"order": "-findings", "status": "completed_results_available"})):
        assert_reads_no_table(lambda words=words, query=query: listed(person, q=words, **query))


def test_pages_and_polls(person):
    browser = Client()
    browser.force_login(person)
    headers = {"HX-Request": "true"}
    for query in ({}, {"order": "-duration"}, {"q": "4711"}):
        assert_reads_no_table(lambda query=query: browser.get("/analyses/", query))
        assert_reads_no_table(lambda query=query: browser.get("/analyses/", {**query, "v": "1"}, headers=headers))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM scans_analysis ORDER BY depth LIMIT 5",
        "SELECT url FROM scans_urlscan U0 WHERE U0.url LIKE '%%x%%'",
        "SELECT count(*) FROM scans_analysissearch",
    ],
)
def test_a_table_that_is_read_whole_is_noticed(person, sql):
    assert whole_tables_read(sql, None if "%" not in sql else [])
