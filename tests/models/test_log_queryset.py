"""Named questions about the activity log."""

import pytest

from scans import transitions
from scans.models import ActivityLogEntry
from tests import factories

pytestmark = pytest.mark.django_db


def test_log_entries_have_four_kinds():
    analysis = factories.submitted(by=factories.user())
    log = ActivityLogEntry.objects.filter(analysis=analysis)
    with pytest.raises(transitions.NotPermitted):
        transitions.pause_analysis(analysis, by=factories.user("Viewer"))
    kinds = {kind: log.of_kind(kind) for kind in ("status", "people", "system", "refused")}
    assert set(kinds["people"]) | set(kinds["system"]) == set(log) and not kinds["people"] & kinds["system"]
    assert kinds["refused"].get().action.endswith(".refused") and not kinds["status"].filter(to_status="").exists()
