"""A violation is a sentence; a batch reads what belongs to its analyses and nothing else."""

import pytest

from scans.maintenance.invariants.base import Batch, Violation, last_id
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_violation_says_what_is_kept_what_is_right_and_what_to_do():
    told = Violation("Analysis 3", "its status is paused", "its URL scans make it queued", "Report it.")
    assert str(told) == "Analysis 3: its status is paused, but its URL scans make it queued. Report it."


def test_a_batch_holds_the_scans_of_its_analyses_alone():
    first, second = factories.ended(), factories.ended("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    for ids in ([second.pk], range(second.pk, second.pk + 1)):
        batch = Batch(ids)
        assert list(batch.analyses) == [second.pk]
        assert {scan.analysis_id for scan in batch.all_scans} == {second.pk}
        assert set(batch.found) == {scan.pk for scan in second.url_scans.all()}
        assert set(batch.log.values_list("analysis_id", flat=True)) == {second.pk}
    assert first.pk < last_id() == second.pk


def test_a_weakness_at_several_places_counts_once_with_its_worst_severity():
    analysis = factories.on_every_page("a", "b", "c")
    scan = analysis.url_scans.get()
    scan.findings.filter(url__endswith="/b").update(severity="high")
    assert Batch([analysis.pk]).found[scan.pk] == {"high": 1}
