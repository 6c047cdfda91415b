"""Logging in and out with a real browser: with a recorded script, or with a form whose page needs its scripts."""

import json
import re
from dataclasses import replace

import httpx

from scans import browser
from scans.browser import Played, Task
from scans.engines.base import Session
from scans.login import signs
from scans.login.base import Login
from scans.login.outcome import LoggedIn, LoginFailed
from scans.login.page import Page, shown
from scans.login.proof import STEP, Evidence, prove, stands_in
from scans.login.proven import as_stranger, logged_in, with_session
from scans.login.visit import Sites
from scans.reasons import Reason

MOST_ADDRESSES_ASKED = 10
_TOKEN = re.compile(r"token|jwt|auth|session|bearer", re.IGNORECASE)
_UNPROVEN = ("cannot_tell", "verification_text_missing", "not_let_in")
_REFUSED = (401, 403)
_NOTHING = ("", "0", "false", "null", "[]", "{}", '""')


def is_there() -> bool:
    """Return whether a browser is installed."""
    return browser.is_there()


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
    """Fill in and send the login form of a page as it is shown in the browser; raises LoginFailed."""
    form = browser.LoginForm(
        url=page_url,
        username=login.username,
        password=login.password,
        username_field=login.username_field,
        password_field=login.password_field,
    )
    return _done(Task(url=url, sites=dict(sites), rules=sites.rules, session=session, form=form), "login form")


def _done(task: Task, step: str) -> Played:
    played = browser.play(task)
    if not played.ok:
        raise LoginFailed(played.reason, played.detail, step, screenshot=played.screenshot, line=played.line)
    return played


def proven(sites: Sites, played: Played, evidence: Evidence) -> LoggedIn:
    """Prove a login of the browser by requests without it, because the engine gets only its cookies and headers.

    Raises LoginFailed with what the browser saw.
    """
    evidence = replace(evidence, after=with_session(sites, played.session, evidence.asked))
    try:
        proven_login = logged_in(evidence, prove(evidence), played.session)
    except LoginFailed as failure:
        unproven = failure.reason in _UNPROVEN
        proven_login = unproven and (_by_login_page(sites, played, evidence) or _by_scripts(sites, played, evidence))
        if not proven_login:
            raise _explained(failure, played, evidence) from None
    return replace(proven_login, screenshot=played.screenshot, asked_for=played.asked_as_member)


def _by_login_page(sites: Sites, played: Played, evidence: Evidence) -> LoggedIn | None:
    """Prove a login by the login page, if it shows its form to strangers only. Returns None if it does not."""
    page = evidence.login_page
    if evidence.login.logged_in or page is None or played.asks_again or not page.repeatable:
        return None
    try:
        after = with_session(sites, played.session, page.url)
        seen = replace(evidence, asked=page.url, before=page, after=after)
        proven_login = logged_in(seen, prove(seen), played.session)
    except LoginFailed:
        return None
    is_blocked = signs.is_locked(after, page) or signs.wants_code(after) or signs.wants_code(_landed(played))
    return proven_login if proven_login.login_pattern and not is_blocked else None


def _by_scripts(sites: Sites, played: Played, evidence: Evidence) -> LoggedIn | None:
    """Prove a login by an address that the page's scripts requested, if the page itself is the same for everybody.

    Such an address refuses strangers, or tells them otherwise. Returns None if none does.
    """
    given = evidence.login.logged_in
    if played.asks_again or not stands_in(given, played.text):
        return None
    for asked in list(dict.fromkeys([*played.asked_as_member, *played.asked_for]))[:MOST_ADDRESSES_ASKED]:
        try:
            before, after = as_stranger(sites, asked), with_session(sites, played.session, asked)
            is_members = asked in played.asked_as_member
            if proven_login := _by_answers(evidence, asked, before, after, played, is_members=is_members):
                return proven_login
        except LoginFailed:
            continue
    return None


def _by_answers(
    evidence: Evidence, asked: str, before: Page, after: Page, played: Played, *, is_members: bool
) -> LoggedIn | None:
    """Prove a login by the answers of one address; `is_members` says that only a member's page asked for it."""
    given = evidence.login.logged_in
    refused = before.status in _REFUSED and (is_members or not given)
    seen = Evidence(login=replace(evidence.login, logged_in=""), asked=asked, before=before, after=after)
    if refused and after.status < 400:
        # The browser has shown the text already; an address that refuses strangers need not contain it.
        return logged_in(seen, prove(seen), played.session)
    if given:
        seen = replace(seen, login=evidence.login)
        return logged_in(seen, prove(seen), played.session)
    if pattern := _told_to_members(before, after, evidence.login.username):
        detail = Reason("login_proved_by_answer", url=shown(asked))
        return LoggedIn(
            session=played.session, detail=detail, page_url=asked, pattern=pattern, html=after.html, login_url=""
        )
    return None


def _told_to_members(before: Page, after: Page, username: str) -> str:
    """Return a pattern for what an address tells its member in JSON, and no stranger; empty if there is none.

    It is the user name, or something that is nothing for strangers: {"user": null}, {"loggedIn": false}.
    """
    try:
        told, told_to_strangers = json.loads(after.html), json.loads(before.html) if before.status < 400 else {}
    except ValueError:
        return ""
    if after.status >= 400 or not isinstance(told, dict) or not isinstance(told_to_strangers, dict):
        return ""
    if len(username) > 2 and username in after.html and username not in before.html:
        return re.escape(username)
    for name in told:
        empty = rf'"{re.escape(name)}"\s*:\s*'
        something = rf'{empty}(?!\s|null\b|false\b|0\b|""|\[\s*\]|\{{\s*\}})'
        was_nothing = json.dumps(told_to_strangers.get(name, "")) in _NOTHING
        if was_nothing and re.search(something, after.html) and not re.search(something, before.html):
            return something
    return ""


def _explained(failure: LoginFailed, played: Played, evidence: Evidence) -> LoginFailed:
    """The failure with what the browser knows of it: a picture, and what it still asks for or keeps to itself."""
    reason, detail = failure.reason, failure.why
    names = [name for name in played.storage if _TOKEN.search(name)]
    if reason in _UNPROVEN and (seen := _refused_in_browser(played, evidence)):
        reason, detail = seen.reason, seen.why
    elif reason in _UNPROVEN and names and not played.session.headers:
        reason, detail = "token_in_browser", Reason("token_in_storage", names=names[0])
    return LoginFailed(reason, detail, failure.step, screenshot=played.screenshot)


def _answered(played: Played, before: list[Page]) -> str:
    """Return what the site answered to the scripts that sent the login, in JSON or as a page."""
    if not played.answered.lstrip().startswith("<"):
        return signs.said(played.answered)
    return signs.said_new(Page(played.url, 200, httpx.Headers(), played.answered), before, by_scripts=True)


def _whole(played: Played) -> Page:
    return Page(played.url, 200, httpx.Headers(), played.html, repeatable=False)


def _landed(played: Played) -> Page:
    return Page(played.url, 200, httpx.Headers(), played.shown, repeatable=False, as_shown=True)


def _before(played: Played, evidence: Evidence) -> list[Page]:
    """Return the pages seen without the login; the one of the form as the browser showed it, whatever its HTML has."""
    if not played.shown_before:
        return evidence.strangers
    form = Page(played.form_url, 200, httpx.Headers(), played.shown_before, repeatable=False, as_shown=True)
    return [form, *(page for page in evidence.strangers if page.path != form.path)]


def _refused_in_browser(played: Played, evidence: Evidence) -> LoginFailed | None:
    """Return the error that the page in the browser shows, or that its scripts were told; None if there is none."""
    landed, before = _landed(played), _before(played, evidence)
    page, password = shown(played.url), evidence.login.password
    if signs.is_locked(landed, *before) or played.status in signs.HTTP_LOCKED:
        return LoginFailed("account_locked", Reason("page_speaks_of_lock", url=page), STEP)
    if signs.wants_code(landed) and not played.asks_again:
        return LoginFailed("second_factor", Reason("page_asks_for_code", url=page), STEP)
    if played.asks_again and signs.wants_captcha(_whole(played).soup):
        return LoginFailed("captcha", Reason("page_asks_for_captcha", url=page), STEP)
    shows = signs.said_new(landed, before, by_scripts=True)
    for said in (shows, _answered(played, before)):
        if signs.says_wrong(said):
            return LoginFailed("wrong_credentials", signs.quoted(page, said, password), STEP)
    if played.status == 401:
        answer = Reason("page_refuses_login", url=page, status=played.status)
        return LoginFailed("wrong_credentials", answer, STEP)
    if not played.asks_again:
        return None
    asks = Reason("page_asks_again", url=page)
    detail = Reason("both", first=asks, second=signs.quoted(page, shows, password)) if shows else asks
    return LoginFailed("not_let_in", detail, STEP)
