"""A stored login: what may be shown, and sealed secrets."""

import pytest

from scans.encryption import KeyLost
from scans.login.base import Login, Method
from scans.models import TargetLogin

LOGIN = Login(
    method=Method.FORM, username="ada", password="owls", cookies="a=b", login_url="http://h/login", logged_in="Welcome"
)


def test_a_login_comes_back_whole_and_its_row_shows_no_secret():
    row = TargetLogin.of(LOGIN)
    assert row.opened() == LOGIN and str(row) == "Login form"
    assert "owls" not in "".join(str(getattr(row, field.attname)) for field in TargetLogin._meta.concrete_fields)


def test_a_lost_key_is_said(settings):
    row = TargetLogin.of(LOGIN)
    settings.SCANS_SECRET_KEYS = ["another key, which nobody has sealed it with"]
    with pytest.raises(KeyLost):
        row.opened()
