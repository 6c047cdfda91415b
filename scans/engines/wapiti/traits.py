"""The subject and kind of each finding, read from Wapiti's sentence: the parts that last.

A sentence also holds payloads, addresses, numbers and times, which change from run to run, and each release words it
anew. So the rules look for names and for single words, not for whole sentences. They fit releases 3.2 and 3.3.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from scans.engines.events import FindingReported, Kind
from scans.engines.wapiti.categories import with_cwe

LONGEST_SUBJECT = 200  # characters


class Traits(NamedTuple):
    """The subject and the kind of a finding, and whether it is about the whole site; see FindingReported."""

    subject: str = ""
    kind: str = ""
    site_wide: bool = False


_ADDRESS = re.compile(r"https?://\S+")
# Where a sentence continues with the place, whose name may contain any word.
_PLACE = re.compile(r"\s(?:via injection|by injecting|in the parameter|in the query string|on the parameter)\b")
_MISSING = re.compile(r"\bnot set\b|\bmissing\b|\babsent\b|\black\w*|\bno\b", re.I)
_COOKIES = [  # in 3.2, in 3.3, in any other sentence
    re.compile(r"in the cookie : (.+)", re.S),
    re.compile(r"cookie:? '(.+)' set at '", re.S),
    re.compile(r"cookie(?:\s+named)?[\s:'\"“]+([\w!#$%&*+.^`|~-]+)", re.I),
]
_DIRECTIVE = re.compile(
    r"\b([a-z]+(?:-[a-z]+)*-(?:src|elem|attr|uri|to|types|for|ancestors|action|requests|content)|sandbox)\b"
)
_QUOTED = re.compile(r"[\"'“]([^\"'”]+)[\"'”]")
_HEADER = re.compile(r"\b[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)+\b")
_METHOD = re.compile(r"\b([A-Z]+) \((\d{3})\)")
_ORDINARY_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
_CVE = re.compile(r"(.*?\bCVE-\d{4}-\d{4,})", re.S)
_SHOWN_AT = re.compile(r"found in (https?://\S+) by injecting")
_ATTACKED_HEADER = re.compile(r"using the header (\S+)")
_CLEAR_TEXT = re.compile(r"Sensitive data \(([^)]+)\)")
_TLS_NAME = re.compile(r":| in | at | via ")
_STACK_TRACE = re.compile(r"discloses an? (.+?) stack trace")
_SYSTEM_PATH = re.compile(r"system path: (\S+)")
_CREDENTIALS = re.compile(r" : (.+) / ", re.S)
_TAKEOVER = re.compile(r"(?:CNAME|record for) (\S+)")
_FILE = re.compile(r"\A.{1,100}")

# What an attack says of itself, the first that fits; the rest of its sentence is evidence.
_TECHNIQUES = [
    (re.compile(r"\bblind\b|\btime[- ]based\b", re.I), Kind.TIME),
    (re.compile(r"\bboolean\b", re.I), Kind.BOOLEAN),
    (re.compile(r"\bout-of-band\b|\bthe endpoint\b", re.I), Kind.OUT_OF_BAND),
    (re.compile(r"\bpossible\b|\bpotential\b|\bwarning\b", re.I), Kind.POSSIBLE),
]


def completed(finding: FindingReported) -> FindingReported:
    """Return the finding with its CWE numbers, subject and kind, and whether it is about the whole site."""
    return replace(with_cwe(finding), **traits(finding.category, finding.module, finding.info)._asdict())


def traits(category: str, module: str, info: str) -> Traits:
    """Return what is lasting in the sentence `info` of this module; unknown sentences have neither subject nor kind."""
    if rule := _SITE_WIDE.get(category):
        subject, kind = rule(info)
    elif rule := _BY_CATEGORY.get(category):
        subject, kind = rule(info)
    elif category in _WITHOUT_TECHNIQUE:
        subject, kind = "", ""
    else:
        subject, kind = _attack(module, info)
    return Traits(subject.strip()[:LONGEST_SUBJECT], str(kind), category in _SITE_WIDE)


def _first(pattern: re.Pattern, info: str) -> str:
    found = pattern.search(info)
    return found[found.re.groups and 1] if found else ""


def _cookie(info: str) -> tuple[str, str]:
    return next(filter(None, (_first(pattern, info) for pattern in _COOKIES)), ""), ""


def _policy(info: str) -> tuple[str, str]:
    said = _ADDRESS.sub("", info)
    if re.search(r"\bunknown\b|\bmisspel", said, re.I):
        return _first(_QUOTED, said), Kind.UNKNOWN
    return _first(_DIRECTIVE, said), Kind.MISSING if _MISSING.search(said) else Kind.UNSAFE


def _header(name: str, info: str) -> tuple[str, str]:
    return _first(_HEADER, _ADDRESS.sub("", info)) or name, Kind.MISSING if _MISSING.search(info) else Kind.INVALID


def _clear_text(info: str) -> tuple[str, str]:
    is_redirect = re.search(r"\bredirected to http\b", info, re.I)
    return _first(_CLEAR_TEXT, info) or "HTTPS", Kind.UNSAFE if is_redirect else Kind.MISSING


def _methods(info: str) -> tuple[str, str]:
    """A server that lists its methods lists the same ones every time; methods that were only tried may vary."""
    if re.search(r"\bTRACE\b", info) and not _METHOD.search(info):
        return "TRACE", Kind.UNCOMMON
    statuses = {method: int(status) for method, status in _METHOD.findall(_ADDRESS.sub("", info))}
    uncommon = sorted(statuses.keys() - _ORDINARY_METHODS)
    if "OPTIONS" in statuses:
        return ", ".join(uncommon), Kind.UNCOMMON if uncommon else ""
    return "", Kind.UNCOMMON if any(statuses[method] < 400 for method in uncommon) else ""


def _software(info: str) -> tuple[str, str]:
    try:
        found = json.loads(info)
        return str(found["name"]), ""
    except (ValueError, TypeError, KeyError):
        return _first(_FILE, info), ""


def _token(info: str) -> tuple[str, str]:
    if "predict" in info.lower():
        return _first(_QUOTED, info), Kind.PREDICTABLE
    return _first(_QUOTED, info), Kind.UNCHECKED if "check" in info.lower() else Kind.MISSING


def _attack(module: str, info: str) -> tuple[str, str]:
    said = _PLACE.split(_ADDRESS.sub("", info))[0]
    kind = Kind.TIME if module == "timesql" else _technique(said)
    if module == "sql" and not kind:
        kind = Kind.BOOLEAN if re.fullmatch(r"SQL Injection( in\s*)?", said.strip()) else Kind.ERROR
    shown_at = _first(_SHOWN_AT, info)
    return urlsplit(shown_at).path if shown_at else _first(_ATTACKED_HEADER, info), kind


def _technique(said: str) -> str:
    return next((kind for pattern, kind in _TECHNIQUES if pattern.search(said)), "")


def _named(pattern: re.Pattern) -> Callable[[str], tuple[str, str]]:
    return lambda info: (_first(pattern, info), "")


# Observations about the server's configuration, which hold wherever they are seen. Attacks never are.
_SITE_WIDE: dict[str, Callable[[str], tuple[str, str]]] = {
    "Clickjacking Protection": lambda info: _header("X-Frame-Options", info),
    "Content Security Policy Configuration": _policy,
    "Fingerprint web application framework": _software,
    "Fingerprint web server": _software,
    "Fingerprint web technology": _software,
    "HTTP Methods": _methods,
    "Htaccess Bypass": lambda info: ("", ""),  # the server's rule for unknown methods, at each page that it guards
    "HTTP Strict Transport Security (HSTS)": lambda info: _header("Strict-Transport-Security", info),
    "HttpOnly Flag cookie": _cookie,
    "MIME Type Confusion": lambda info: _header("X-Content-Type-Options", info),
    "Secure Flag cookie": _cookie,
    "TLS/SSL misconfigurations": lambda info: (_TLS_NAME.split(info)[0], ""),
    "Unencrypted Channels": _clear_text,
    "Vulnerable software": _named(_CVE),
}
_BY_CATEGORY: dict[str, Callable[[str], tuple[str, str]]] = {
    "Cross Site Request Forgery": _token,
    "Information Disclosure - Full Path": _named(_SYSTEM_PATH),
    "NS takeover": _named(_TAKEOVER),
    "Potentially dangerous file": _named(_FILE),
    "Stack Trace Disclosure": _named(_STACK_TRACE),
    "Subdomain takeover": _named(_TAKEOVER),
    "Weak credentials": _named(_CREDENTIALS),
}
_WITHOUT_TECHNIQUE = {"Internal Server Error", "Resource consumption"}
