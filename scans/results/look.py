"""One look at a finding: its request sent again, and the requests that it is compared with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from secrets import choice
from time import sleep
from typing import TYPE_CHECKING, Protocol

from scans.engines.base import Cookie
from scans.login.page import Page
from scans.models import Finding
from scans.results.signs import without_news
from scans.results.stored_request import StoredRequest, parse_request
from scans.results.verdicts import NotReplayable, Refused, Verdict, not_reproduced
from scans.targets.cookies import as_kept
from scans.targets.http_client import Answer
from scans.targets.refusal import Seen, alike, goal, refusal, says_slow_down, seen

if TYPE_CHECKING:
    from bs4 import Tag

# The same time as the engine's (engines.base.Job), so that silence means the same for both.
TIMEOUT_SECONDS = 10
_HARMLESS = "1"  # a value that is as good a number as it is a text
_OWN_VALUE = re.compile(r"[\w ][\w .@-]*")  # the value before the attack, which engines put in front of it
_MARK = re.compile(r"w[0-9a-z]{9}")  # the word by which the engine knows its own text again
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NO_LONGER_THERE = (404, 410)
# Answers that say by their status alone that something in front of the site gave them.
_WANTS_LOGIN, _TOO_MANY, _IS_DOWN = 401, 429, (502, 503, 504, *range(520, 531))
_TOKEN_NAMES = frozenset(
    "authenticity_token _token csrf_token csrfname csrftoken anticsrf __requestverificationtoken token csrf "
    "_csrf_token xsrf_token _csrf csrf-token xsrf-token _wpnonce csrfmiddlewaretoken __csrf_token__ csrfkey "
    "sectok".split()
)


class Ask(Protocol):
    """Sends a request to the site and returns the answer. `anonymous`: without the scan's login."""

    def __call__(self, request: StoredRequest, *, anonymous: bool = False) -> Answer: ...


class Look:
    """The finding, its request, and sending it. `usual` is what its address answers to everybody, if that is known.

    `login_cookies` are those of the login that was made for the looks.

    Methods that send raise Refused when the site turns the request away, httpx.HTTPError or OSError without an answer.
    """

    def __init__(
        self,
        finding: Finding,
        ask: Ask,
        *,
        usual: Seen | None = None,
        rest: Callable[[float], object] = sleep,
        login_cookies: Iterable[Cookie] = (),
    ):
        self.finding = finding
        self.login_cookies = [as_kept(cookie) for cookie in login_cookies]
        self.request = parse_request(finding.http_request)
        self.rest = rest
        self._ask = ask
        self._usual = usual or self._evidence()

    @property
    def payload(self) -> str:
        """The attack's value of the finding's parameter; empty if the request has no such parameter."""
        return self.request.value_of(self.finding.parameter)

    @property
    def mark(self) -> str:
        """The engine's own word in the payload; empty without one."""
        found = _MARK.search(self.payload)
        return found[0] if found else ""

    def marked_anew(self) -> StoredRequest:
        """Return the request with another mark: the page may still show what the engine left there."""
        if not (mark := self.mark):
            return self.request
        new = "w" + "".join(choice(_LETTERS) for _ in mark[1:])
        return self.request.with_value(self.finding.parameter, self.payload.replace(mark, new))

    def answer(self, request: StoredRequest | None = None) -> Answer:
        """Send the finding's request, or a variant of it, and return the answer."""
        return self._checked(self._ask(request or self.request), self._usual)

    def plain_answer(self, request: StoredRequest, *, anonymous: bool = False) -> Answer:
        """Send another request, of which nobody knows the usual answer."""
        return self._checked(self._ask(request, anonymous=anonymous), None)

    def raw_answer(self, request: StoredRequest) -> Answer:
        """Send a request whose refusal by its status is an answer too."""
        return self._refuse_notice(self._ask(request))

    @staticmethod
    def _refuse_notice(answer: Answer) -> Answer:
        """Return the answer. Raises Refused for a page that only asks us to send less: others come a moment later."""
        if says_slow_down(answer.status, answer.body):
            raise Refused("refused_too_many", status=answer.status)
        return answer

    def refuse_if_down(self, answer: Answer) -> None:
        """Raise Refused for an answer by which a site, or something in front of it, is down or wants fewer requests."""
        if answer.status in (_TOO_MANY, *_IS_DOWN):
            self._checked(answer, None)

    def refuse_if_banned(self, answer: Answer) -> None:
        """Raise Refused for an answer whose status the site has for everything, an invented address too."""
        self.refuse_if_down(answer)
        if self._ask(self._invented()).status == answer.status and answer.status not in _NO_LONGER_THERE:
            raise Refused("same_for_everybody", status=answer.status)

    def harmless(self) -> StoredRequest | None:
        """Return the request without its attack; None if that cannot be told from it."""
        payload = self.payload
        if not payload:
            return None
        own = _OWN_VALUE.match(payload)
        value = own[0] if own and len(own[0]) < len(payload) and own[0].strip() else _HARMLESS
        harmless = self.request.with_value(self.finding.parameter, value)
        return harmless if harmless != self.request else None

    def control(self) -> Answer | None:
        """Return the answer to the harmless request; None if there is none."""
        harmless = self.harmless()
        return self.answer(harmless) if harmless else None

    def absent(self, answer: Answer, code: str, **facts) -> Verdict:
        """Return the verdict on an answer without the sign of the weakness: not reproduced, with this reason.

        Raises NotReplayable for an answer that the site gives to everybody.
        """
        then = self.finding.evidence_status
        if then and answer.status != then and answer.status not in _NO_LONGER_THERE:
            control = self.control() if answer.status >= 300 else None
            if control and (control.status, _goal(control)) == (answer.status, _goal(answer)):
                raise NotReplayable("same_for_everybody", status=answer.status)
        if answer.status < 300 and self._usual and not alike(_as_seen(answer), self._usual):
            self._refuse_page_of_everybody(answer)
        return not_reproduced(code, **facts)

    def _refuse_page_of_everybody(self, answer: Answer) -> None:
        """Raise Refused if an address that does not exist has the same page: maintenance, or a block page."""
        there = self._ask(self._invented())
        if there.status == answer.status and without_news(there.body) == without_news(answer.body):
            raise Refused("same_for_everybody", status=answer.status)

    def _invented(self) -> StoredRequest:
        return self.request.page(f"/{''.join(choice(_LETTERS) for _ in range(12))}")

    def _evidence(self) -> Seen | None:
        """The answer of this address when the engine found the weakness."""
        found = self.finding
        if not found.evidence_status or found.module == "permanentxss":  # whose evidence is another page
            return None
        headers = {name.lower(): value for name, value in found.evidence_headers}
        return seen(found.evidence_status, headers, found.evidence_body)

    def _checked(self, answer: Answer, usual: Seen | None) -> Answer:
        """Return the answer. Raises Refused if it comes from something in front of the site, or turns us away."""
        if usual and answer.status == usual.status and answer.status in (_WANTS_LOGIN, *_IS_DOWN):
            return answer
        if answer.status == _WANTS_LOGIN:
            raise Refused("wants_login_now", status=answer.status)
        if answer.status in _IS_DOWN:
            raise Refused("is_down_now", status=answer.status)
        if why := refusal(answer.status, answer.headers, answer.body, usual):
            raise Refused(why)
        self._refuse_notice(answer)
        if usual is None and 400 <= answer.status < 500 and answer.status not in _NO_LONGER_THERE:
            raise Refused("refused_block_page", status=answer.status, usual=200)  # or it had not found anything here
        return answer

    def is_as_found(self, answer: Answer) -> bool:
        """Return whether an answer is the page that the engine kept, apart from news."""
        found = self._evidence()  # the usual answer of the address may be the redirect that led the engine there
        return found is not None and alike(_as_seen(answer), found)

    def form(self) -> dict[str, str] | None:
        """Return the fields of the form that the request came from, as its page has them now; None if it is not there.

        The request keeps its cookies, and gets those that the page sets.
        """
        referer = self.request.header("referer")
        if self.request.method != "POST" or not referer:
            return None
        answer = self.plain_answer(self.request.page(referer))
        self.request = _with_cookies_of(answer, self.request)
        page = Page(url=referer, status=answer.status, headers=answer.headers, html=answer.body)
        forms = [(form, _fields_of(form)) for form in page.soup.find_all("form")]
        found = [(likeness, fields) for form, fields in forms if (likeness := self._likeness(page, form, fields))]
        return max(found, key=lambda one: one[0])[1] if found else None

    def _likeness(self, page: Page, form: Tag, fields: dict[str, str]) -> tuple[bool, int] | None:
        """Return how much a form of the page is that of this request, for `max`; None if it leads elsewhere.

        Several forms may lead to one path: they differ in their query or in their fields.
        """
        action = StoredRequest("POST", page.absolute(form.get("action") or "") or page.url, {}, "")
        shared = len({*self.request.field_names} & fields.keys())
        if str(form.get("method", "")).lower() != "post" or action.path != self.request.path or not shared:
            return None
        return action.query == self.request.query, shared

    def renew_token(self) -> None:
        """Give a form's token its value of today: with the old one a site takes no form."""
        tokens = [name for name in self.request.field_names if name.lower() in _TOKEN_NAMES]
        tokens = [name for name in tokens if name != self.finding.parameter]
        if not tokens:
            return
        fields = self.form()
        if fields is None or not any(fields.get(name) for name in tokens):
            raise NotReplayable("form_token_old")
        for name in tokens:
            self.request = self.request.with_value(name, fields.get(name, ""))


def token_name(fields: dict[str, str]) -> str:
    """Return the name of the field that holds a token against forged requests; empty if there is none."""
    return next((name for name in fields if name.lower() in _TOKEN_NAMES), "")


def _fields_of(form: Tag) -> dict[str, str]:
    """Return the fields of a form with their values; those of texts and choices are left empty."""
    inputs = {field["name"]: field.get("value") or "" for field in form.find_all("input", attrs={"name": True})}
    return inputs | {field["name"]: "" for field in form.find_all(["textarea", "select"], attrs={"name": True})}


def _as_seen(answer: Answer) -> Seen:
    return seen(answer.status, answer.headers, answer.body)


def _goal(answer: Answer) -> str:
    return goal(answer.headers.get("location", ""))


def _with_cookies_of(answer: Answer, request: StoredRequest) -> StoredRequest:
    """Return the request with the cookies that an answer sets."""
    cookies = dict(pair.strip().partition("=")[::2] for pair in request.header("cookie").split(";") if "=" in pair)
    for line in answer.headers.get_list("set-cookie"):
        name, _, value = line.partition(";")[0].partition("=")
        cookies[name.strip()] = value.strip()
    return request.with_cookies("; ".join(f"{name}={value}" for name, value in cookies.items()))
