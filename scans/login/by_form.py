"""Logging in with a form: over HTTP where that is certain to be what a browser sends, else in a browser.

One attempt is one password sent. A page whose scripts may change what is sent is left to the browser, so that the
site never counts an attempt that could not succeed. Two passwords are sent in two cases only: the first was sent to an
address that takes no form (404, 405, 501), or the site answered by asking for the password alone, one step further.
"""

from dataclasses import replace

from scans.engines.base import Session
from scans.login import by_browser, signs
from scans.login.base import Login
from scans.login.login_form import STEP, LoginForm, find_password_form
from scans.login.login_page import Found, Search, frames_of
from scans.login.outcome import LoggedIn, LoginFailed
from scans.login.page import Page, shown
from scans.login.proof import STEP as PROOF_STEP
from scans.login.proof import Evidence, proof_url, prove
from scans.login.proven import STRANGER_STEP, as_stranger, logged_in
from scans.login.scripts import may_change
from scans.login.visit import Sites, Visit
from scans.reasons import Reason

# The answers to a form that only scripts can send, when we send it: no such address, or no such method.
_NOT_TAKEN = (404, 405, 501)
# The failures of a browser that has sent no password.
_NOTHING_SENT = ("no_login_form", "form_in_frame", "field_missing", "page_unreachable")
_SENDING = "submitting the login form"


def log_in_by_form(login: Login, url: str, sites: Sites) -> LoggedIn:
    """Log in with the login form that is found on the target or its login page. Raises LoginFailed."""
    with Visit(sites) as visitor:
        before = visitor.get(proof_url(login, url), STRANGER_STEP, strict=False)
        return _FormLogin(login, url, sites, visitor, before).run()


class _SecondStepHasScripts(Exception):
    """The page that asks for the password must be left to the browser, which sends the user name once more."""


class _FormLogin:
    """One login with a form."""

    def __init__(self, login: Login, url: str, sites: Sites, visitor: Visit, before: Page):
        self.login, self.url, self.sites, self.visitor = login, url, sites, visitor
        self.search = Search(login, url, visitor, before)
        self.found = self.search.run()
        asked = proof_url(login, url)
        self.evidence = Evidence(login=login, asked=asked, before=before, after=before)

    def run(self) -> LoggedIn:
        """Log in, and return the proven login."""
        self._note(self.found)
        if self.found.form is None:
            return self._by_browser()
        if self._needs_browser(self.found.page, self.found.form):
            try:
                return self._by_browser()
            except LoginFailed as failure:
                if failure.reason not in _NOTHING_SENT:
                    raise
        try:
            return self._by_http()
        except _SecondStepHasScripts:
            return self._by_browser()
        except LoginFailed as failure:
            raise self._explained(failure) from None

    def _note(self, found: Found) -> None:
        self.found = found
        self.evidence = replace(self.evidence, login_page=found.page, form=found.form)

    def _needs_browser(self, page: Page, form: LoginForm) -> bool:
        """Return whether scripts may change what the form sends, and there is a browser to run them."""
        return by_browser.is_there() and may_change(page, form.tag, self.visitor.reaches)

    def _by_browser(self) -> LoggedIn:
        session = Session(cookies=self.visitor.cookies)
        try:
            played = by_browser.fill(self.login, self.found.outer.url, self.url, self.sites, session)
        except LoginFailed as failure:
            raise (failure.reason == "no_login_form" and self.search.in_foreign_frame()) or failure from None
        return by_browser.proven(self.sites, played, self.evidence)

    def _explained(self, failure: LoginFailed) -> LoginFailed:
        """The failure of a form that was sent as it stands; perhaps only because there is no browser."""
        if failure.reason != "not_let_in" or not may_change(*self._page_and_tag, self.visitor.reaches):
            return failure
        detail = Reason("both", first=failure.why, second=Reason("page_has_scripts", url=self.found.page.shown_url))
        explained = LoginFailed("browser_missing", detail, failure.step)
        explained.answer = failure.answer
        return explained

    @property
    def _page_and_tag(self) -> tuple:
        return self.found.page, self.found.form.tag

    def _by_http(self) -> LoggedIn:
        landed = self._send(self.found.page, self.found.form)
        if landed.status in _NOT_TAKEN and (other := self.search.other_form(self.found.form)):
            self._note(other)
            landed = self._send(other.page, other.form)
        if landed.status in _NOT_TAKEN:
            self._note(replace(self.found, form=None))
            return self._by_browser()
        return self._proven(landed)

    def _send(self, page: Page, form: LoginForm) -> Page:
        """Send the filled-in form, and the one that asks for the password after it, if there is one."""
        landed = self._submitted(page, form)
        following = find_password_form(landed, self.login) if landed.status < 400 else None
        if not form.password_field:
            if following is None:
                raise self._no_second_step(landed)
        elif not self._is_one_step_further(form, following, landed):
            return landed
        if self._needs_browser(landed, following):
            raise _SecondStepHasScripts
        self.evidence = replace(self.evidence, second_form=following)
        return self._submitted(landed, following)

    def _is_one_step_further(self, form: LoginForm, following: LoginForm | None, landed: Page) -> bool:
        """Return whether the site took the name and asks for the password, without having refused anything."""
        if following is None or following.username_field or not form.username_field:
            return False
        complains = signs.said_new(landed, self.evidence.strangers, by_scripts=True)
        return following.action != form.action and not complains

    def _no_second_step(self, landed: Page) -> LoginFailed:
        """The error for a page that follows the user name and asks for no password."""
        if said := signs.said_new(landed, self.evidence.strangers):
            reason = "wrong_credentials" if signs.says_wrong(said) else "not_let_in"
            return LoginFailed(reason, signs.quoted(landed.shown_url, said, self.login.password), STEP)
        return LoginFailed("no_login_form", Reason("page_asks_no_password", url=landed.shown_url), STEP)

    def _submitted(self, page: Page, form: LoginForm) -> Page:
        """Send one filled-in form, and return the page that it leads to. Raises LoginFailed."""
        if signs.wants_captcha(form.tag):
            raise LoginFailed("captcha", Reason("form_has_captcha", url=page.shown_url), STEP)
        if not self.visitor.reaches(form.action):
            detail = Reason("form_sent_elsewhere", url=page.shown_url, address=shown(form.action))
            raise LoginFailed("out_of_scope", detail, STEP)
        body, content_type = form.filled(self.login.username, self.login.password)
        return self.visitor.submit(form.method, form.action, body, content_type, page.url, _SENDING)

    def _proven(self, landed: Page) -> LoggedIn:
        after = self.visitor.get(self.evidence.asked, PROOF_STEP, strict=False)
        self.evidence = replace(self.evidence, landed=landed, after=after)
        try:
            return self._proven_as_it_is()
        except LoginFailed as failure:
            # Some pages show the password.
            failure.answer = None if self.login.password in landed.text else landed
            if failure.reason != "cannot_tell" or self.login.logged_in:
                raise
            return self._proven_elsewhere(failure)

    def _proven_as_it_is(self) -> LoggedIn:
        evidence, proof = self.evidence, prove(self.evidence)
        if proof.page is evidence.landed and proof.page.repeatable:
            # The page may differ the first time, such as by a greeting. The engine will see it as the second time.
            again = self.visitor.get(proof.page.url, PROOF_STEP, strict=False)
            evidence, proof = replace(evidence, landed=again), replace(proof, page=again)
        return logged_in(evidence, proof, self.visitor.session)

    def _proven_elsewhere(self, failure: LoginFailed) -> LoggedIn:
        """Prove a login by the login page, or a frame of the page, that strangers see otherwise. Else raises `failure`.

        A site made of frames shows the same page to everybody; what is in its frames differs.
        """
        pages = {self.found.page.url: self.found.page}
        after = self.evidence.after
        for address in (after.absolute(str(tag.get("src", ""))) for tag in frames_of(after)):
            if self.visitor.reaches(address):
                pages.setdefault(address, None)
        for address, before in pages.items():
            try:
                return self._proven_at(address, before or as_stranger(self.sites, address))
            except LoginFailed as other:
                # A page that looks alike does not tell, its frame that still asks for the login does.
                if other.reason == "not_let_in" and address == self.found.page.url != self.found.outer.url:
                    asks = Reason("page_asks_again", url=shown(address))
                    failure = LoginFailed(other.reason, asks, PROOF_STEP)
        raise failure

    def _proven_at(self, address: str, before: Page) -> LoggedIn:
        page = self.visitor.get(address, PROOF_STEP, strict=False)
        evidence = replace(self.evidence, asked=address, before=before, after=page)
        proven = logged_in(evidence, prove(evidence), self.visitor.session)
        landed = self.evidence.landed
        is_blocked = any(
            signs.is_locked(seen, self.evidence.before) or signs.wants_code(seen) for seen in (page, landed)
        )
        if is_blocked or (address == self.found.page.url and not proven.login_pattern):
            raise LoginFailed("cannot_tell", Reason("looks_alike", url=shown(address)), PROOF_STEP)
        return proven
