"""Every finding says why it is one."""

import pytest

from scans.engines.wapiti.traits import traits
from scans.models import Finding
from scans.results.replay_rules import _BY_MODULE
from scans.summaries.explanation import why

CASES = [
    ("SQL Injection", "sql", "SQL Injection (DMBS: MySQL) via injection in the parameter id", "why_database_error"),
    ("SQL Injection", "sql", "SQL Injection via injection in the parameter id", "why_condition"),
    ("SQL Injection", "timesql", "Blind SQL vulnerability via injection in the parameter id", "why_delay"),
    ("Reflected Cross Site Scripting", "xss", "XSS vulnerability found via injection in the parameter q", "why_script"),
    ("HTML Injection", "xss", "HTML Injection vulnerability found via injection in the parameter q", "why_element"),
    ("Clickjacking Protection", "http_headers", "X-Frame-Options is not set", "why_header_missing"),
    ("Content Security Policy Configuration", "csp", "CSP is not set", "why_no_policy"),
    (
        "Content Security Policy Configuration",
        "csp",
        'CSP attribute "script-src" is missing',
        "why_policy_missing",
    ),
    ("HttpOnly Flag cookie", "cookieflags", "HttpOnly flag is not set in the cookie : level", "why_cookie_http_only"),
    ("Internal Server Error", "xss", "Received a HTTP 500 error", "why_server_error"),
    ("Something new", "unheard_of", "?", "why_module"),
]


@pytest.mark.parametrize(("category", "module", "info", "code"), CASES)
def test_the_sentence_fits_the_engines_own(category, module, info, code):
    subject, kind, _ = traits(category, module, info)
    finding = Finding(category=category, module=module, info=info, subject=subject, kind=kind, url="http://a/")
    assert why(finding).code == code


def test_a_stored_script_names_the_page_that_shows_it():
    info = "Stored XSS vulnerability found in http://a/board by injecting the parameter text of http://a/send"
    finding = Finding(category="Stored Cross Site Scripting", module="permanentxss", info=info, url="http://a/send")
    assert "http://a/board" in str(why(finding))


@pytest.mark.parametrize("module", sorted(_BY_MODULE))
def test_every_module_that_is_replayed_has_a_sentence_of_ours(module):
    known_by_category = {
        "csrf": "Cross Site Request Forgery",
        "methods": "HTTP Methods",
        "ssl": "TLS/SSL misconfigurations",
    }
    category = known_by_category.get(module, {"takeover": "Subdomain takeover"}.get(module, "An attack"))
    kind = {"ssrf": "out_of_band", "log4shell": "out_of_band", "timesql": "time"}.get(module, "")
    finding = Finding(category=category, module=module, kind=kind, subject="x", url="http://a/")
    assert why(finding).code != "why_module"
