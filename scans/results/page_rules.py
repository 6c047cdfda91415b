"""How a weak setting of the site shows: headers, cookies, methods, files left behind, forms without a token."""

import re
from collections import Counter
from dataclasses import replace
from math import log2
from secrets import token_hex
from urllib.parse import unquote, urlsplit

import httpx

from scans.models import Finding
from scans.results.look import Look, token_name
from scans.results.markup import joined
from scans.results.signs import without_echo, without_news
from scans.results.stored_request import StoredRequest
from scans.results.verdicts import NotReplayable, Refused, Verdict, confirmed, not_replayable, not_reproduced
from scans.targets.http_client import Answer

MISSING_HEADER = re.compile(r"^([A-Za-z-]+) is not set$")
INVALID_HEADER = re.compile(r"^([A-Za-z-]+) has an invalid value$")
# As releases 3.2 and 3.3 of the engine say it.
MISSING_FLAG = re.compile(
    r"^(HttpOnly|Secure) flag is not set (?:in the cookie *: *(.+)|on the cookie:? '(.+)' set at .*)$"
)
SERVER_ERROR = re.compile(r"^The server responded with a (5\d\d) HTTP error code")
WEAK_POLICY = re.compile(r"^CSP (?:attribute )?\"([a-z-]+)\" (is missing|value is not safe)$")
_HEADER_NAMES = {"CSP": "Content-Security-Policy"}
_GOOD_VALUES = {
    **{"x-frame-options": ("deny", "sameorigin"), "x-content-type-options": ("nosniff",)},
    "strict-transport-security": ("max-age=",),
}
_UNSAFE = {"unsafe-inline", "unsafe-eval", "data:", "http:", "https:", "*"}
_SAFE = {"object-src": {"none"}, "base-uri": {"none", "self"}}
_METHOD = re.compile(r"\b([A-Z]+) \((\d{3})\)")
_HARMLESS_METHODS = ("OPTIONS", "HEAD", "TRACE")  # the others may change or delete something
_BLOCKED = (401, 402, 403, 407)
_REDIRECTS = 5
_TOKEN_LENGTH, _TOKEN_ENTROPY = 8, 3  # at least; the engine's own bounds


def missing_header(look: Look) -> Verdict:
    """The page still lacks the header, or has it with an invalid value."""
    info = look.finding.info.strip()
    named = MISSING_HEADER.match(info) or INVALID_HEADER.match(info)
    name = _HEADER_NAMES.get(named[1], named[1])
    value = _page(look).headers.get(name)
    if value is None:
        return confirmed("header_missing", name=name)
    good = _GOOD_VALUES.get(name.lower())
    if INVALID_HEADER.match(info) and good and not any(word in value.lower() for word in good):
        return confirmed("header_invalid", name=name)
    return not_reproduced("header_there", name=name)


def _page(look: Look) -> Answer:
    """Return the page that the finding is about. Raises NotReplayable for an error page or another kind of answer."""
    answer, then = look.answer(), look.finding.evidence_status
    first = answer.status
    if look.finding.module == "csp" and 200 <= then < 300 <= first < 400:
        answer = _led_to(look, answer)  # this module's evidence is the page at the end of all redirects
    if answer.status >= 400:
        raise NotReplayable("error_page_shows_nothing", status=answer.status)
    if then and then < 400 and answer.status // 100 != then // 100:
        raise NotReplayable("other_kind_of_answer", seen=answer.status, then=then)
    if answer.status != first and not look.is_as_found(answer):
        raise NotReplayable("other_kind_of_answer", seen=first, then=then)
    return answer


def _led_to(look: Look, answer: Answer) -> Answer:
    """Return the page that an answer's redirects lead to on the same site, or the last redirect before another site."""
    address = look.finding.url
    for _ in range(_REDIRECTS):
        led = urlsplit(joined(address, answer.headers.get("location", "")))
        if not 300 <= answer.status < 400 or led.netloc != urlsplit(address).netloc:
            break
        address = led.geturl()
        answer = look.plain_answer(look.request.page(led._replace(scheme="", netloc="", fragment="").geturl() or "/"))
    return answer


def policy(look: Look) -> Verdict:
    """The Content-Security-Policy still lacks the directive, or still has an unsafe value for it."""
    weak = WEAK_POLICY.match(look.finding.info.strip())
    name, missing = weak[1], weak[2] == "is missing"
    then = _directive(_evidence_headers(look.finding), name)
    if not missing and then is None:
        return not_replayable("no_policy_kept")
    now = _directive(_page(look).headers, name)
    if now is None:
        return confirmed("policy_missing", name=name)
    if not missing and (now == then or not _is_safe(name, now)):
        return confirmed("policy_same", name=name)
    return not_reproduced("policy_changed", name=name)


def _directive(headers: httpx.Headers, name: str) -> str | None:
    """Return the value of this directive of the Content-Security-Policy, or of its fallback; None if it has none."""
    directives = [one.strip().partition(" ") for one in headers.get("content-security-policy", "").split(";")]
    values = {key.lower(): value.strip() for key, _, value in directives}
    return values.get(name, values.get("default-src"))


def _is_safe(name: str, value: str) -> bool:
    words = {word.strip("'").lower() for word in value.split()}
    return bool(words & _SAFE[name]) if name in _SAFE else not words & _UNSAFE


def _evidence_headers(finding: Finding) -> httpx.Headers:
    return httpx.Headers([(name, value) for name, value in finding.evidence_headers])


def cookie_flag(look: Look) -> Verdict:
    """The login or the page still sets the cookie without the flag.

    Who has the cookie already gets none, so a stranger asks too.
    """
    named = MISSING_FLAG.match(look.finding.info.strip())
    flag, name = named[1], named[2] or named[3]
    of_login = [cookie for cookie in look.login_cookies if cookie.name == name and cookie.http_only is not None]
    if any(flag in cookie.missing_flags for cookie in of_login):
        return confirmed("cookie_flag_missing_at_login", name=name, flag=flag)
    try:
        lines = _cookies(look.answer(), name)
        lines = lines or _cookies(look.plain_answer(look.request.with_cookies(""), anonymous=True), name)
    except NotReplayable:
        if not of_login:
            raise
        lines = []
    if any(flag.lower() not in line.lower().replace(" ", "").split(";")[1:] for line in lines):
        return confirmed("cookie_flag_missing", name=name, flag=flag)
    if lines or of_login:
        return not_reproduced("cookie_flag_there", name=name, flag=flag)
    return not_replayable("cookie_not_set", name=name)


def _cookies(answer: Answer, name: str) -> list[str]:
    if answer.status >= 400:
        raise NotReplayable("error_page_shows_nothing", status=answer.status)
    return [line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}=")]


def server_error(look: Look) -> Verdict:
    """The attack still makes the server fail, and a harmless value does not."""
    answer = look.raw_answer(look.request)
    said = SERVER_ERROR.match(look.finding.info.strip())
    if answer.status != int(said[1] if said else 500):
        look.answer()  # which may be a refusal
        return not_reproduced("status_this_time", status=answer.status)
    harmless = look.harmless()
    if not harmless or look.raw_answer(harmless).status < 500:
        return confirmed("status_again", status=answer.status)
    # The harmless value may be a wrong one too, such as 1 for a date. Then the page without the parameter tells.
    name = look.finding.parameter
    without = look.request.without(name)
    if without == look.request or look.raw_answer(without).status >= 400:
        return not_replayable("same_for_everybody", status=answer.status)
    return confirmed("status_with_parameter", status=answer.status, name=name)


def left_file(look: Look) -> Verdict:
    """The file is still there, and one with an invented name is not."""
    answer = look.answer()
    if not 200 <= answer.status < 300:
        return look.absent(answer, "file_gone", status=answer.status)
    if not answer.body.strip():
        return not_reproduced("file_empty")
    folder, _, name = look.request.path.rpartition("/")
    end = f".{name.rpartition('.')[2]}" if "." in name else ""
    other = look.request.page(f"{folder}/{token_hex(6)}{end}")
    invented = look.raw_answer(other)
    if not 200 <= invented.status < 300:
        return confirmed("file_there")
    if _text(answer, look.request) != _text(invented, other):
        return not_replayable("invented_name_too")
    start = look.request.page("/")
    if not look.is_as_found(answer) and _text(look.raw_answer(start), start) == _text(invented, other):
        raise Refused("same_for_everybody", status=answer.status)  # maintenance, or a block page
    return not_reproduced("file_like_invented")


def _text(answer: Answer, request: StoredRequest) -> str:
    """Return the text of an answer without the path that was asked for, and without news."""
    for path in (unquote(request.path), request.path, *filter(None, [request.path.rpartition("/")[2]])):
        answer = replace(answer, body=without_echo(answer.body, path))
    return without_news(answer.body)


def unknown_method(look: Look) -> Verdict:
    """An unknown method still gets what others are refused, and not what it gets everywhere."""
    guarded = look.raw_answer(look.request.page(look.request.target))
    if guarded.status not in _BLOCKED:
        look.refuse_if_down(guarded)
        return not_reproduced("page_open_to_all", status=guarded.status)
    answer = look.raw_answer(look.request)
    if 400 <= answer.status < 500:
        return not_reproduced("status_this_time", status=answer.status)
    look.refuse_if_down(answer)
    elsewhere = look.request.page(f"/{token_hex(6)}", look.request.method)
    usual = look.raw_answer(elsewhere)
    same_page = answer.status >= 300 or _text(answer, look.request) == _text(usual, elsewhere)
    if usual.status == answer.status and same_page:
        return not_reproduced("method_same_elsewhere", method=look.request.method, status=answer.status)
    if answer.status >= 300 or not answer.body.strip() or answer.body == guarded.body:
        return not_replayable("bypass_shows_nothing", status=answer.status)
    return confirmed("method_bypasses", method=look.request.method)


def methods(look: Look) -> Verdict:
    """The site still offers the methods that the report names, by OPTIONS or by an answer to each."""
    info = look.finding.info
    if "TRACE method" in info:
        return _trace(look)
    named = {method: int(status) for method, status in _METHOD.findall(info)}
    if not named:
        return not_replayable("report_names_no_method")
    if "using OPTIONS" in info:
        allowed = {one.strip().upper() for one in _asked(look, "OPTIONS").headers.get("allow", "").split(",")}
        missing = sorted(named.keys() - allowed - {"OPTIONS"})
        return not_reproduced("method_gone", method=missing[0]) if missing else confirmed("methods_there")
    harmless = {method: status for method, status in named.items() if method in _HARMLESS_METHODS}
    if not harmless:
        return not_replayable("methods_change_things", names=", ".join(sorted(named)))
    for method, status in harmless.items():
        if _asked(look, method).status != status:
            return not_reproduced("method_gone", method=method)
    return confirmed("methods_there")


def _trace(look: Look) -> Verdict:
    if "TRACE /" in _asked(look, "TRACE").body:
        return confirmed("methods_there")
    return not_reproduced("method_gone", method="TRACE")


def _asked(look: Look, method: str) -> Answer:
    """Return the answer to a method. Raises NotReplayable if the page itself is refused."""
    look.plain_answer(look.request.page(look.request.target))
    return look.raw_answer(look.request.page(look.request.target, method))


def form_token(look: Look) -> Verdict:
    """The form still has no token against forged requests, a wrong one is still taken, or it is easy to guess."""
    fields = look.form()
    if fields is None:
        return not_replayable("form_not_found")
    name, info = token_name(fields), look.finding.info
    if info.startswith("Lack of"):
        return not_reproduced("form_token_there", name=name) if name else confirmed("form_token_missing")
    if not name:
        return confirmed("form_token_missing")
    if "easy to predict" in info:
        guessable = len(fields[name]) < _TOKEN_LENGTH or _entropy(fields[name]) < _TOKEN_ENTROPY
        return confirmed("form_token_weak", name=name) if guessable else not_reproduced("form_token_strong", name=name)
    right = look.raw_answer(look.request.with_value(name, fields[name]))
    wrong = look.raw_answer(look.request.with_value(name, "wrong"))
    if right.status >= 400:
        return not_replayable("form_not_taken", status=right.status)
    same = (right.status, right.headers.get("location"), right.body) == (
        *(wrong.status, wrong.headers.get("location")),
        wrong.body,
    )
    return confirmed("form_token_ignored", name=name) if same else not_reproduced("form_token_checked", name=name)


def _entropy(text: str) -> float:
    """Return the information in one letter of the text, in bits."""
    counts = Counter(text)
    return -sum(count / len(text) * log2(count / len(text)) for count in counts.values())
