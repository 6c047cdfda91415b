"""Rendered rows are used again, and never when anything in them would differ."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings as configured
from django.core.cache import caches

from scans import transitions
from scans.models import Actor, Analysis, PersonSettings, StopMode
from tests import factories
from tests.views.page import elements, text, values

pytestmark = pytest.mark.django_db
LIST = "/analyses/"


@pytest.fixture(autouse=True)
def _rows_are_cached(settings):
    """As in production; other tests cache none."""
    backend = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "kept rows"}
    settings.CACHES = {**configured.CACHES, "rows": backend}
    caches["rows"].clear()


@pytest.fixture(autouse=True)
def clock():
    """A clock that only a test moves."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def analysis():
    return factories.ended(publication="reviewer", number_of_findings=3, by=factories.user(username="ada"))


def row(response) -> str:
    """The one row, as HTML."""
    return text(response).partition("<tbody data-rows>")[2].partition("</tbody>")[0]


@pytest.fixture
def changed(client, analysis):
    """A function that says whether the row is another than at the last look, having made sure that it was kept."""
    looked = [row(client.get(LIST)), row(client.get(LIST))]
    assert looked[0] == looked[1] != ""

    def look() -> bool:
        looked.append(row(client.get(LIST)))
        caches["rows"].clear()
        assert row(client.get(LIST)) == looked[-1], "it was shown otherwise than it would be made"
        return looked[-1] != looked[-2]

    return look


def test_a_page_of_cached_rows_reads_no_analysis(client, analysis, django_assert_num_queries):
    # Session, user, header, keyset, views and counts; else also the analyses and their totals.
    for queries in (8, 6):
        with django_assert_num_queries(queries):
            page = client.get(LIST)
        assert values(page, "data-analysis-id") == [str(analysis.pk)]


def test_only_the_row_that_changed_is_rendered_again(client, analysis, django_assert_num_queries):
    scheduled = factories.scheduled(name="Other")
    client.get(LIST)
    transitions.start(scheduled)
    with django_assert_num_queries(8) as ran:
        page = client.get(LIST)
    assert set(values(page, "data-analysis-id")) == {str(analysis.pk), str(scheduled.pk)}
    (fetched,) = [each["sql"] for each in ran if '"scans_analysis"."duration"' in each["sql"]]
    assert f'"scans_analysis"."id" IN ({scheduled.pk})' in fetched


def test_nothing_changes_while_nothing_does(changed):
    assert not changed()


def test_an_event_changes_it(changed, analysis):
    transitions.stop_analysis(analysis, StopMode.DELETE, by=Actor.COMMAND)
    assert changed()


def test_the_clock_changes_nothing(clock, client):
    factories.running(duration=timedelta(hours=5))
    before = row(client.get(LIST))
    clock.shift(timedelta(minutes=7))
    caches["rows"].clear()
    assert row(client.get(LIST)) == before != ""


def test_a_row_is_good_for_every_address_of_the_list(client, analysis, django_assert_num_queries):
    client.get(LIST)
    with django_assert_num_queries(6):
        page = client.get(LIST, {"order": "name"})
    assert values(page, "data-analysis-id") == [str(analysis.pk)]


def test_another_name_of_its_owner_changes_it(changed, analysis):
    type(analysis.owner).objects.filter(pk=analysis.owner_id).update(username="grace")
    assert changed()
    Analysis.objects.filter(pk=analysis.pk).update(owner=None)
    assert changed()


@pytest.mark.parametrize("setting", [{"time_zone": "Asia/Tokyo"}, {"language": "de"}])
def test_each_person_reads_it_in_their_own_way(client, changed, setting):
    person = PersonSettings.of(client.get(LIST).context["user"])
    for name, value in setting.items():
        setattr(person, name, value)
    person.save()
    assert changed()


def test_roles_see_what_they_may(as_role, analysis):
    pages = [text(as_role(role).get(LIST)) for role in ("Submitter", "Reviewer", "Viewer", "Submitter")]
    assert ['title="3 high"' in page for page in pages] == [False, True, False, False]
    assert ['name="chosen"' in page for page in pages] == [True, True, False, True]


def test_a_status_filter_of_kept_pieces_says_what_is_so_now(client, analysis):
    chosen = client.get(LIST, {"status": "submitted"})
    assert [box["value"] for box in _ticked(chosen)] == ["submitted"]
    factories.submitted(name="Another")
    page = text(client.get(LIST))
    assert 'id="choice-count-submitted" class="filter-option-count">1<' in page
    assert not _ticked(client.get(LIST))


def _ticked(response) -> list[dict]:
    return [box for box in elements(response, "checked") if box.get("name") == "status"]
