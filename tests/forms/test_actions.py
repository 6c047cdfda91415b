"""The forms of the actions: Stop, Extend, a mark."""

import pytest

from scans.forms.actions import StopForm

pytestmark = pytest.mark.django_db


def test_stop_takes_one_of_two_modes():
    assert StopForm({"mode": "save"}).is_valid()
    assert not StopForm({"mode": "both"}).is_valid()
