"""A row of the security log: it never changes."""

import pytest

from scans import activity
from scans.models import SecurityEvent
from scans.models.activity_log_entry import AppendOnly
from scans.reasons.security import KINDS, SENTENCES

pytestmark = pytest.mark.django_db


def test_an_event_is_not_saved_again_or_deleted():
    event = activity.note("login.ended")
    with pytest.raises(AppendOnly):
        event.save()
    with pytest.raises(AppendOnly):
        event.delete()


def test_every_event_is_of_a_kind_that_the_page_filters_by_and_fits_its_column():
    assert {code.partition(".")[0] for code in SENTENCES} == KINDS.keys()
    assert max(map(len, SENTENCES)) <= SecurityEvent._meta.get_field("event").max_length
