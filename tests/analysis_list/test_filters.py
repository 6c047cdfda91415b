"""The further filters of the list: what each finds, how it reads, and what it makes of nonsense."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from scans import transitions
from scans.engines.events import Severity
from scans.models import Actor, ScanSettings
from tests import factories
from tests.analysis_list.test_filterset import filterset

pytestmark = pytest.mark.django_db


def found(query: str, **options) -> set:
    """What the list shows, and what its exports and counts are of: they must agree."""
    chosen = filterset(query, **options)
    listed = {row.pk for row in chosen.slice.rows}
    assert listed == set(chosen.qs.values_list("pk", flat=True))
    assert chosen.shown == len(listed)
    return listed


def test_by_owner():
    ada, bob = factories.user(username="ada"), factories.user(username="bob")
    of_ada, _ = factories.submitted(by=ada), factories.submitted(by=bob)
    assert found("owner=ada") == {of_ada.pk}


def test_mine_are_those_of_who_asks():
    chosen = filterset("owner=me", role="Submitter")
    mine, _ = factories.submitted(by=chosen.request.user), factories.submitted()
    assert {row.pk for row in chosen.slice.rows} == {mine.pk}


@pytest.mark.parametrize(
    ("severity", "finds"),
    [("critical", {"critical"}), ("high", {"critical", "high"}), ("low", {"critical", "high", "low"})],
)
def test_by_severity_at_or_above(severity, finds):
    made = {}
    for name in ("critical", "high", "low"):
        analysis = factories.running()
        factories.find(analysis.url_scans.get(), 2, severity=Severity(name))
        made[analysis.pk] = name
    factories.published(number_of_findings=0)
    assert {made[pk] for pk in found(f"severity={severity}", role="Reviewer")} == finds


def test_severity_gives_nothing_away_that_is_under_verification():
    hidden = factories.ended(publication="reviewer")
    shown = factories.published()
    assert found("severity=high") == {shown.pk}
    assert found("severity=high", role="Reviewer") == {hidden.pk, shown.pk}


def test_started_between_days_of_the_persons_zone(clock):
    clock.move_to(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))  # in Berlin, the second of July has begun
    analysis = factories.running()
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert found("started_from=2026-07-02&started_to=2026-07-02") == {analysis.pk}
        assert found("started_to=2026-07-01") == set()
    assert found("started_from=2026-07-02") == set()
    assert found("started_to=2026-07-01") == {analysis.pk}


def test_today_is_another_day_tomorrow(clock):
    clock.move_to(datetime(2026, 7, 1, 12, tzinfo=UTC))
    finished = factories.published()
    factories.running()
    assert found("ended_from=today") == {finished.pk}
    clock.shift(timedelta(days=1))
    assert found("ended_from=today") == set()
    assert found("ended_from=2026-07-01") == {finished.pk}


def test_by_engine_and_version():
    scanned, _ = factories.running(), factories.scheduled()
    assert found("engine=Fake") == found("engine=Fake+1") == {scanned.pk}
    assert found("engine=Fake+2") == found("engine=Other") == set()


def test_by_engine_where_it_scanned_more_than_is_counted(monkeypatch):
    monkeypatch.setattr("scans.analysis_list.search.COUNT_LIMIT", 1)
    ScanSettings.objects.update(capacity=9)
    scanned, _ = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b"), factories.scheduled()
    assert found("engine=Fake") == {scanned.pk}


def test_latest_runs_only():
    first = factories.published(name="Shop")
    second = transitions.run_again(first, by=Actor.COMMAND)
    other = factories.submitted(name="Other")
    assert found("latest=1") == {second.pk, other.pk}


def test_filters_narrow_each_other_and_find_and_status_down():
    ScanSettings.objects.update(capacity=9)
    ada = factories.user(username="ada")
    wanted = factories.running("http://127.0.0.1:9/shop", by=ada)
    factories.running("http://127.0.0.1:9/shop")
    factories.submitted("http://127.0.0.1:9/shop", by=ada)
    factories.running(by=ada)
    assert found("q=shop&owner=ada&status=in_progress&latest=1&engine=Fake") == {wanted.pk}
    counts = filterset("owner=ada&status=in_progress").matches.counts
    assert counts == {"in_progress": 2, "submitted": 1}


@pytest.mark.parametrize(
    "query",
    [
        "owner=nobody",
        "owner=%00",
        "severity=awful",
        "started_from=soon",
        "started_to=2026-02-30",
        "latest=x",
        "engine=%00",
    ],
)
def test_a_value_that_is_not_valid_is_ignored_with_a_notice(query):
    analysis = factories.submitted()
    chosen = filterset(query)
    assert {row.pk for row in chosen.slice.rows} == {analysis.pk}
    assert len(chosen.notices()) == 1 and not chosen.is_valid()
    assert chosen.address() == ""


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads an empty table whole, whatever there is")
@pytest.mark.parametrize(
    "query", ["owner=ada", "severity=critical", "started_from=2999-01-01", "ended_from=2999-01-01", "engine=None"]
)
def test_none_reads_a_whole_table_to_find_nothing(query):
    factories.user(username="ada")
    narrowed = filterset(query).matches.analyses.order_by().values_list("status", "pk")
    assert "SCAN scans_analysis" not in narrowed[:5].explain()
