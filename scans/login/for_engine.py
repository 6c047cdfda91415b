"""The login as an engine needs it: to scan while logged in, and to notice when the login ends."""

from dataclasses import replace
from typing import Any

from scans.engines.base import HttpLogin, LoggedOutRule, NewLogin, SessionProbe
from scans.login.base import Login, Method
from scans.login.outcome import LoggedIn


def new_login(login: Login, logged_in: LoggedIn) -> NewLogin:
    """Return the session of this login, and the signs by which an engine knows whether the login still holds.

    A page that matches the pattern, or a redirect to the login page, makes the engine suspicious. It then asks for the
    probe's page, and that page decides.
    """
    return NewLogin(
        session=replace(logged_in.session, storage=""),
        logged_out=LoggedOutRule(
            pattern=login.logged_out or logged_in.login_pattern, login_url=logged_in.login_url, on_401=True
        ),
        session_probe=SessionProbe(url=logged_in.page_url, logged_in_pattern=logged_in.pattern),
    )


def job_fields(login: Login, logged_in: LoggedIn) -> dict[str, Any]:
    """Return the fields of an engine's Job that a login sets."""
    handshake = login.method in (Method.DIGEST, Method.NTLM)
    return {
        **vars(new_login(login, logged_in)),
        "http_login": HttpLogin(method=login.method.value, username=login.username, password=login.password)
        if handshake
        else None,
        "excluded": logged_in.logout_urls,
    }
