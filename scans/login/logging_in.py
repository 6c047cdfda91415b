"""Logging in to a target and out again: one attempt per call, and a login counts only if it is proven."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from secrets import token_hex
from urllib.parse import urljoin, urlsplit

import regex

from scans.engines.base import Session
from scans.login import by_browser, signs
from scans.login.base import Login, Method
from scans.login.credentials import handshake_of, require_offer, session_of
from scans.login.login_form import STEP as FORM_STEP
from scans.login.login_form import LoginForm, asks_for_login, find
from scans.login.outcome import LoggedIn, LoginFailed
from scans.login.page import Page, shown
from scans.login.proof import STEP as PROOF_STEP
from scans.login.proof import Evidence, Proof, proof_url, prove, stands_in, witness
from scans.login.visit import Sites, Visit, out_of_scope
from scans.reasons import Reason
from scans.targets.policy import TargetPolicy, TargetRefused, normalise, origin, resolve
from scans.targets.request_rules import NO_RULES, RequestRules

MAX_LOGIN_LINKS = 3
MOST_ADDRESSES_ASKED = 10
SECONDS_FOR_A_PATTERN = 2
USUAL_PATHS = ("login", "signin", "accounts/login/", "users/sign_in", "user/login", "auth/login", "admin/login/")
_STRANGER_STEP = "page as a stranger"
# The answers to a form that only scripts can send, when we send it: no such address, or no such method.
_NOT_TAKEN = (404, 405, 501)
_REFUSED = (401, 403)


def log_in(
    login: Login, url: str, addresses: Iterable[str], policy: TargetPolicy, rules: RequestRules = NO_RULES
) -> LoggedIn:
    """Log in once to the target `url` at these `addresses`, and return the proven login. Raises LoginFailed.

    Sends a few requests, one of them with the credentials. Takes seconds, with a browser up to a minute. Only sends
    requests to the target's origin, and to the login page's if the login names one and the policy allows it.
    """
    sites = _sites(login, url, tuple(addresses), policy, rules)
    if login.method == Method.FORM:
        return _by_form(login, url, sites)
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
    before, after = _as_stranger(sites, asked), _with_session(sites, session, asked)
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
        if (stranger := login.logged_out or logged_in.login_pattern) and _is_on(stranger, page):
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


def _as_stranger(sites: Sites, asked: str) -> Page:
    with Visit(sites) as stranger:
        return stranger.get(asked, _STRANGER_STEP, strict=False)


def _with_session(sites: Sites, session: Session, asked: str) -> Page:
    with Visit(sites, session) as visitor:
        return visitor.get(asked, PROOF_STEP, strict=False)


def _by_credentials(login: Login, url: str, sites: Sites) -> LoggedIn:
    asked = proof_url(login, url)
    session = session_of(login, url)
    before = _as_stranger(sites, asked)
    require_offer(login, before)
    with Visit(sites, session, handshake_of(login)) as visitor:
        # Some sites ask for HTTP authentication at one address only, and then recognize their visitor by a cookie.
        landed = None
        if login.login_url:
            landed = visitor.get(urljoin(url, login.login_url), PROOF_STEP, strict=False)
        after = visitor.get(asked, PROOF_STEP)
        evidence = Evidence(login=login, asked=asked, before=before, after=after, landed=landed)
        return _logged_in(evidence, _proof(evidence, sites), visitor.session)


def _proof(evidence: Evidence, sites: Sites) -> Proof:
    """Prove as `prove` does. If that cannot tell, an invented user proves it: the page refuses that one with 401."""
    try:
        return prove(evidence)
    except LoginFailed as failure:
        if failure.reason != "cannot_tell" or evidence.login.method != Method.BASIC or evidence.after.status >= 400:
            raise
        nobody = Login(method=Method.BASIC, username=token_hex(8), password=token_hex(8))
        other = _with_session(sites, session_of(nobody, evidence.asked), evidence.asked)
        if other.status != 401:
            raise
    return Proof(Reason("login_proved_by_refusal", url=shown(evidence.asked)), evidence.after)


def _by_script(login: Login, url: str, sites: Sites) -> LoggedIn:
    asked = proof_url(login, url)
    before = _as_stranger(sites, asked)
    played = by_browser.play(login.login_script, "login script", url, sites)
    return _proven_by_browser(sites, played, Evidence(login=login, asked=asked, before=before, after=before))


def _proven_by_browser(sites: Sites, played: by_browser.Played, evidence: Evidence) -> LoggedIn:
    """Prove a login of the browser by requests without it, because the engine gets only its cookies and headers."""
    evidence = replace(evidence, after=_with_session(sites, played.session, evidence.asked))
    try:
        logged_in = _logged_in(evidence, prove(evidence), played.session)
    except LoginFailed as failure:
        unproven = failure.reason in by_browser.UNPROVEN
        if not (logged_in := unproven and _proven_by_scripts(sites, played, evidence)):
            raise by_browser.explained(failure, played) from None
    return replace(logged_in, screenshot=played.screenshot, asked_for=played.asked_as_member)


def _proven_by_scripts(sites: Sites, played: by_browser.Played, evidence: Evidence) -> LoggedIn | None:
    """Prove a login by an address that the page's scripts requested, if the page itself is the same for everybody.

    Such an address refuses strangers. Returns None if none does.
    """
    given = evidence.login.logged_in
    if played.asks_again or not stands_in(given, played.text):
        return None
    candidates = dict.fromkeys([*played.asked_as_member, *(played.asked_for if given else ())])
    for asked in list(candidates)[:MOST_ADDRESSES_ASKED]:
        try:
            before, after = _as_stranger(sites, asked), _with_session(sites, played.session, asked)
            refused = before.status in _REFUSED and asked in played.asked_as_member
            if given or refused:
                # The browser has shown the text already; an address that refuses strangers need not contain it.
                login = replace(evidence.login, logged_in="" if refused else given)
                seen = Evidence(login=login, asked=asked, before=before, after=after)
                return _logged_in(seen, prove(seen), played.session)
        except LoginFailed:
            continue
    return None


def _by_form(login: Login, url: str, sites: Sites) -> LoggedIn:
    asked = proof_url(login, url)
    with Visit(sites) as visitor:
        before = visitor.get(asked, _STRANGER_STEP, strict=False)
        page, form = _login_page(login, url, visitor, before)
        evidence = Evidence(login=login, asked=asked, before=before, after=before, login_page=page, form=form)
        landed = _submitted(login, visitor, page, form) if form else None
        if form and landed.status in _NOT_TAKEN and (other := _other_form(login, url, visitor, before, form)):
            page, form = other
            evidence = replace(evidence, login_page=page, form=form)
            landed = _submitted(login, visitor, page, form)
        if form is None or landed.status in _NOT_TAKEN:
            played = by_browser.fill(login, page.url, url, sites, Session(cookies=visitor.cookies))
            return _proven_by_browser(sites, played, replace(evidence, form=None))
        evidence = replace(evidence, landed=landed, after=visitor.get(asked, PROOF_STEP, strict=False))
        try:
            return _proven_by_form(evidence, visitor)
        except LoginFailed as failure:
            failure.answer = None if login.password in landed.text else landed  # some pages show the password
            if failure.reason != "cannot_tell" or login.logged_in:
                raise
            return _proven_by_login_page(evidence, visitor, failure)


def _proven_by_form(evidence: Evidence, visitor: Visit) -> LoggedIn:
    proof = prove(evidence)
    if proof.page is evidence.landed and proof.page.repeatable:
        # The page may differ the first time, such as by a greeting. The engine will see it as it is the second time.
        again = visitor.get(proof.page.url, PROOF_STEP, strict=False)
        evidence, proof = replace(evidence, landed=again), replace(proof, page=again)
    return _logged_in(evidence, proof, visitor.session)


def _proven_by_login_page(evidence: Evidence, visitor: Visit, failure: LoginFailed) -> LoggedIn:
    """Prove a login by the login page, if it shows its form to strangers only. Otherwise raises `failure`."""
    page = visitor.get(evidence.login_page.url, PROOF_STEP, strict=False)
    evidence = replace(evidence, asked=evidence.login_page.url, before=evidence.login_page, after=page)
    try:
        logged_in = _logged_in(evidence, prove(evidence), visitor.session)
    except LoginFailed:
        raise failure from None
    is_blocked = [signs.is_locked(seen, evidence.before) or signs.wants_code(seen) for seen in (page, evidence.landed)]
    if any(is_blocked) or not logged_in.login_pattern:
        raise failure
    return logged_in


def _submitted(login: Login, visitor: Visit, page: Page, form: LoginForm) -> Page:
    """Send the filled-in form, the one attempt, and return the page that it leads to. Raises LoginFailed."""
    if signs.wants_captcha(form.tag):
        raise LoginFailed("captcha", Reason("form_has_captcha", url=page.shown_url), FORM_STEP)
    if not visitor.reaches(form.action):
        detail = Reason("form_sent_elsewhere", url=page.shown_url, address=shown(form.action))
        raise LoginFailed("out_of_scope", detail, FORM_STEP)
    body, content_type = form.filled(login.username, login.password)
    return visitor.submit(form.method, form.action, body, content_type, page.url, "submitting the login form")


def _login_page(login: Login, url: str, visitor: Visit, before: Page) -> tuple[Page, LoginForm | None]:
    """Return the page with the login form, and the form; without one, the page whose scripts probably create it."""
    pages = []
    for page in _likely_pages(login, url, visitor, before):
        form = find(page, login)
        if form:
            return page, form
        pages.append(page)
    leads_elsewhere = any(page.next_url for page in pages)  # then the login is probably there
    for page in [] if leads_elsewhere else _guessed_pages(login, url, visitor):
        if form := find(page, login):
            return page, form
    usable = [page for page in pages if page.status < 400 and not page.next_url]
    if not usable:
        raise _no_login_page(pages[0])
    return max(usable, key=lambda page: (asks_for_login(page), signs.speaks_of_login(page.url))), None


def _other_form(
    login: Login, url: str, visitor: Visit, before: Page, not_taken: LoginForm
) -> tuple[Page, LoginForm] | None:
    """Return another login form, with its page, that is sent to another address; None if there is none."""
    for page in _likely_pages(login, url, visitor, before):
        form = find(page, login)
        if form and form.action != not_taken.action:
            return page, form
    return None


def _likely_pages(login: Login, url: str, visitor: Visit, before: Page) -> Iterator[Page]:
    """Yield the named login page; otherwise the page a stranger is led to, the target, and their login links."""
    if login.login_url:
        yield visitor.get(urljoin(url, login.login_url), FORM_STEP)
        return
    # Requested one by one, when needed: some sites accept only the form that they sent last.
    yield before
    target = before if proof_url(login, url) == url else visitor.get(url, FORM_STEP, strict=False)
    if target is not before:
        yield target
    links = [link for page in (before, target) for link in signs.login_links(page) if visitor.reaches(link)]
    for link in list(dict.fromkeys(links))[:MAX_LOGIN_LINKS]:
        yield visitor.get(link, FORM_STEP, strict=False)


def _guessed_pages(login: Login, url: str, visitor: Visit) -> Iterator[Page]:
    """Yield pages at the usual addresses of login pages, for sites that do not link to theirs."""
    guesses = [] if login.login_url else [urljoin(url, root + path) for path in USUAL_PATHS for root in ("", "/")]
    for guess in dict.fromkeys(guesses):
        try:
            page = visitor.get(guess, FORM_STEP, strict=False)
        except LoginFailed:
            continue
        if page.status < 400:
            yield page


def _no_login_page(page: Page) -> LoginFailed:
    if page.next_url:
        return out_of_scope(page, FORM_STEP)
    detail = Reason("page_answers", url=page.shown_url, status=page.status)
    return LoginFailed("login_page_unreachable", detail, FORM_STEP)


def _logged_in(evidence: Evidence, proof: Proof, session: Session) -> LoggedIn:
    seen = witness(evidence, proof)
    if (pattern := evidence.login.logged_out) and _is_on(pattern, seen.page):
        raise LoginFailed("pattern_useless", Reason("pattern_on_logged_in_page", url=seen.page.shown_url), PROOF_STEP)
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


def _is_on(pattern: str, page: Page) -> bool:
    """Return whether a user's pattern matches a page. Raises LoginFailed for one that is invalid or takes too long."""
    try:
        re.compile(pattern)  # the engine uses `re`, which accepts less than `regex`; only `regex` has a time limit
        return regex.search(pattern, page.html, timeout=SECONDS_FOR_A_PATTERN, concurrent=True) is not None
    except TimeoutError:
        detail = Reason("pattern_too_slow", count=SECONDS_FOR_A_PATTERN)
        raise LoginFailed("pattern_useless", detail, PROOF_STEP) from None
    except (re.error, regex.error) as error:
        raise LoginFailed("pattern_useless", Reason("pattern_invalid", error=error), PROOF_STEP) from error
