"""CWE numbers of Wapiti's categories: its own references, and this table for the others."""

import re
from collections.abc import Iterable
from dataclasses import replace

from scans.engines.events import FindingReported

# Wapiti lists CWE entries only for some categories. We chose these from
# https://cwe.mitre.org/data/index.html for the others.
CWE_OF_CATEGORY = {
    "Clickjacking Protection": (1021,),
    "Content Security Policy Configuration": (693,),
    "Cross Site Request Forgery": (352,),
    "Fingerprint web application framework": (200,),
    "Fingerprint web server": (200,),
    "Fingerprint web technology": (200,),
    "HTML Injection": (80,),
    "HTTP Methods": (650,),
    "HTTP Strict Transport Security (HSTS)": (319,),
    "HttpOnly Flag cookie": (1004,),
    "Inconsistent Redirection": (698,),
    "Internal Server Error": (755,),
    "Log4Shell": (917, 502),
    "MIME Type Confusion": (430,),
    "NS takeover": (350,),
    "Potentially dangerous file": (552,),
    "Review Webserver Metafiles for Information Leakage": (538,),
    "Secure Flag cookie": (614,),
    "Spring4Shell": (94,),
    "Stored HTML Injection": (80,),
    "Subdomain takeover": (350,),
    "TLS/SSL misconfigurations": (326,),
    "Unencrypted Channels": (319,),
    "Vulnerable software": (1395,),
}


def cwe_numbers(category: str, references: Iterable[tuple[str, str]]) -> tuple[int, ...]:
    """Return the category's CWE numbers in ascending order; empty if none is known."""
    found = {
        int(number)
        for _, address in references
        for number in re.findall(r"cwe\.mitre\.org/data/definitions/(\d{1,6})", address)
    }
    return tuple(sorted(found)) or CWE_OF_CATEGORY.get(category, ())


def with_cwe(finding: FindingReported) -> FindingReported:
    """Return the finding with its category's CWE numbers."""
    return replace(finding, cwe=cwe_numbers(finding.category, finding.references))
