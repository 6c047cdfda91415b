"""The configuration of an analysis: the log tells each change."""

from datetime import timedelta

import pytest

from scans import transitions
from scans.activity import sentence
from scans.login.base import Login, Method
from scans.models import (
    Actor,
    TargetLogin,
)
from scans.schedule.recurrence import Recurrence, Unit
from tests import factories as make

pytestmark = pytest.mark.django_db


WEEKLY = Recurrence(unit=Unit.WEEKLY, ends_after=3)


def test_a_changed_configuration_is_logged_with_the_values_before_and_after_and_without_secrets():
    login = TargetLogin.of(Login(method=Method.HEADERS, headers="X-Token: owl"))
    at = make.in_berlin("2027-03-23 22:00:00")
    hours = {"duration": timedelta(hours=24), "start_at": at, "time_zone": "Europe/Berlin"}
    saved = make.submission("http://127.0.0.1:9/a", blackout="Sat,Sun", **hours)
    analysis = transitions.save(saved, by=Actor.COMMAND)
    changed = make.submission(
        "http://127.0.0.1:9/b",
        prescan=False,
        recurrence=WEEKLY,
        **{**hours, "duration": timedelta(minutes=90)},
        access={"http://127.0.0.1:9/b": transitions.Access(login=login)},
    )
    transitions.change(analysis, changed, by=Actor.COMMAND)
    said = sentence(analysis.activity.get(action="analysis.changed"))
    assert said == (
        "changed the configuration: URLs (http://127.0.0.1:9/a → http://127.0.0.1:9/b), Duration (24 h → 90 min), "
        "Prescan (yes → no), Repeat (nothing → every week on Tuesday at 22:00 (Europe/Berlin), 3 times), "
        "Blackout windows (Sat,Sun → nothing), access"
    )
