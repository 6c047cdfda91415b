"""Logging in and out with a real browser: with a recorded script, or with a form that the page's scripts create."""

import re

from scans import browser
from scans.browser import Played, Task
from scans.engines.base import Session
from scans.login.base import Login
from scans.login.outcome import LoginFailed
from scans.login.page import shown
from scans.login.visit import Sites
from scans.reasons import Reason

_TOKEN = re.compile(r"token|jwt|auth|session|bearer", re.IGNORECASE)
UNPROVEN = ("cannot_tell", "verification_text_missing", "wrong_credentials")


def play(script: str, step: str, url: str, sites: Sites, session: Session | None = None) -> Played:
    """Play the text of a `.side` file, beginning with `session`; raises LoginFailed."""
    try:
        recording = browser.parse(script)
    except browser.ScriptError as error:
        raise LoginFailed(error.reason, error.why, step, line=error.line) from error
    return _done(
        Task(url=url, sites=dict(sites), rules=sites.rules, session=session or Session(), recording=recording), step
    )


def fill(login: Login, page_url: str, url: str, sites: Sites, session: Session) -> Played:
    """Fill in and send the login form that the page's scripts make; raises LoginFailed."""
    form = browser.LoginForm(
        url=page_url,
        username=login.username,
        password=login.password,
        username_field=login.username_field,
        password_field=login.password_field,
    )
    return _done(Task(url=url, sites=dict(sites), rules=sites.rules, session=session, form=form), "login form")


def explained(failure: LoginFailed, played: Played) -> LoginFailed:
    """The failure with what the browser knows of it: a picture, and what it still asks for or keeps to itself."""
    reason, detail = failure.reason, failure.why
    names = [name for name in played.storage if _TOKEN.search(name)]
    if reason in UNPROVEN and played.asks_again:
        reason, detail = "wrong_credentials", Reason("page_asks_again", url=shown(played.url))
    elif reason in UNPROVEN and names and not played.session.headers:
        reason, detail = "token_in_browser", Reason("token_in_storage", names=names[0])
    return LoginFailed(reason, detail, failure.step, screenshot=played.screenshot)


def _done(task: Task, step: str) -> Played:
    played = browser.play(task)
    if not played.ok:
        raise LoginFailed(played.reason, played.detail, step, screenshot=played.screenshot, line=played.line)
    return played
