"""Deleting an analysis."""

import pytest

from scans import transitions
from scans.maintenance import removal
from scans.models import Analysis, Finding
from scans.transitions import TransitionRefused
from tests import factories as make
from tests.rows import tasks

pytestmark = pytest.mark.django_db


def test_delete_takes_results_away_and_keeps_the_log():
    analysis = make.published()
    transitions.delete(analysis, by=make.user(), reason="Too old.")
    removal.remove(make.fresh(analysis))
    assert not Analysis.objects.present().exists() and Finding.objects.count() == 0
    entry = analysis.activity.first()
    assert (entry.action, str(entry.reason)) == ("analysis.deleted", "Too old.") and tasks("remove_data")
    with pytest.raises(TransitionRefused, match="already deleted"):
        transitions.delete(analysis, by=make.user())
