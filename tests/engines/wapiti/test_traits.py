"""What Wapiti's findings are about: the same subject and kind whatever the release, the payload and the run."""

from pathlib import Path

import pytest

from scans.engines.events import Kind
from scans.engines.wapiti.report import read_report
from scans.engines.wapiti.traits import completed, traits
from tests import factories as make

SAMPLES = Path(__file__).parents[2] / "samples"
POLICY = "Content Security Policy Configuration"
HTTP_ONLY, SECURE = "HttpOnly Flag cookie", "Secure Flag cookie"
HSTS = "HTTP Strict Transport Security (HSTS)"

# Category, sentence of release 3.2, sentence of release 3.3, subject, kind.
SITE_WIDE = [
    (
        HTTP_ONLY,
        "HttpOnly flag is not set in the cookie : level",
        "HttpOnly flag is not set on the cookie 'level' set at 'http://h/a'",
        "level",
        "",
    ),
    (
        SECURE,
        "Secure flag is not set in the cookie : a : b",
        "Secure flag is not set on the cookie: 'a : b' set at 'http://h/'",
        "a : b",
        "",
    ),
    (POLICY, "CSP is not set", "CSP is not set for URL: http://h/missing", "", Kind.MISSING),
    (
        POLICY,
        'CSP attribute "script-src" is missing',
        'CSP attribute "script-src" is missing for URL: http://h/',
        "script-src",
        Kind.MISSING,
    ),
    (
        POLICY,
        'CSP "base-uri" value is not safe',
        'CSP "base-uri" value is not safe for URL: http://h/missing/img-src',
        "base-uri",
        Kind.UNSAFE,
    ),
    (
        "Clickjacking Protection",
        "X-Frame-Options is not set",
        "X-Frame-Options is not set",
        "X-Frame-Options",
        Kind.MISSING,
    ),
    (
        "MIME Type Confusion",
        "X-Content-Type-Options has an invalid value",
        "X-Content-Type-Options has an invalid value ('nosniff' not found)",
        "X-Content-Type-Options",
        Kind.INVALID,
    ),
    (
        HSTS,
        "Strict-Transport-Security has an invalid value",
        "Strict-Transport-Security has an invalid value ('max-age' not found)",
        "Strict-Transport-Security",
        Kind.INVALID,
    ),
    (
        "Htaccess Bypass",
        "http://h/admin bypassable weak restriction",
        "http://h/other bypassable weak restriction",
        "",
        "",
    ),
]


@pytest.mark.parametrize(("category", "old", "new", "subject", "kind"), SITE_WIDE)
def test_both_releases_name_the_same_subject_and_kind(category, old, new, subject, kind):
    assert traits(category, "", old) == traits(category, "", new) == (subject, kind, True)


@pytest.mark.parametrize(
    ("category", "info", "subject", "kind"),
    [
        (HTTP_ONLY, "Cookie level lacks the HttpOnly attribute", "level", ""),
        (POLICY, "The policy of this page lacks script-src", "script-src", Kind.MISSING),
        (POLICY, "The directive img-src is too weak", "img-src", Kind.UNSAFE),
        (POLICY, 'CSP directive "scrpt-src" is unknown or misspelled for URL: http://h/', "scrpt-src", Kind.UNKNOWN),
        ("Clickjacking Protection", "The header X-Frame-Options is absent", "X-Frame-Options", Kind.MISSING),
        ("Clickjacking Protection", "Pages can be framed", "X-Frame-Options", Kind.INVALID),
        (HSTS, "No header tells browsers to use HTTPS", "Strict-Transport-Security", Kind.MISSING),
    ],
)
def test_a_phrase_of_a_later_release_is_understood(category, info, subject, kind):
    assert traits(category, "", info) == (subject, kind, True)


METHODS = "Possible interesting methods (using {}) on http://h/DELETE (200): {}"


@pytest.mark.parametrize(
    ("info", "subject", "kind"),
    [
        (METHODS.format("heuristics", "CONNECT (501) DELETE (501) PATCH (501) PUT (501)"), "", ""),
        (METHODS.format("heuristics", "HEAD (200) POST (302)"), "", ""),
        (METHODS.format("heuristics", ""), "", ""),
        (METHODS.format("heuristics", "DELETE (200) PUT (404)"), "", Kind.UNCOMMON),
        (METHODS.format("OPTIONS", "OPTIONS (200) POST (400)"), "", ""),
        (METHODS.format("OPTIONS", "DELETE (401) OPTIONS (204) PUT (200)"), "DELETE, PUT", Kind.UNCOMMON),
        ("HTTP TRACE method is allowed on the webserver", "TRACE", Kind.UNCOMMON),
    ],
)
def test_methods_are_told_apart_by_the_uncommon_ones(info, subject, kind):
    assert traits("HTTP Methods", "methods", info) == (subject, kind, True)


AT = " via injection in the parameter blind"
SQL, EXEC, FILE = "SQL Injection", "Command execution", "Path Traversal"


@pytest.mark.parametrize(
    ("category", "module", "info", "subject", "kind"),
    [
        (SQL, "sql", f"SQL Injection (DBMS: MySQL){AT}", "", Kind.ERROR),
        (SQL, "sql", f"SQL Injection (DBMS: SQLite){AT}", "", Kind.ERROR),
        (SQL, "sql", f"Django ORM SQL Injection{AT}", "", Kind.ERROR),
        (SQL, "sql", f"SQL Injection{AT}", "", Kind.BOOLEAN),
        (SQL, "sql", "SQL Injection in http://h/blind via injection in the query string", "", Kind.BOOLEAN),
        (SQL, "timesql", f"Blind SQL vulnerability{AT}", "", Kind.TIME),
        (SQL, "timesql", f"The answer took 7 seconds{AT}", "", Kind.TIME),
        (EXEC, "exec", f"Command execution{AT}", "", ""),
        (EXEC, "exec", f"Blind command execution{AT}", "", Kind.TIME),
        (EXEC, "exec", f"Time-based command execution{AT}", "", Kind.TIME),
        (EXEC, "exec", f"Warning usort(){AT}", "", Kind.POSSIBLE),
        (FILE, "file", f"Linux local file disclosure vulnerability{AT}", "", ""),
        (FILE, "file", f"Possible fopen() vulnerability{AT} (Constraints: prefix)", "", Kind.POSSIBLE),
        ("LDAP Injection", "ldap", f"Potential LDAP injection{AT}", "", Kind.POSSIBLE),
        ("XML External Entity", "xxe", f"XXE vulnerability{AT}", "", ""),
        (
            "XML External Entity",
            "xxe",
            f"Out-Of-Band XXE vulnerability{AT}\nThe target sent 7 bytes",
            "",
            "out_of_band",
        ),
        ("Internal Server Error", "sql", "The server responded with a 500 HTTP error code", "", ""),
        (
            "Stored Cross Site Scripting",
            "permanentxss",
            "Stored XSS vulnerability found in http://h/list?page=2 by injecting the parameter text of http://h/add",
            "/list",
            "",
        ),
        ("Cross Site Request Forgery", "csrf", "Lack of anti CSRF token", "", Kind.MISSING),
        (
            "Cross Site Request Forgery",
            "csrf",
            "CSRF token '_token' is not properly checked in backend",
            "_token",
            Kind.UNCHECKED,
        ),
        (
            "Cross Site Request Forgery",
            "csrf",
            "CSRF token '_token' might be easy to predict",
            "_token",
            Kind.PREDICTABLE,
        ),
        (
            "Log4Shell",
            "log4shell",
            "URL http://h/ seems vulnerable … by using the header X-Api-Version",
            "X-Api-Version",
            "",
        ),
        ("Stack Trace Disclosure", "x", "Response discloses a Go stack trace or error: goroutine 17", "Go", ""),
        ("Information Disclosure - Full Path", "x", "Response contains potential system path: /srv/a", "/srv/a", ""),
        ("Weak credentials", "x", "Credentials found for URL http://h/login : admin / 1234", "admin", ""),
    ],
)
def test_attacks_are_told_apart_by_technique_and_never_site_wide(category, module, info, subject, kind):
    assert traits(category, module, info) == (subject, kind, False)


@pytest.mark.parametrize(
    ("category", "info", "subject"),
    [
        ("Fingerprint web technology", '{"name": "jQuery", "versions": ["3.7"]}', "jQuery"),
        ("Fingerprint web server", "{broken", "{broken"),
        ("Vulnerable software", "jQuery CVE-2020-11022: passing HTML …", "jQuery CVE-2020-11022"),
        ("TLS/SSL misconfigurations", "Certificate expires in 3 months and 2 days", "Certificate expires"),
        (
            "TLS/SSL misconfigurations",
            "The following ciphers are weak for TLSv1.2: A, B",
            "The following ciphers are weak for TLSv1.2",
        ),
        (
            "TLS/SSL misconfigurations",
            "Server is vulnerable to Heartbleed attack via TLSv1",
            "Server is vulnerable to Heartbleed attack",
        ),
    ],
)
def test_software_and_transport_are_named_without_versions_and_times(category, info, subject):
    assert traits(category, "", info) == (subject, "", True)


def test_an_unknown_category_and_an_empty_sentence_have_no_traits():
    assert traits("unheard of", "new", "Something with 17 parts") == ("", "", False)
    for category, *_ in SITE_WIDE:
        assert traits(category, "", "").site_wide


def test_a_long_subject_is_cut():
    assert len(traits(HTTP_ONLY, "", "in the cookie : " + "c" * 999).subject) == 200


def test_both_releases_report_the_same_weaknesses_of_one_site():
    told = [
        {(finding.category, finding.subject, finding.kind) for finding in read_report(SAMPLES / name).findings}
        for name in ("wapiti_3_2_3.json", "wapiti_3_3_2.json")
    ]
    assert told[0] == told[1] and (HTTP_ONLY, "session", "") in told[0]


def test_a_finding_is_completed_with_its_numbers_and_traits():
    finding = completed(make.reported(category=SECURE, info="Secure flag is not set in the cookie : level"))
    assert (finding.cwe, finding.subject, finding.site_wide) == ((614,), "level", True)
