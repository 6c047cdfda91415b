"""The mark of a weakness: its last day, and the entries of the log about it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor, Mark, TriageMark
from tests import factories

pytestmark = pytest.mark.django_db


def test_an_acceptance_is_over_after_its_last_day():
    series, today = factories.published().series, timezone.localdate()
    for fingerprint, mark, day in (
        ("over", Mark.ACCEPTED, today - timedelta(days=1)),
        ("last", Mark.ACCEPTED, today),
        ("ever", Mark.ACCEPTED, None),
        ("fixed", Mark.FIXED, today - timedelta(days=1)),
    ):
        TriageMark.objects.create(
            series=series, fingerprint=fingerprint, mark=mark, accepted_until=day, at=timezone.now()
        )
    assert list(TriageMark.objects.expired().values_list("fingerprint", flat=True)) == ["over"]


def test_the_history_has_the_entries_of_this_weakness_only_newest_first_and_old_ones_too():
    analysis = factories.published(number_of_findings=2)
    first, second = analysis.url_scans.get().findings.order_by("pk")
    for finding, mark in ((first, Mark.CONFIRMED), (second, Mark.FIXED), (first, Mark.ACCEPTED)):
        transitions.mark(finding, by=Actor.COMMAND, mark=mark)
    history = TriageMark.history(analysis.series_id, first, factories.user("Reviewer"))
    assert [entry.data["after"] for entry in history] == ["accepted", "confirmed"]
    first.fingerprint = "of another version, whose entries have only its words"
    assert len(TriageMark.history(analysis.series_id, first, factories.user("Reviewer"))) == 2
