"""The orders of the list: every column, both ways, page by page, compared with what Python sorts."""

from itertools import chain

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from scans import transitions
from scans.analysis_list.keyset import Keyset
from scans.analysis_list.ordering import ORDERS
from scans.models import Actor, Analysis, ScanSettings, StopMode
from scans.sample_data import loading
from scans.statuses import ANALYSIS_STATUSES, AnalysisStatus
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.together("many analyses")]


def key(analysis: Analysis, column: str):
    """What a column sorts by, ascending; None where there is nothing."""
    start, ended = analysis.started_at, analysis.ended_at
    return {
        "name": analysis.name,
        "status": (list(ANALYSIS_STATUSES).index(analysis.status), -analysis.changed_at.timestamp(), -analysis.pk),
        "urls": analysis.number_of_url_scans,
        "findings": analysis.findings_shown,
        "findings of reviewers": analysis.findings_all,
        "start": start or analysis.start_at,
        # What still runs counts as longer than all that has ended.
        "duration": start and ((0, ended - start) if ended else (1, -start.timestamp(), -analysis.pk)),
        "changed": analysis.changed_at,
    }[column]


def sorted_in_python(analyses, column: str, descending: bool) -> list[int]:
    """Ids as the list should have them: what has nothing there last, newest first; else ids in the direction."""
    keys = {analysis.pk: key(analysis, column) for analysis in analyses}
    full = [pk for pk, value in keys.items() if value is not None]
    empty = sorted(keys.keys() - set(full), reverse=True)
    return sorted(full, key=lambda pk: (keys[pk], pk), reverse=descending) + empty


def ids_of(keyset: Keyset, size: int) -> list[int]:
    """All ids, page by page, forward."""
    return list(chain.from_iterable(keyset.ids(size)))


@pytest.fixture(scope="module")
def many(written_once):
    loading.create(150, seed=5, now=timezone.now())
    ScanSettings.objects.update(capacity=9999)
    for make in (factories.submitted, factories.running, factories.started, factories.published):
        make("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    transitions.stop_analysis(factories.running(), StopMode.DELETE, by=Actor.COMMAND)
    transitions.delete(factories.published(), by=Actor.COMMAND)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("statuses", [None, ["in_progress"], ["scheduled", "stopped", "completed_results_available"]])
def test_every_column_walks_in_its_order(many, statuses, descending):
    present = Analysis.objects.present()
    counted = present.annotate(number_of_url_scans=Count("url_scans"))
    listed = list(counted.filter(status__in=statuses or AnalysisStatus.values))
    ids = {code: [a.pk for a in listed if a.status == code] for code in {a.status for a in listed}}
    for column in ORDERS:
        keyset = Keyset(present, column, descending=descending, statuses=statuses)
        wanted = sorted_in_python(listed, column, descending)
        assert ids_of(keyset, 7) == wanted, column
        keyset = Keyset(present, column, descending=descending, statuses=list(ids), ids=ids)
        assert ids_of(keyset, 1000) == wanted, column


@pytest.mark.parametrize("column", ORDERS)
def test_going_back_shows_the_same_pages(many, column):
    keyset = Keyset(Analysis.objects.present(), column, descending=True)
    page, pages = keyset.last(20), []
    while page.has_previous:
        pages.append([row.pk for row in page.rows])
        position = keyset.parse(str(keyset.position(page.rows[0], forward=False)))
        page = keyset.beside(20, position)
    assert list(chain(*reversed(pages)))[-80:] == ids_of(keyset, 1000)[-80:]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("statuses", [None, ["in_progress"], ["scheduled", "stopped", "completed_results_available"]])
def test_versions_are_those_of_the_rows(many, statuses, descending):
    for column in ORDERS:
        keyset = Keyset(None, column, descending=descending, statuses=statuses)
        page = keyset.first(9)
        for position in (None, keyset.parse(str(keyset.position(page.rows[-1], forward=True)))):
            wanted = ".".join(f"{row.pk}.{row.version}" for row in keyset.rows(9, position)) or None
            assert versions(keyset, 9, position) == (None if several_walks(column) else wanted), column


def versions(keyset: Keyset, size: int, position) -> str | None:
    """What the query of the versions answers."""
    if (query := keyset.versions_sql(size, position)) is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(*query)
        return cursor.fetchone()[0]


def several_walks(column: str) -> bool:
    """Whether no single query finds a page of it, whose versions are therefore not asked for."""
    return column in ("start", "duration")


def test_versions_of_nothing_are_none(many):
    assert Keyset(None, "changed", descending=True, statuses=[]).versions_sql(9) is None
    assert Keyset(None, "start", descending=True).versions_sql(9) is None
