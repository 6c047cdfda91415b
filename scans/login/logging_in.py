"""Logging in to a target and out again: one attempt per call, and a login counts only if it is proven."""

import re
from collections.abc import Iterable
from secrets import token_hex
from urllib.parse import urljoin, urlsplit

from scans.engines.base import Session
from scans.login import by_browser, proven, signs
from scans.login.base import Login, Method
from scans.login.by_form import log_in_by_form
from scans.login.credentials import handshake_of, require_offer, session_of
from scans.login.login_form import STEP as FORM_STEP
from scans.login.login_form import asks_for_login
from scans.login.outcome import LoggedIn, LoginFailed
from scans.login.page import shown
from scans.login.proof import STEP as PROOF_STEP
from scans.login.proof import Evidence, Proof, proof_url, prove
from scans.login.visit import Sites, Visit
from scans.reasons import Reason
from scans.targets.policy import TargetPolicy, TargetRefused, normalise, origin, resolve
from scans.targets.request_rules import NO_RULES, RequestRules


def log_in(
    login: Login, url: str, addresses: Iterable[str], policy: TargetPolicy, rules: RequestRules = NO_RULES
) -> LoggedIn:
    """Log in once to the target `url` at these `addresses`, and return the proven login. Raises LoginFailed.

    Sends a few requests, one of them with the credentials. Takes seconds, with a browser up to a minute. Only sends
    requests to the target's origin, and to the login page's if the login names one and the policy allows it.
    """
    sites = _sites(login, url, tuple(addresses), policy, rules)
    if login.method == Method.FORM:
        return log_in_by_form(login, url, sites)
    if login.method == Method.SCRIPT:
        return _by_script(login, url, sites)
    return _by_credentials(login, url, sites)


def log_out(
    login: Login,
    session: Session,
    url: str,
    addresses: Iterable[str],
    policy: TargetPolicy,
    rules: RequestRules = NO_RULES,
) -> None:
    """Play the login's logout script, and check that the login has ended. Does nothing without a script.

    Raises LoginFailed, with the reason `not_logged_out` if the session is still logged in.
    """
    if not login.logout_script:
        return
    sites = _sites(login, url, tuple(addresses), policy, rules)
    by_browser.play(login.logout_script, "logout script", url, sites, session)
    asked = proof_url(login, url)
    before, after = proven.as_stranger(sites, asked), proven.with_session(sites, session, asked)
    try:
        prove(Evidence(login=login, asked=asked, before=before, after=after))
    except LoginFailed:
        return
    raise LoginFailed("not_logged_out", Reason("still_logged_in", url=shown(asked)), PROOF_STEP)


def still_holds(
    login: Login,
    logged_in: LoggedIn,
    url: str,
    addresses: Iterable[str],
    policy: TargetPolicy,
    rules: RequestRules = NO_RULES,
) -> bool:
    """Return whether the page that proved a login still proves it; True if the page cannot be read."""
    sites = _sites(login, url, tuple(addresses), policy, rules)
    with Visit(sites, logged_in.session, handshake_of(login)) as visitor:
        try:
            page = visitor.get(logged_in.page_url, PROOF_STEP, strict=False)
        except LoginFailed:
            return True
    led_to_login = page.path != (urlsplit(logged_in.page_url).path or "/") and (
        signs.login_mark(page.url) == logged_in.login_url or asks_for_login(page) or signs.speaks_of_login(page.path)
    )
    if page.status == 429 or page.status >= 500:
        return True
    # As for the engine: if there is a pattern, even an error page may show that somebody is logged in.
    refused = page.status == 401 or (page.status >= 400 and not logged_in.pattern)
    if refused or page.next_url or led_to_login:
        return False
    try:
        if (stranger := login.logged_out or logged_in.login_pattern) and proven.is_on(stranger, page):
            return False
    except LoginFailed:
        return True
    return not logged_in.pattern or re.search(logged_in.pattern, page.html) is not None


def _sites(login: Login, url: str, addresses: tuple[str, ...], policy: TargetPolicy, rules: RequestRules) -> Sites:
    """Return the origins that may be reached, each by one URL, with their addresses."""
    sites = Sites({url: addresses}, rules)
    if not login.login_url:
        return sites
    try:
        page = normalise(urljoin(url, login.login_url))
        if origin(page) != origin(url) or urlsplit(page).scheme != urlsplit(url).scheme:
            sites[page] = addresses if origin(page)[0] == origin(url)[0] else resolve(origin(page)[0])
            policy.check(page, sites[page])
    except TargetRefused as refusal:
        raise LoginFailed("login_page_not_allowed", refusal.why, FORM_STEP) from refusal
    except (OSError, ValueError):
        detail = Reason("login_page_leads_nowhere", url=shown(login.login_url))
        raise LoginFailed("login_page_unreachable", detail, FORM_STEP) from None
    return sites


def _by_credentials(login: Login, url: str, sites: Sites) -> LoggedIn:
    asked = proof_url(login, url)
    session = session_of(login, url)
    before = proven.as_stranger(sites, asked)
    require_offer(login, before)
    with Visit(sites, session, handshake_of(login)) as visitor:
        # Some sites ask for HTTP authentication at one address only, and then recognize their visitor by a cookie.
        landed = None
        if login.login_url:
            landed = visitor.get(urljoin(url, login.login_url), PROOF_STEP, strict=False)
        after = visitor.get(asked, PROOF_STEP)
        evidence = Evidence(login=login, asked=asked, before=before, after=after, landed=landed)
        return proven.logged_in(evidence, _proof(evidence, sites), visitor.session)


def _proof(evidence: Evidence, sites: Sites) -> Proof:
    """Prove as `prove` does. If that cannot tell, an invented user proves it: the page refuses that one with 401."""
    try:
        return prove(evidence)
    except LoginFailed as failure:
        if failure.reason != "cannot_tell" or evidence.login.method != Method.BASIC or evidence.after.status >= 400:
            raise
        nobody = Login(method=Method.BASIC, username=token_hex(8), password=token_hex(8))
        other = proven.with_session(sites, session_of(nobody, evidence.asked), evidence.asked)
        if other.status != 401:
            raise
    return Proof(Reason("login_proved_by_refusal", url=shown(evidence.asked)), evidence.after)


def _by_script(login: Login, url: str, sites: Sites) -> LoggedIn:
    asked = proof_url(login, url)
    before = proven.as_stranger(sites, asked)
    played = by_browser.play(login.login_script, "login script", url, sites)
    return by_browser.proven(sites, played, Evidence(login=login, asked=asked, before=before, after=before))
