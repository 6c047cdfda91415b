"""The count of open findings, day by day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor, Mark, OpenFindings, TriageMark
from scans.models import open_findings as module
from scans.statuses import EndedBy
from tests import factories

pytestmark = pytest.mark.django_db


def counted():
    """The last count."""
    OpenFindings.objects.all().delete()
    OpenFindings.count()
    return OpenFindings.kept().last()


def test_published_findings_are_open_by_severity():
    factories.published(number_of_findings=3)
    assert (counted().high, counted().total) == (3, 3)


def test_findings_under_verification_are_not_counted():
    factories.ended(number_of_findings=3)
    assert counted().total == 0


@pytest.mark.parametrize(
    ("mark", "left"), [(Mark.FIXED, 1), (Mark.ACCEPTED, 1), (Mark.FALSE_POSITIVE, 1), (Mark.CONFIRMED, 2)]
)
def test_what_a_reviewer_closed_is_not_open(mark, left):
    analysis = factories.published(number_of_findings=2)
    fingerprint = analysis.url_scans.get().findings.first().fingerprint
    TriageMark.objects.create(series=analysis.series, fingerprint=fingerprint, mark=mark, at=timezone.now())
    assert counted().total == left


def test_only_the_last_published_run_counts():
    first = factories.published(number_of_findings=3)
    again = transitions.run_again(first, by=Actor.COMMAND)
    assert counted().total == 3
    transitions.schedule(again)
    transitions.start(again)
    scan = factories.begin(again.url_scans.get())
    factories.find(scan, 1)
    transitions.end(scan, EndedBy.ITSELF)
    factories.verify(factories.fresh(scan))
    assert counted().total == 1


def test_a_count_of_many_series_is_made_in_steps(monkeypatch):
    monkeypatch.setattr(module, "COUNTED_AT_ONCE", 2)
    for _ in range(3):
        factories.published(number_of_findings=1)
    OpenFindings.count()
    assert not OpenFindings.kept().exists()
    OpenFindings.count()
    assert OpenFindings.kept().get().total == 3


def test_a_day_has_one_count_the_last_one():
    OpenFindings.count()
    factories.published(number_of_findings=2)
    OpenFindings.count()
    assert OpenFindings.kept().get().total == 0  # it is fresh enough
    OpenFindings.objects.update(at=timezone.now() - timedelta(hours=1))
    OpenFindings.count()
    assert OpenFindings.kept().get().total == 2


def test_a_weakness_at_many_places_is_one_and_one_for_each_series():
    factories.on_every_page("", "about", urls=("http://127.0.0.1:9/a", "http://127.0.0.1:9/b"))
    factories.on_every_page("", "about")
    assert (counted().info, counted().total) == (2, 2)


def test_what_changed_is_counted_soon_while_one_step_counts_everything(clock, monkeypatch):
    OpenFindings.count()
    factories.published(number_of_findings=2)
    OpenFindings.count()
    assert OpenFindings.kept().last().total == 0
    clock.shift(module.COUNTED_SOON)
    with monkeypatch.context() as many:
        many.setattr(module, "COUNTED_AT_ONCE", 0)
        OpenFindings.count()
    assert OpenFindings.kept().last().total == 0
    OpenFindings.count()
    assert OpenFindings.kept().last().total == 2


def test_without_a_change_nothing_is_counted_before_its_time(clock):
    factories.published()
    OpenFindings.count()
    before = OpenFindings.kept().last().at
    clock.shift(2 * module.COUNTED_SOON)
    OpenFindings.count()
    assert OpenFindings.kept().last().at == before
