"""Whether a replayed request shows a finding again: comparing an answer with the engine's evidence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from scans.models import Finding, Replay
from scans.site_client import Answer

# As long as the engine waits for an answer (engines.base.Job): what it took for silence is silence to us.
TIMEOUT_SECONDS = 10
# Two answers this alike are the same answer; pages differ in times, tokens and counters.
ALIKE = 0.9
_COMPARED_CHARACTERS = 8000
_HOP_HEADERS = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}
_MISSING_HEADER = re.compile(r"^([A-Za-z-]+) is not set$")
_MISSING_FLAG = re.compile(r"^(HttpOnly|Secure) flag is not set in the cookie *: *(\S+)$")
_SERVER_ERROR = re.compile(r"^The server responded with a (5\d\d) HTTP error code")
_HEADER_NAMES = {"CSP": "Content-Security-Policy"}


@dataclass(frozen=True)
class Verdict:
    """What a replay showed, and why we say so."""

    replay: Replay
    reason: str


@dataclass(frozen=True)
class RawRequest:
    """A request as the engine noted it."""

    method: str
    target: str
    headers: dict[str, str]
    body: str


def parse_request(text: str) -> RawRequest:
    """Read an HTTP/1.x request as the engine writes it; raises ValueError for anything else."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise ValueError("The engine kept no request that could be sent again.")
    headers = dict(line.partition(": ")[::2] for line in lines if ": " in line)
    kept = {name: value for name, value in headers.items() if name.lower() not in _HOP_HEADERS}
    return RawRequest(words[0], words[1], kept, body)


def judge(finding: Finding, answer: Answer) -> Verdict:
    """Compare an answer with what made the engine report the finding.

    The first rule that applies decides: what the finding itself says is missing or wrong, else the
    evidence that the engine kept. Without either there is nothing to judge by.
    """
    for pattern, rule in _RULES_BY_INFO:
        if match := pattern.match(finding.info.strip()):
            return rule(match, answer)
    if waits_for_silence(finding):
        return _not_reproduced(f"The site answered within {answer.seconds:.1f} seconds this time.")
    if not finding.evidence_status:
        return Verdict(Replay.NOT_REPLAYABLE, "The engine kept no answer that this one could be compared with.")
    if answer.status != finding.evidence_status:
        seen, then = answer.status, finding.evidence_status
        return _not_reproduced(f"The site answered {seen}; with the finding it was {then}.")
    return _judge_body(finding, answer)


def judge_silence(finding: Finding) -> Verdict:
    """No answer in time: that is the evidence itself where the engine waited in vain too."""
    if waits_for_silence(finding):
        return _confirmed(f"The site again gave no answer in {TIMEOUT_SECONDS} seconds.")
    return Verdict(Replay.NOT_REPLAYABLE, f"The site gave no answer in {TIMEOUT_SECONDS} seconds.")


def waits_for_silence(finding: Finding) -> bool:
    """Whether the finding's evidence is that the site did not answer in time."""
    return finding.module == "timesql" or finding.category == "Resource consumption"


def _confirmed(reason: str) -> Verdict:
    return Verdict(Replay.CONFIRMED, reason)


def _not_reproduced(reason: str) -> Verdict:
    return Verdict(Replay.NOT_REPRODUCED, reason)


def _judge_header(missing: re.Match, answer: Answer) -> Verdict:
    name = _HEADER_NAMES.get(missing[1], missing[1])
    if name in answer.headers:
        return _not_reproduced(f"The answer has the header {name} now.")
    return _confirmed(f"The answer still lacks the header {name}.")


def _judge_cookie(missing: re.Match, answer: Answer) -> Verdict:
    flag, name = missing[1], missing[2]
    cookies = [line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}=")]
    if not cookies:
        return Verdict(Replay.NOT_REPLAYABLE, f"The answer sets no cookie {name} that could be looked at.")
    if all(flag.lower() in line.lower().replace(" ", "").split(";")[1:] for line in cookies):
        return _not_reproduced(f"The cookie {name} is set with the flag {flag} now.")
    return _confirmed(f"The cookie {name} is still set without the flag {flag}.")


def _judge_error(error: re.Match, answer: Answer) -> Verdict:
    if answer.status == int(error[1]):
        return _confirmed(f"The site answered {answer.status} again.")
    return _not_reproduced(f"The site answered {answer.status} this time.")


_RULES_BY_INFO: list[tuple[re.Pattern, Callable[[re.Match, Answer], Verdict]]] = [
    (_MISSING_HEADER, _judge_header),
    (_MISSING_FLAG, _judge_cookie),
    (_SERVER_ERROR, _judge_error),
]


def _judge_body(finding: Finding, answer: Answer) -> Verdict:
    payload = _payload(finding)
    if payload and payload in finding.evidence_body:
        if payload in answer.body:
            return _confirmed("The answer contains the attack's text unchanged again.")
        return _not_reproduced("The answer does not contain the attack's text this time.")
    likeness = _likeness(finding.evidence_body, answer.body)
    if likeness >= ALIKE:
        return _confirmed("The site gave the same answer again.")
    return _not_reproduced(f"The answer differs from the evidence ({likeness:.0%} alike).")


def _likeness(one: str, other: str) -> float:
    """How alike two pages are, from 0 to 1, judged by their beginnings."""
    one, other = one[:_COMPARED_CHARACTERS], other[:_COMPARED_CHARACTERS]
    return difflib.SequenceMatcher(None, one, other, autojunk=False).quick_ratio()


def _payload(finding: Finding) -> str:
    """What the attack put into the finding's parameter, if it is a parameter of the address or of a form."""
    raw = parse_request(finding.http_request)
    pairs = dict(parse_qsl(urlsplit(raw.target).query, keep_blank_values=True))
    pairs |= dict(parse_qsl(raw.body, keep_blank_values=True))
    payload = pairs.get(finding.parameter, "")
    return payload if len(payload) >= 4 else ""
