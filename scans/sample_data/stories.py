"""Every story of the sample data, with its share of 1,000 analyses, and the findings in them."""

from collections.abc import Iterator
from typing import NamedTuple

from scans.models import StopMode
from scans.sample_data.moves import BEYOND_CAPACITY, LOST_ONCE, NEVER_RAN, PAUSED_ONCE, along, path
from scans.sample_data.story import Story
from scans.statuses import UrlScanStatus as U

Shares = Iterator[tuple[int, Story]]
DELETE, SAVE = StopMode.DELETE, StopMode.SAVE


class Finding(NamedTuple):
    """A finding in Wapiti's own words and numbers."""

    severity: str
    category: str
    module: str
    method: str
    path: str
    parameter: str
    info: str
    wstg: tuple[str, ...]
    cwe: tuple[int, ...]


# The first so many of these are found in a URL scan with findings.
FINDINGS = [
    Finding("low", "Clickjacking Protection", "http_headers", "GET", "/", "",
            "X-Frame-Options is not set", ("OSHP-X-Frame-Options",), (1021,)),
    Finding("high", "SQL Injection", "sql", "GET", "/item?id=1%C2%BF%27%22%28", "id",
            "SQL Injection (DBMS: MySQL) via injection in the parameter id", ("WSTG-INPV-05",), (89,)),
    Finding("medium", "Reflected Cross Site Scripting", "xss", "GET", "/search?q=%3Cscript%3Ealert%281%29", "q",
            "Reflected Cross Site Scripting vulnerability found via injection in the parameter q",
            ("WSTG-INPV-01",), (79,)),
    Finding("low", "HttpOnly Flag cookie", "cookieflags", "GET", "/", "",
            "HttpOnly flag is not set in the cookie : session", ("WSTG-SESS-02",), (1004,)),
    Finding("info", "HTTP Methods", "methods", "GET", "/", "",
            "Possible interesting methods (using heuristics): CONNECT (501)", ("WSTG-CONF-06",), (650,)),
    Finding("medium", "Cross Site Request Forgery", "csrf", "POST", "/notes", "",
            "Lack of anti CSRF token", ("WSTG-SESS-05",), (352,)),
    Finding("critical", "Command execution", "exec", "GET", "/ping?host=%3Benv%3B", "host",
            "Command execution via injection in the parameter host", ("WSTG-INPV-12",), (78,)),
    Finding("low", "Content Security Policy Configuration", "csp", "GET", "/", "",
            "CSP is not set", ("WSTG-CONF-12",), (693,)),
]  # fmt: skip


def finished() -> Shares:
    """Return the stories of finished analyses."""
    yield from _complete()
    yield from _partial()
    yield from _without_results()


def unfinished() -> Shares:
    """Return the stories of unfinished analyses."""
    yield from _waiting()
    yield from _active()
    yield from _under_verification()


def _of(*statuses: U, **options) -> Story:
    return Story([path(status) for status in statuses], **options)


def _complete() -> Shares:
    done = U.COMPLETED_RESULTS_AVAILABLE
    sizes = {1: 314, 2: 108, 3: 65, 4: 28, 6: 20, 10: 10, 25: 5, 40: 2, 80: 1, 250: 1}
    for urls, share in sizes.items():
        yield share, _of(*[done] * urls)
    for urls, found, share in [(1, 2, 17), (1, 6, 12), (2, 4, 9), (3, 8, 5), (5, 7, 2)]:
        yield share, _of(*[done] * urls, found=found)
    yield 25, _of(done, prescan=True)
    yield 8, _of(done, done, prescan=True, found=3)
    yield 18, _of(done, reviewer=True)
    yield 6, _of(done, done, reviewer=True, found=5)
    yield 5, Story([along(BEYOND_CAPACITY, done)])
    yield 6, Story([along(PAUSED_ONCE, done)])
    yield 4, Story([along(LOST_ONCE, done)])


def _partial() -> Shares:
    done, stopped = U.COMPLETED_RESULTS_AVAILABLE, U.STOPPED_PARTIAL_RESULTS_AVAILABLE
    yield 17, _of(done, U.CONNECTION_ERROR, prescan=True)
    yield 6, _of(done, done, U.VERIFICATION_FAILED, prescan=True, found=2)
    yield 9, _of(U.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE, found=3)
    yield 8, _of(U.SITE_UNREACHABLE_RESULTS_AVAILABLE, found=1)
    yield 9, _of(U.SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE, done)
    yield 6, _of(U.KILLED_PARTIAL_RESULTS_AVAILABLE)
    yield 6, _of(done, U.STOPPED)
    yield 5, _of(done, U.TECHNICAL_ISSUE_STOPPED)
    yield 5, _of(done, U.SITE_UNREACHABLE_STOPPED, found=1)
    yield 16, _of(stopped, stop=SAVE)
    yield 6, _of(stopped, done, stop=SAVE, found=4)


def _without_results() -> Shares:
    yield 36, _of(U.CONNECTION_ERROR, prescan=True)
    yield 16, _of(U.VERIFICATION_FAILED, prescan=True)
    yield 12, _of(U.AUTHENTICATION_ERROR, prescan=True)
    yield 6, _of(U.CRAWL_SCRIPT_ERROR, prescan=True)
    yield 6, _of(U.CONNECTION_ERROR, U.VERIFICATION_FAILED, prescan=True)
    yield 14, _of(U.TIME_EXPIRED_STOPPED)
    yield 12, _of(U.TECHNICAL_ISSUE_STOPPED)
    yield 18, _of(U.SITE_UNREACHABLE_STOPPED)
    yield 14, _of(U.STOPPED, stop=DELETE)
    yield 10, Story([NEVER_RAN, NEVER_RAN], stop=DELETE)


def _waiting() -> Shares:
    yield 6, _of(U.SUBMITTED, U.SUBMITTED, submitted=False)
    yield 4, _of(U.SUBMITTED)
    yield 4, _of(U.SUBMIT_FAILED)
    yield 9, _of(U.SCHEDULED)
    yield 5, _of(U.SCHEDULED, U.SCHEDULED, U.CONNECTION_ERROR, prescan=True)
    yield 5, _of(U.QUEUED)
    yield 4, _of(U.QUEUED, U.QUEUED_WITH_WARNING)


def _active() -> Shares:
    yield 3, _of(U.SUBMITTED, U.SUBMITTED, U.CONNECTION_ERROR, prescan=True)
    yield 9, _of(U.IN_PROGRESS)
    yield 3, _of(U.IN_PROGRESS, U.QUEUED, U.COMPLETED_RESULTS_AVAILABLE, found=2)
    yield 4, _of(U.IN_PROGRESS, U.CONNECTION_ERROR, prescan=True)
    yield 2, _of(U.PAUSING)
    yield 3, _of(U.PAUSED, found=1)
    yield 2, _of(U.RESUMING)
    yield 2, _of(U.STOPPING_SAVING_RESULTS, stop=SAVE)
    yield 2, _of(U.STOPPING_DELETING_RESULTS, stop=DELETE)


def _under_verification() -> Shares:
    done, expired = U.COMPLETED_VERIFYING_RESULTS, U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS
    yield 4, _of(done, found=2)
    yield 5, _of(done, found=6, reviewer=True)
    yield 2, _of(done, U.CONNECTION_ERROR, prescan=True)
    yield 2, _of(U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS, reviewer=True)
    yield 2, _of(U.KILLED_VERIFYING_PARTIAL_RESULTS)
    yield 2, _of(U.SITE_UNREACHABLE_VERIFYING_RESULTS, found=1)
    yield 2, _of(done, stop=SAVE)
    yield 2, _of(U.STOPPED_VERIFYING_PARTIAL_RESULTS, stop=SAVE)
    yield 2, _of(expired, found=3)
    yield 2, _of(expired, U.TIME_EXPIRED_STOPPED, found=1)
