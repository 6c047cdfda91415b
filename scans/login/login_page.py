"""The page with the login form: searched where a visitor would find it, in its frames too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpx

from scans.login import signs
from scans.login.base import Login
from scans.login.login_form import STEP, LoginForm, asks_for_login, find, find_name_form
from scans.login.outcome import LoginFailed
from scans.login.page import Page, shown
from scans.login.proof import proof_url
from scans.login.visibility import Visibility
from scans.login.visit import Visit, out_of_scope
from scans.reasons import Reason

MAX_LOGIN_LINKS = 3
MAX_FRAMES = 5
USUAL_PATHS = ("login", "signin", "accounts/login/", "users/sign_in", "user/login", "auth/login", "admin/login/")


@dataclass(frozen=True)
class Found:
    """A page with its login form, or without one: then its scripts probably make it.

    `outer` is the page that a visitor opens; it differs from `page` if that stands in its frame.
    """

    page: Page
    form: LoginForm | None
    outer: Page


@dataclass
class Search:
    """One search for the login form of a site, for a visitor who has just seen the page `before` the login."""

    login: Login
    url: str
    visitor: Visit
    before: Page
    foreign: list[tuple[Page, str]] = field(default_factory=list)  # pages with the frames that are not on the target

    def run(self) -> Found:
        """Return the page with the login form, and the form; without one, the page whose scripts probably create it.

        A form that asks for user name and password is preferred to one that asks for the name first. Raises
        LoginFailed if no page can be had.
        """
        pages, first_step = [], None
        for outer, page in self._with_frames(self._likely_pages()):
            if form := find(page, self.login):
                return Found(page, form, outer)
            first_step = first_step or (find_name_form(page, self.login) and Found(page, None, outer))
            pages.append(outer)
        if first_step:
            return self._again(first_step)
        leads_elsewhere = any(page.next_url for page in pages)  # then the login is probably there
        for outer, page in [] if leads_elsewhere else self._with_frames(self._guessed_pages()):
            if form := find(page, self.login) or find_name_form(page, self.login):
                return Found(page, form, outer)
        usable = [page for page in pages if page.status < 400 and not page.next_url]
        if not usable:
            raise _no_login_page(pages[0])
        best = max(usable, key=lambda page: (asks_for_login(page), signs.speaks_of_login(page.url)))
        return Found(best, None, best)

    def other_form(self, not_taken: LoginForm) -> Found | None:
        """Return another login form that is sent to another address; None if there is none."""
        for outer, page in self._with_frames(self._likely_pages()):
            form = find(page, self.login)
            if form and form.action != not_taken.action:
                return Found(page, form, outer)
        return None

    def in_foreign_frame(self) -> LoginFailed | None:
        """Return the error that names a frame of another site, which may have the form; None if there is none."""
        if not self.foreign:
            return None
        page, address = self.foreign[0]
        detail = Reason("form_may_be_in_frame", url=page.shown_url, address=shown(address))
        return LoginFailed("form_in_frame", detail, STEP)

    def _again(self, found: Found) -> Found:
        """Return the form as the site sends it now: some take only the form that they sent last."""
        page = found.page
        if page.repeatable:
            page = self.visitor.get(page.url, STEP, strict=False)
        form = find_name_form(page, self.login) or find_name_form(found.page, self.login)
        return Found(page, form, found.outer if found.outer is not found.page else page)

    def _with_frames(self, pages: Iterator[Page]) -> Iterator[tuple[Page, Page]]:
        """Yield each page with itself, and with the pages of its frames, one level deep."""
        for page in pages:
            yield page, page
            for frame in self._frames(page):
                yield page, frame

    def _frames(self, page: Page) -> Iterator[Page]:
        for tag in frames_of(page):
            if document := str(tag.get("srcdoc", "")):
                yield Page(page.url, page.status, httpx.Headers(), document, repeatable=False, encoding=page.encoding)
                continue
            address = page.absolute(str(tag.get("src", "")))
            if self.visitor.reaches(address):
                yield self.visitor.get(address, STEP, strict=False)
            elif address.startswith(("http:", "https:")):
                self.foreign.append((page, address))

    def _likely_pages(self) -> Iterator[Page]:
        """Yield the named login page; otherwise the page a stranger is led to, the target, and their login links."""
        login, visitor, before = self.login, self.visitor, self.before
        if login.login_url:
            yield visitor.get(urljoin(self.url, login.login_url), STEP)
            return
        # Requested one by one, when needed: some sites accept only the form that they sent last.
        yield before
        is_target = proof_url(login, self.url) == self.url
        target = before if is_target else visitor.get(self.url, STEP, strict=False)
        if target is not before:
            yield target
        links = [link for page in (before, target) for link in signs.login_links(page) if visitor.reaches(link)]
        for link in list(dict.fromkeys(links))[:MAX_LOGIN_LINKS]:
            yield visitor.get(link, STEP, strict=False)

    def _guessed_pages(self) -> Iterator[Page]:
        """Yield pages at the usual addresses of login pages, for sites that do not link to theirs."""
        named = bool(self.login.login_url)
        guesses = [] if named else [urljoin(self.url, root + path) for path in USUAL_PATHS for root in ("", "/")]
        for guess in dict.fromkeys(guesses):
            try:
                page = self.visitor.get(guess, STEP, strict=False)
            except LoginFailed:
                continue
            if page.status < 400:
                yield page


def frames_of(page: Page) -> list:
    """Return the frames of a page that a visitor sees, in page order."""
    visibility, found = Visibility(page), []
    for tag in page.soup.find_all(["iframe", "frame"], limit=4 * MAX_FRAMES):
        sizes = {str(tag.get(name, "")).strip().removesuffix("px") for name in ("width", "height")}
        is_tiny = bool(sizes & {"0", "1"})
        if not is_tiny and not tag.find_parent("noscript") and not visibility.hides(tag, page.soup):
            found.append(tag)
    return found[:MAX_FRAMES]


def _no_login_page(page: Page) -> LoginFailed:
    if page.next_url:
        return out_of_scope(page, STEP)
    detail = Reason("page_answers", url=page.shown_url, status=page.status)
    return LoginFailed("login_page_unreachable", detail, STEP)
