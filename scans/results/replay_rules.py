"""Rules to decide whether a replayed request confirms a finding: compare the answer with the engine's evidence."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, urlsplit

import httpx

from scans.models import Finding, Replay
from scans.reasons import Reason, Reasoned
from scans.targets.http_client import MAX_BODY_BYTES, Answer

# The same time as the engine's (engines.base.Job), so that silence means the same for both.
TIMEOUT_SECONDS = 10
_HOP_HEADERS = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}
_MISSING_HEADER = re.compile(r"^([A-Za-z-]+) is not set$")
_MISSING_FLAG = re.compile(r"^(HttpOnly|Secure) flag is not set in the cookie *: *(\S+)$")
_SERVER_ERROR = re.compile(r"^The server responded with a (5\d\d) HTTP error code")
_WEAK_POLICY = re.compile(r"^CSP (?:attribute )?\"([a-z-]+)\" (is missing|value is not safe)$")
_STORED_AND_SHOWN = re.compile(r"^Stored .* vulnerability found in (https?://\S+) by injecting ")
_PIECE = re.compile(r"[^<>\r\n]+")
_WORD = re.compile(r"[A-Za-z0-9+/_-]{16,}")
# Answers of something in front of the site. They prove neither that the finding is there nor that it is gone.
_INCONCLUSIVE = {401: "wants_login_now", 429: "refuses_requests_now", **dict.fromkeys([502, 503, 504], "is_down_now")}
_HEADER_NAMES = {"CSP": "Content-Security-Policy"}


@dataclass(frozen=True)
class Verdict:
    """The outcome of a replay, and the reason."""

    replay: Replay
    reason: Reason


class NotReplayable(Reasoned, ValueError):
    """The finding's request cannot be sent again."""


@dataclass(frozen=True)
class RawRequest:
    """A request as the engine stored it."""

    method: str
    target: str
    headers: dict[str, str]
    body: str


def parse_request(text: str) -> RawRequest:
    """Parse an HTTP/1.x request as the engine writes it. Raises NotReplayable for anything else."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise NotReplayable("no_request_kept")
    if "content-type: multipart/" in head.lower():
        raise NotReplayable("files_kept_in_parts")
    headers = dict(line.partition(": ")[::2] for line in lines if ": " in line)
    kept = {name: value for name, value in headers.items() if name.lower() not in _HOP_HEADERS}
    return RawRequest(words[0], words[1], kept, body)


def judge(finding: Finding, answer: Answer) -> Verdict:
    """Compare an answer with the reason why the engine reported the finding. Raises NotReplayable.

    The first rule that applies decides: the sentence that says what is missing or wrong, otherwise the answer that the
    engine kept. Without either, the finding is not replayable.
    """
    if answer.status in _INCONCLUSIVE and answer.status != finding.evidence_status:
        return _not_replayable(_INCONCLUSIVE[answer.status], status=answer.status)
    for pattern, rule in _RULES_BY_INFO:
        if match := pattern.match(finding.info.strip()):
            return rule(match, finding, answer)
    if waits_for_silence(finding):
        return _not_reproduced("answered_in_time", count=round(answer.seconds, 1))
    if not finding.evidence_status:
        return _not_replayable("no_answer_kept")
    if answer.status != finding.evidence_status:
        return _not_reproduced("status_differs", seen=answer.status, then=finding.evidence_status)
    return _judge_body(finding, answer)


def judge_silence(finding: Finding) -> Verdict:
    """Return the verdict if no answer comes in time: this confirms a finding whose evidence is silence."""
    if waits_for_silence(finding):
        return _confirmed("silence_again", count=TIMEOUT_SECONDS)
    return _not_replayable("site_gave_no_answer_in_time", count=TIMEOUT_SECONDS)


def waits_for_silence(finding: Finding) -> bool:
    """Return whether the finding's evidence is that the site did not answer in time."""
    return finding.module == "timesql" or finding.category == "Resource consumption"


def shown_at(finding: Finding) -> str:
    """Return the page that shows what the finding's request stored; empty if the request's answer is the evidence."""
    if finding.module != "permanentxss" or not finding.category.startswith("Stored "):
        return ""
    elsewhere = _STORED_AND_SHOWN.match(finding.info)
    return elsewhere[1] if elsewhere else finding.url


def _verdict(replay: Replay, code: str, /, **facts) -> Verdict:
    return Verdict(replay, Reason(code, **facts))


_confirmed = partial(_verdict, Replay.CONFIRMED)
_not_reproduced = partial(_verdict, Replay.NOT_REPRODUCED)
_not_replayable = partial(_verdict, Replay.NOT_REPLAYABLE)


def _judge_header(missing: re.Match, _: Finding, answer: Answer) -> Verdict:
    name = _HEADER_NAMES.get(missing[1], missing[1])
    if name in answer.headers:
        return _not_reproduced("header_there", name=name)
    return _confirmed("header_missing", name=name)


def _judge_cookie(missing: re.Match, _: Finding, answer: Answer) -> Verdict:
    flag, name = missing[1], missing[2]
    cookies = [line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}=")]
    if not cookies:
        return _not_replayable("cookie_not_set", name=name)
    if all(flag.lower() in line.lower().replace(" ", "").split(";")[1:] for line in cookies):
        return _not_reproduced("cookie_flag_there", name=name, flag=flag)
    return _confirmed("cookie_flag_missing", name=name, flag=flag)


def _judge_error(error: re.Match, _: Finding, answer: Answer) -> Verdict:
    if answer.status == int(error[1]):
        return _confirmed("status_again", status=answer.status)
    return _not_reproduced("status_this_time", status=answer.status)


def _judge_policy(weak: re.Match, finding: Finding, answer: Answer) -> Verdict:
    name, missing = weak[1], weak[2] == "is missing"
    then = None if missing else _directive(_evidence_headers(finding), name)
    if then is None and not missing:
        return _not_replayable("no_policy_kept")
    if _directive(answer.headers, name) != then:
        return _not_reproduced("policy_changed", name=name)
    return _confirmed("policy_missing" if missing else "policy_same", name=name)


def _directive(headers: httpx.Headers, name: str) -> str | None:
    """Return the value of this directive of the Content-Security-Policy; None if it has none."""
    directives = [one.strip().partition(" ") for one in headers.get("content-security-policy", "").split(";")]
    return next((value.strip() for key, _, value in directives if key.lower() == name), None)


def _evidence_headers(finding: Finding) -> httpx.Headers:
    return httpx.Headers([(name, value) for name, value in finding.evidence_headers])


_RULES_BY_INFO: list[tuple[re.Pattern, Callable[[re.Match, Finding, Answer], Verdict]]] = [
    (_MISSING_HEADER, _judge_header),
    (_MISSING_FLAG, _judge_cookie),
    (_SERVER_ERROR, _judge_error),
    (_WEAK_POLICY, _judge_policy),
]


def _judge_body(finding: Finding, answer: Answer) -> Verdict:
    """Look for the attack's text where the evidence has it, in body or headers. Otherwise compare the bodies."""
    payload = _payload(finding)
    if payload and payload in finding.evidence_body:
        if payload in answer.body:
            return _confirmed("attack_in_answer")
        return _not_reproduced("attack_not_in_answer")
    if payload and payload in _head(_evidence_headers(finding)):
        if payload in _head(answer.headers):
            return _confirmed("attack_in_headers")
        return _not_reproduced("attack_not_in_headers")
    if missing := _missing(finding.evidence_body, answer.body):
        return _not_reproduced("answer_lacks_text", text=missing[:80])
    return _confirmed("same_answer")


def _head(headers: httpx.Headers) -> str:
    return "\r\n".join(f"{name}: {value}" for name, value in headers.multi_items())


def _missing(evidence: str, page: str) -> str:
    """Return the first piece of the evidence that the page lacks; empty if it has all of them.

    Pieces are compared, not the similarity of the pages: often a single line of a long page shows the weakness. Numbers
    and tokens count as equal, because they change from one answer to the next.
    """
    if max(len(evidence), len(page.encode())) >= MAX_BODY_BYTES:  # one was cut where the other may continue
        evidence = evidence[: len(page) * 9 // 10]
    there = set(_pieces(page))
    return next((piece for piece in _pieces(evidence) if piece not in there), "")


def _pieces(text: str) -> list[str]:
    """Return the tags of a page and the texts between them, without parts that differ each time or by encoding."""
    plain = text.encode("ascii", "ignore").decode()
    same = re.sub(r"\d+", "0", _WORD.sub(lambda word: "0" if re.search(r"\d", word[0]) else word[0], plain))
    return [piece.strip() for piece in _PIECE.findall(same) if piece.strip()]


def _payload(finding: Finding) -> str:
    """Return the attack's value of the finding's parameter, if that is in the query or in a form."""
    raw = parse_request(finding.http_request)
    pairs = dict(parse_qsl(urlsplit(raw.target).query, keep_blank_values=True))
    pairs |= dict(parse_qsl(raw.body, keep_blank_values=True))
    payload = pairs.get(finding.parameter, "")
    return payload if len(payload) >= 4 else ""
