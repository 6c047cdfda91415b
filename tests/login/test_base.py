"""A login: its secrets are kept apart from the rest, and never shown."""

from scans.login.base import SECRETS, Login, Method

OPEN = {"username": "alice", "login_url": "/login", "logged_in": "Hello", "logged_out": "Log in"}
SECRET = {name: f"secret-{name}" for name in SECRETS}


def test_a_login_is_made_again_from_its_open_values_and_its_secrets():
    login = Login(method=Method.SCRIPT, **OPEN, **SECRET)
    assert Login.with_secrets(login.secrets_as_json(), method="script", **OPEN) == login


def test_no_representation_shows_a_secret():
    login = Login(method=Method.FORM, **OPEN, **SECRET)
    assert not any(value in f"{login} {login!r}" for value in SECRET.values())
