"""A proven login: what is kept of it, and the requests that prove one."""

import re

import regex

from scans.engines.base import Session
from scans.login import signs
from scans.login.outcome import LoggedIn, LoginFailed
from scans.login.page import Page
from scans.login.proof import STEP, Evidence, Proof, witness
from scans.login.visit import Sites, Visit
from scans.reasons import Reason

SECONDS_FOR_A_PATTERN = 2
STRANGER_STEP = "page as a stranger"


def as_stranger(sites: Sites, asked: str) -> Page:
    """Return the page at an address as a stranger sees it."""
    with Visit(sites) as stranger:
        return stranger.get(asked, STRANGER_STEP, strict=False)


def with_session(sites: Sites, session: Session, asked: str) -> Page:
    """Return the page at an address as the owner of this session sees it."""
    with Visit(sites, session) as visitor:
        return visitor.get(asked, STEP, strict=False)


def logged_in(evidence: Evidence, proof: Proof, session: Session) -> LoggedIn:
    """Return the login with the signs that it holds. Raises LoginFailed if nothing would show that it has ended."""
    seen = witness(evidence, proof)
    if (pattern := evidence.login.logged_out) and is_on(pattern, seen.page):
        raise LoginFailed("pattern_useless", Reason("pattern_on_logged_in_page", url=seen.page.shown_url), STEP)
    ways_out = [url for page in (proof.page, *evidence.reached) for url in signs.logout_urls(page)]
    return LoggedIn(
        session=session,
        detail=proof.detail,
        page_url=seen.url,
        pattern=seen.pattern,
        html=seen.page.html,
        login_url=seen.login_url,
        login_pattern=seen.login_pattern,
        logout_urls=signs.logout_marks(ways_out),
    )


def is_on(pattern: str, page: Page) -> bool:
    """Return whether a user's pattern matches a page. Raises LoginFailed for one that is invalid or takes too long."""
    try:
        re.compile(pattern)  # the engine uses `re`, which accepts less than `regex`; only `regex` has a time limit
        return regex.search(pattern, page.html, timeout=SECONDS_FOR_A_PATTERN, concurrent=True) is not None
    except TimeoutError:
        detail = Reason("pattern_too_slow", count=SECONDS_FOR_A_PATTERN)
        raise LoginFailed("pattern_useless", detail, STEP) from None
    except (re.error, regex.error, OverflowError, RecursionError) as error:  # `a{99999999999}`, thousands of brackets
        raise LoginFailed("pattern_useless", Reason("pattern_invalid", error=error), STEP) from error
