"""The Activity Log is append-only, for the model too."""

import pytest

from scans.models.activity_log_entry import AppendOnly
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_the_model_refuses_to_change_the_log():
    entry = make.submitted().activity.first()
    entry.reason = "never happened"
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()
