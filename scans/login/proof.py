"""Proof that a login worked: a page shows something to who is logged in that it does not show to a stranger."""

import re
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from scans.login import signs
from scans.login.base import HTTP_METHODS, Login, Method
from scans.login.login_form import LoginForm, asks_for_login
from scans.login.outcome import LoginFailed
from scans.login.page import Page, shown
from scans.reasons import Reason

STEP = "proof"
_ADDRESSES = ("/", "http://", "https://")  # the beginning of a given proof that is an address, not a text


@dataclass(frozen=True)
class Proof:
    """The reason to believe a login, and the page that shows it."""

    detail: Reason
    page: Page


@dataclass(frozen=True)
class Witness:
    """The address to request again to see whether a login holds, and the signs on its page.

    With the login, the page matches `pattern`, if there is one. Without it, the visitor is redirected to `login_url`,
    or sees a page that matches `login_pattern`, if there are such; or is refused with a status such as 401.
    """

    page: Page
    url: str
    pattern: str = ""
    login_url: str = ""
    login_pattern: str = ""


def proof_url(login: Login, url: str) -> str:
    """Return the address of the page to look at: the one that proves the login, if it names one, else the target.

    Raises LoginFailed if the address is not valid.
    """
    try:
        return urljoin(url, login.logged_in) if _names_address(login) else url
    except ValueError:
        raise LoginFailed("out_of_scope", Reason("leads_nowhere", url=shown(login.logged_in)), STEP) from None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The pages seen during one login: the page at `asked` `before` and `after` it, and those in between.

    `login_page` had the form, or is None; `second_form` asked for the password after it, if it asked for the user name
    alone. `landed` is the page that sending the last of them led to.
    """

    login: Login
    asked: str
    before: Page
    after: Page
    login_page: Page | None = None
    form: LoginForm | None = None
    second_form: LoginForm | None = None
    landed: Page | None = None

    @property
    def strangers(self) -> list[Page]:
        """The pages seen without the login."""
        return [page for page in (self.before, self.login_page) if page is not None]

    @property
    def reached(self) -> list[Page]:
        """The target's pages seen with the login that do not ask for one; none if `asked` still asks for it."""
        if self._still_asks(self.after) and not (self.login_page and self.asked == self.login_page.url):
            return []
        pages = [page for page in (self.after, self.landed) if page is not None and page.status < 400]
        ours = [page for page in pages if urlsplit(page.url)[:2] == urlsplit(self.asked)[:2]]
        return [page for page in ours if not self._still_asks(page)]

    def asks(self, page: Page) -> bool:
        """Return whether a page asks for the login: by its status or form, or as a login page instead of `asked`."""
        if self.login.method in HTTP_METHODS:
            return page.status == 401
        if self.form:
            return self.form.is_on(page) or (self.second_form is not None and self.second_form.is_on(page))
        return asks_for_login(page) or self._is_login_page(page)

    def refuses_strangers(self) -> bool:
        """Return whether a stranger was asked to log in."""
        left_the_site = bool(self.before.next_url) and not self.after.next_url
        return self.before.status in (401, 403) or self.asks(self.before) or left_the_site

    def _still_asks(self, page: Page) -> bool:
        return self.asks(page) and not self._lets_in(page)

    def _lets_in(self, page: Page) -> bool:
        """Return whether `asked` now shows this page with a logout, and led strangers to a login page before.

        A login form on it means nothing then: some pages have a hidden one.
        """
        led_away = self.before.path != page.path and self._is_login_page(self.before)
        if page is not self.after or not led_away or self._is_login_page(page):
            return False
        return signs.offers_logout(page) and not any(signs.offers_logout(stranger) for stranger in self.strangers)

    def _is_login_page(self, page: Page) -> bool:
        if page.path == (urlsplit(self.asked).path or "/"):
            return False
        known = self.login_page is not None and page.path == self.login_page.path
        return known or signs.speaks_of_login(page.path)


def prove(evidence: Evidence) -> Proof:
    """Return the proof that this login worked. Raises LoginFailed with the reason why it did not, or cannot be told."""
    if _names_address(evidence.login):
        proof = _by_address(evidence)
    elif evidence.login.logged_in:
        proof = _by_text(evidence)
    else:
        proof = _by_difference(evidence)
    if proof is None:
        raise _refusal(evidence)
    return proof


def _names_address(login: Login) -> bool:
    return login.logged_in.startswith(_ADDRESSES)


def _by_address(evidence: Evidence) -> Proof | None:
    before, after = evidence.before, evidence.after
    if after not in evidence.reached or after.path != (urlsplit(evidence.asked).path or "/"):
        return None
    if not evidence.refuses_strangers() and before.path == after.path and before.status < 400:
        raise _cannot_tell("address_proves_nothing", url=shown(evidence.asked))
    return Proof(Reason("login_proved_by_address", url=shown(evidence.asked)), after)


def _by_text(evidence: Evidence) -> Proof | None:
    """Look for the text first in what a visitor reads, then in the whole HTML."""
    text = _folded(evidence.login.logged_in)
    everywhere = False
    for page in evidence.reached:
        for part in (_read, _source):
            if text not in part(page):
                continue
            if not any(text in part(stranger) for stranger in evidence.strangers):
                return Proof(Reason("login_proved_by_text", text=evidence.login.logged_in, url=page.shown_url), page)
            everywhere = True
    if everywhere:
        raise _cannot_tell("text_proves_nothing", text=evidence.login.logged_in)
    return None


def stands_in(logged_in: str, read: str) -> bool:
    """Return whether `read`, the text of a page, contains the given text. An address is not a text."""
    return not logged_in.startswith(_ADDRESSES) and _folded(logged_in) in _folded(read)


def _read(page: Page) -> str:
    return _folded(page.text)


def _source(page: Page) -> str:
    return _folded(page.html)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _by_difference(evidence: Evidence) -> Proof | None:
    if evidence.after in evidence.reached and evidence.refuses_strangers():
        return Proof(Reason("login_proved_by_address", url=shown(evidence.asked)), evidence.after)
    if any(signs.offers_logout(stranger) for stranger in evidence.strangers):
        return None
    for page in evidence.reached:
        if signs.offers_logout(page):
            return Proof(Reason("login_proved_by_logout", url=page.shown_url), page)
    return None


def witness(evidence: Evidence, proof: Proof) -> Witness:
    """Return the sign that shows later whether this login still holds. Raises LoginFailed if there is none.

    The given text is best; then the way strangers are refused; then a logout or the user name, which strangers do not
    see; last, that strangers are redirected to another page.
    """
    pages = [page for page in (proof.page, evidence.after) if page in evidence.reached and page.repeatable]
    login_url = _login_url(evidence)
    for page in pages:
        seen = Witness(page, page.url, login_url=login_url, login_pattern=_login_pattern(evidence, page))
        if pattern := _mark(evidence, page, _words(evidence.login.logged_in)):
            return replace(seen, pattern=pattern)
        if page is evidence.after and (guarded := _guarded_address(evidence, seen)):
            return replace(seen, url=guarded)
        ways_out = re.escape(signs.logout_word(page.html)), _read_as(signs.logout_word(page.text))
        if pattern := _mark(evidence, page, *ways_out, _words(evidence.login.username)):
            return replace(seen, pattern=pattern)
        elsewhere = replace(seen, login_url=_mark_of_redirect(evidence.before))
        if page is evidence.after and _guarded_address(evidence, elsewhere) == page.url:
            return elsewhere
    raise _cannot_tell("end_not_seen", proof=proof.detail)


def _mark(evidence: Evidence, page: Page, *patterns: str) -> str:
    """Return the first pattern that matches this page's HTML and no page of a stranger; or an empty text."""
    for pattern in filter(None, patterns):
        if re.search(pattern, page.html) and not any(re.search(pattern, other.html) for other in evidence.strangers):
            return pattern
    return ""


def _words(text: str) -> str:
    """Return a pattern for HTML that a visitor reads as this text; empty for an address.

    Also empty for one or two characters, which are on any page.
    """
    return "" if len(text) < 3 or text.startswith(_ADDRESSES) else _read_as(text)


def _read_as(text: str) -> str:
    """Return a pattern for HTML that reads as this text, with markup between words and entities for letters."""
    between = r"(?:\s|&nbsp;|<[^<>]*>)+"
    words = ["".join(map(_letter, word)) for word in text.split()]
    return f"(?i){between.join(words)}" if words else ""


def _letter(letter: str) -> str:
    """Return a pattern for one letter in HTML: as it is, or as an entity."""
    plain = letter.isascii() and letter not in "&<>\"'"
    return re.escape(letter) if plain else rf"(?:{re.escape(letter)}|&#?\w+;)"


def _login_url(evidence: Evidence) -> str:
    """Return the mark of the login page, or of the page that strangers are led to; empty if there is none."""
    if evidence.login_page:
        return signs.login_mark(evidence.login_page.url)
    if evidence.before.next_url or evidence.before.url != evidence.asked:
        return _mark_of_redirect(evidence.before)
    return ""


def _mark_of_redirect(page: Page) -> str:
    """Return the mark of the page that a redirect led to, or leads to outside the target."""
    return signs.login_mark(page.next_url or page.url)


def _login_pattern(evidence: Evidence, page: Page) -> str:
    """Return a pattern that matches the login form and not this page; or an empty text."""
    if evidence.form:
        name = evidence.form.password_field or evidence.form.username_field
        pattern = rf"name\s*=\s*[\"']?{re.escape(name)}[\"'\s/>]"
    elif asks_for_login(evidence.before):
        pattern = r"(?i)type\s*=\s*[\"']?password\b"
    else:
        return ""
    return "" if re.search(pattern, page.html) else pattern


def _guarded_address(evidence: Evidence, seen: Witness) -> str:
    """Return the address that refuses strangers, or shows them the login, and lets in who is logged in; or empty.

    It is the last address of a chain of redirects: an engine follows none, and a redirect for everybody is no sign.
    """
    before, page = evidence.before, seen.page
    addresses = []
    if 400 <= before.status < 500 or (seen.login_pattern and re.search(seen.login_pattern, before.html)):
        addresses.append(before.url)
    led_away = before.next_url or before.url not in (evidence.asked, page.url)
    if led_away and _mark_of_redirect(before) == seen.login_url:
        addresses.append(before.url if before.redirects else before.led_by)
    if evidence.login.method in HTTP_METHODS and not evidence.login.login_url:
        addresses.append(page.url)
    return next((address for address in addresses if address in (evidence.asked, page.url)), "")


def _refusal(evidence: Evidence) -> LoginFailed:
    """Return the error for a login that failed, judged by the page that the site showed last."""
    seen = evidence.landed or evidence.after
    answer = {"url": seen.shown_url, "status": seen.status}
    asked_again = evidence.asks(seen) or evidence.asks(evidence.after)
    if signs.is_locked(seen, evidence.login_page or evidence.before):
        return LoginFailed("account_locked", Reason("page_speaks_of_lock", url=seen.shown_url), STEP)
    if signs.wants_code(seen) and not evidence.asks(seen):
        return LoginFailed("second_factor", Reason("page_asks_for_code", url=seen.shown_url), STEP)
    if asked_again and signs.wants_captcha(seen.soup):
        return LoginFailed("captcha", Reason("page_asks_for_captcha", url=seen.shown_url), STEP)
    if evidence.before.status == 401 and seen.status in (403, 404, 405):
        return _cannot_tell("page_hides_login", **answer)
    if refused := _refused(evidence, seen, asked_again=asked_again):
        return refused
    if seen.status >= 500:
        return LoginFailed("login_page_unreachable", Reason("page_fails_on_login", **answer), STEP)
    if evidence.login.logged_in:
        detail = Reason("text_not_found", text=evidence.login.logged_in, url=evidence.after.shown_url)
        return LoginFailed("verification_text_missing", detail, STEP)
    headers_alone = evidence.login.method == Method.HEADERS  # which may be no login at all
    return _cannot_tell("looks_alike_with_headers" if headers_alone else "looks_alike", url=shown(evidence.asked))


def _refused(evidence: Evidence, seen: Page, *, asked_again: bool) -> LoginFailed | None:
    """Return the error for a login that the site refused; the credentials are wrong only if the site says so."""
    says = signs.said_new(seen, evidence.strangers)
    refuses = Reason("page_refuses_login", url=seen.shown_url, status=seen.status)
    quoted = signs.quoted(seen.shown_url, says, evidence.login.password)
    if says and signs.says_wrong(says) and (asked_again or seen is evidence.landed):
        return LoginFailed("wrong_credentials", quoted, STEP)
    # With each request's own credentials, a status is the site's word for them; after a form it may mean anything.
    is_form = evidence.login.method in (Method.FORM, Method.SCRIPT)
    if seen.status == 401 or evidence.after.status == 401 or (seen.status == 403 and not is_form):
        return LoginFailed("wrong_credentials", refuses, STEP)
    if seen.status == 403:
        return LoginFailed("not_let_in", Reason("both", first=refuses, second=quoted) if says else refuses, STEP)
    if asked_again:
        asks = Reason("page_asks_again", url=seen.shown_url)
        return LoginFailed("not_let_in", Reason("both", first=asks, second=quoted) if says else asks, STEP)
    return None


def _cannot_tell(code: str, **facts) -> LoginFailed:
    return LoginFailed("cannot_tell", Reason(code, **facts), STEP)
