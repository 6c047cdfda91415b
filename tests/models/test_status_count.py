"""Folding the kept counts."""

import pytest

from scans.models import StatusCount
from tests import factories

pytestmark = pytest.mark.django_db


def test_folding_keeps_the_sums_and_leaves_a_row_for_each_status():
    for _ in range(3):
        factories.scheduled()
    before = StatusCount.totals()
    StatusCount.fold()
    assert StatusCount.totals() == before == {"scheduled": 3}
    assert StatusCount.objects.count() == 1


def test_few_summands_are_left_alone_and_many_are_folded(monkeypatch):
    factories.scheduled()
    StatusCount.fold_if_many()
    assert StatusCount.objects.count() > 1
    monkeypatch.setattr("scans.models.status_count.FOLD_ABOVE", 1)
    StatusCount.fold_if_many()
    assert StatusCount.objects.count() == 1
