"""The limits of the settings that an administrator changes."""

from datetime import timedelta

import pytest
from django.forms import modelform_factory

from scans.models import ScanSettings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value"),
    [("pause_limit", value) for value in ("00:00:00", "-1 00:00:00", "1000000 00:00:00", "999999999 00:00:00")]
    + [("keep_runs_days", value) for value in ("0", "3651", "1000000")],
)
def test_settings_that_no_clock_can_count_are_refused(field, value):
    form = modelform_factory(ScanSettings, fields=[field])({field: value}, instance=ScanSettings.current())
    assert field in form.errors
    assert ScanSettings.current().pause_limit == timedelta(days=7)
