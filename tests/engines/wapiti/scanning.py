"""Short scans of weak sites: few modules, and the findings that they have to give."""

from __future__ import annotations

from scans.engines.base import (
    Progress,
    identity,
)

QUICK = ("csp", "http_headers", "sql", "xss")
QUICK_FINDS = {
    "Clickjacking Protection",
    "Content Security Policy Configuration",
    "MIME Type Confusion",
    "Reflected Cross Site Scripting",
    "SQL Injection",
}


def in_attack(event) -> bool:
    return isinstance(event, Progress) and event.phase == "attack"


def identities(findings) -> set[str]:
    return {identity(finding) for finding in findings}
