"""Replaying findings against a real site, and publishing what that showed."""

from collections import Counter
from threading import Timer
from time import monotonic, sleep
from urllib.parse import quote

import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.engines.base import Session
from scans.engines.events import Severity
from scans.login.base import Login, Method
from scans.models import Actor, Replay, StopMode, TargetLogin, UrlScan
from scans.results import findings, verification
from scans.results.outcomes import OutcomesAgain
from scans.results.verification import carrying, verify
from scans.statuses import AnalysisStatus as A
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.targets.refusal import seen
from scans.timing import Timing
from scans.transitions import Turn, lease
from tests import factories as make
from tests.results.replaying import SCRIPT
from tests.sites.controllable import FILLER, SQL_ERROR, ControllableSite
from tests.sites.guarded import MEMBERS_PAGE, PASSWORD, USER, GuardedSite, ntlm_accounts

pytestmark = pytest.mark.django_db
SCHEMES = [("Basic", Method.BASIC), ("Digest", Method.DIGEST), ("NTLM", Method.NTLM)]
HEADERS = "host: 127.0.0.1\nuser-agent: engine\n"


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.SCANS_REPLAYS_PER_SECOND, settings.SCANS_VERIFY_PATIENCE_SECONDS = 200, 0.3


@pytest.fixture
def site():
    with ControllableSite() as site:
        yield site


def reported(site, name):
    """A finding as Wapiti would report it of this site."""
    request, values = {
        "reflected": (f"/search?q={quote(SCRIPT)}", {"evidence_body": f"<p>You searched for {SCRIPT}</p>"}),
        "header": ("/", {"info": "X-Frame-Options is not set", "parameter": "", "evidence_status": 0}),
        "cookie": (
            "/",
            {"info": "HttpOnly flag is not set in the cookie : session", "parameter": "", "evidence_status": 0},
        ),
        "policy": (
            "/",
            {
                "info": 'CSP "script-src" value is not safe',
                "evidence_headers": (("content-security-policy", "script-src *"),),
            },
        ),
        "sql": (
            "/item?id=%27",
            {"module": "sql", "parameter": "id", "evidence_body": f"{FILLER}<p>{SQL_ERROR}</p>{FILLER}"},
        ),
        "redirect": (
            "/go?to=https://openbugbounty.org/",
            {
                "module": "redirect",
                "parameter": "to",
                "evidence_status": 302,
                "evidence_headers": (("location", "https://openbugbounty.org/"),),
                "evidence_body": "",
            },
        ),
        "error": (
            "/broken?q=%27",
            {"info": "The server responded with a 500 HTTP error code while attempting to …", "evidence_status": 500},
        ),
    }[name]
    return make.reported(
        **{
            "url": site.url,
            "info": name,
            "subject": name,
            "http_request": f"GET {request} HTTP/1.1\n{HEADERS}",
            **values,
        }
    )


ALL = ["reflected", "header", "cookie", "policy", "sql", "redirect", "error"]


def ended(url, *reports, **fields):
    """The URL scan of an ended analysis with these findings."""
    analysis = make.running(url, **fields)
    scan = analysis.url_scans.get()
    findings.store(scan, reports)
    transitions.end(scan, EndedBy.ITSELF)
    return make.fresh(scan)


def marks(scan):
    return [finding.replay for finding in scan.findings.order_by("pk")]


def reasons(scan):
    return [str(finding.replay_reason) for finding in scan.findings.order_by("pk")]


def verified(scan):
    """The log entries that count the outcomes."""
    return [entry.data for entry in scan.activity.filter(action="url_scan.verified")]


# --- What a replay shows --------------------------------------------------------------------------------


def test_weaknesses_that_are_still_there_are_confirmed_and_published(site):
    scan = ended(site.url, *[reported(site, name) for name in ALL])
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.CONFIRMED] * len(ALL), reasons(scan)
    scan = make.fresh(scan)
    assert scan.status == U.COMPLETED_RESULTS_AVAILABLE and scan.verified_at and not scan.lease_holder
    assert make.fresh(scan.analysis).status == A.COMPLETED_RESULTS_AVAILABLE
    assert all(finding.replayed_at and finding.replay_reason for finding in scan.findings.all())
    assert verified(scan) == [{"confirmed": len(ALL), "not_reproduced": 0, "not_replayable": 0}]


def test_weaknesses_of_a_mended_site_are_not_reproduced(site):
    scan = ended(site.url, *[reported(site, name) for name in ALL])
    site.mended, site.headers = True, {"X-Frame-Options": "DENY"}
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPRODUCED] * len(ALL), reasons(scan)
    assert verified(scan) == [{"confirmed": 0, "not_reproduced": len(ALL), "not_replayable": 0}]


def test_the_outcomes_are_counted(site):
    nothing_kept = make.reported(9, http_request="", info="kept nothing")
    scan = ended(site.url, reported(site, "reflected"), reported(site, "header"), nothing_kept)
    site.headers = {"X-Frame-Options": "DENY"}
    verify(scan.pk, holder="me")
    assert verified(scan) == [{"confirmed": 1, "not_reproduced": 1, "not_replayable": 1}]


def test_a_request_is_sent_as_the_engine_sent_it(site):
    request = f"POST //a/../b?x=%27 HTTP/1.1\n{HEADERS}X-Owl: 1\ncookie: a=b\nContent-Type: a/b\n\nq=%3Cscript%3E"
    scan = ended(site.url, make.reported(http_request=request))
    verify(scan.pk, holder="me")
    seen = site.requests[0]
    assert (seen.method, seen.body) == ("POST", "q=%3Cscript%3E") and seen.path.endswith("x=%27")
    assert {seen.headers[name] for name in ("x-owl", "cookie", "content-type")} == {"1", "a=b", "a/b"}
    assert seen.headers["user-agent"] == "engine" and seen.headers["host"] == f"127.0.0.1:{site.port}"


def test_one_replay_leaves_nothing_behind_for_the_next(site):
    scan = ended(site.url, reported(site, "cookie"), reported(site, "header"))
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.CONFIRMED] * 2
    assert all("cookie" not in request.headers for request in site.requests)


def test_a_stored_weakness_is_looked_for_where_it_is_shown(site):
    stored = make.reported(
        category="Stored Cross Site Scripting",
        module="permanentxss",
        info=f"Stored Cross Site Scripting vulnerability found in {site.url}search?q=%3Cscript%3E by injecting the q",
        http_request=f"POST /go?to=/ HTTP/1.1\n{HEADERS}\nq=%3Cscript%3E&q2=x",
        evidence_body="<p>You searched for <script></p>",
    )
    scan = ended(site.url, stored)
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.CONFIRMED]
    assert site.paths[:2] == ["/go?to=/", "/search?q=%3Cscript%3E"]


def test_the_worst_findings_come_first(site):
    levels = [Severity.INFO, Severity.CRITICAL, Severity.MEDIUM]
    requests = [f"GET /search?{level} HTTP/1.1\n{HEADERS}" for level in levels]
    found = zip(levels, requests, strict=True)
    scan = ended(site.url, *[make.reported(1, level, http_request=request) for level, request in found])
    verify(scan.pk, holder="me")
    assert [path for path in site.paths if path.startswith("/search")] == [
        "/search?critical",
        "/search?medium",
        "/search?info",
    ]


# --- What cannot be replayed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_text", "reason"),
    [
        ("", "no request that can be sent again"),
        ("not a request at all", "no request that can be sent again"),
        ("GET http://other.example/ HTTP/1.1\n\n", "another site"),
        ("GET ftp://127.0.0.1/ HTTP/1.1\n\n", "another site"),
        ("GET mailto:owl HTTP/1.1\n\n", "another site"),
        ("GET http://127.0.0.1:1/ HTTP/1.1\n\n", "another site"),
        ("GET @other.example/ HTTP/1.1\n\n", "another site"),
        ("GET /\x7f HTTP/1.1\n\n", "cannot be asked for"),
        ("POST / HTTP/1.1\nContent-Type: multipart/form-data; boundary=x\n\nx\n", "form with files"),
        ("GET / HTTP/1.1\nX-Owl: ü€\n\n", ""),
    ],
)
def test_what_cannot_be_sent_again_says_why_and_stops_nothing_else(site, request_text, reason):
    scan = ended(site.url, make.reported(http_request=request_text), reported(site, "reflected"))
    verify(scan.pk, holder="me")
    assert marks(scan)[1] == Replay.CONFIRMED and reason in reasons(scan)[0]
    assert not reason or (marks(scan)[0] == Replay.NOT_REPLAYABLE and len(site.requests) == 1)


def test_a_site_that_is_gone_leaves_nothing_to_judge_and_the_rest_was_not_looked_at(site):
    scan = ended(site.url, *[make.reported(number) for number in range(5)])
    site.stop()
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPLAYABLE] * 5 and make.fresh(scan).status == U.COMPLETED_RESULTS_AVAILABLE
    others = [reason for reason in reasons(scan) if "Not looked at" in reason and "Verify it again" in reason]
    assert len(others) == 4 and all("gave no answer" in reason for reason in reasons(scan))


@pytest.mark.parametrize("status", [403, 406, 429, 503])
def test_a_site_that_turns_us_away_leaves_nothing_to_judge(site, status):
    scan = ended(site.url, *[reported(site, name) for name in ALL])
    site.status = status
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPLAYABLE] * len(ALL)
    looked_at = [reason for reason in reasons(scan) if "Not looked at" not in reason]
    assert len(looked_at) == 1 and str(status) in looked_at[0]
    assert len(site.requests) < 10


def test_a_ban_that_lifts_is_waited_for(site, settings):
    settings.SCANS_VERIFY_PATIENCE_SECONDS = 20
    scan = ended(site.url, *[reported(site, name) for name in ALL])
    site.status = 403
    lifts = Timer(1.2, lambda: setattr(site, "status", 0))
    lifts.start()
    verify(scan.pk, holder="me")
    lifts.join()
    assert marks(scan) == [Replay.CONFIRMED] * len(ALL), reasons(scan)


def test_a_request_that_a_firewall_refuses_says_nothing_and_the_others_are_judged(site):
    scan = ended(site.url, *[reported(site, name) for name in ("reflected", "header", "sql")])
    site.refuses = "ScRiPt"
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPLAYABLE, Replay.CONFIRMED, Replay.CONFIRMED], reasons(scan)
    assert "403" in reasons(scan)[0]


def test_an_error_page_with_the_attack_in_it_is_no_error_of_the_database(site):
    request = {"http_request": f"GET /search?q=owl%C2%BF%27%22%28 HTTP/1.1\n{HEADERS}", "module": "sql"}
    scan = ended(site.url, make.reported(**request, evidence_body=f"<p>You searched for owl\xbf'\"( {SQL_ERROR}</p>"))
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPRODUCED], reasons(scan)


def test_a_silent_site_is_given_up_in_time(site, monkeypatch):
    monkeypatch.setattr(verification, "TIMEOUT_SECONDS", 0.4)
    site.hang = True
    scan = ended(site.url, *[make.reported(number) for number in range(5)])
    started = monotonic()
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPLAYABLE] * 5 and monotonic() - started < 20


def test_a_name_that_does_not_resolve_any_more_is_said(monkeypatch, settings):
    def nowhere(host):
        raise OSError("no such name")

    settings.SCANS_ALLOWED_TARGETS = ["owls.example"]
    monkeypatch.setattr(verification, "resolve", nowhere)
    scan = ended("http://owls.example/", make.reported())
    verify(scan.pk, holder="me")
    assert reasons(scan) == ["The site could not be requested again: no such name"]


def test_a_target_that_is_not_allowed_any_more_is_not_asked(site, settings):
    scan = ended(site.url, reported(site, "reflected"))
    settings.SCANS_ALLOWED_TARGETS = []
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPLAYABLE] and "is not allowed" in reasons(scan)[0] and not site.requests


def test_when_time_is_over_the_rest_is_not_replayable(site, settings):
    settings.SCANS_VERIFY_SECONDS, settings.SCANS_REPLAYS_PER_SECOND = 0.3, 5
    scan = ended(site.url, *[make.reported(number) for number in range(5)])
    verify(scan.pk, holder="me")
    assert 1 <= len(site.requests) <= 3
    assert sum("were over before" in reason for reason in reasons(scan)) == 5 - len(site.requests)


def test_replays_keep_to_their_rate(site, settings):
    settings.SCANS_REPLAYS_PER_SECOND = 10
    scan = ended(site.url, *[make.reported(number) for number in range(4)])
    started = monotonic()
    verify(scan.pk, holder="me")
    assert len(site.requests) == 4 and monotonic() - started >= 0.3


def test_no_rate_is_no_limit(site, settings):
    settings.SCANS_REPLAYS_PER_SECOND = 0
    scan = ended(site.url, reported(site, "reflected"))
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.CONFIRMED]


def test_what_breaks_on_our_side_marks_the_rest_with_the_reason(site, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("broken")

    scan = ended(site.url, reported(site, "reflected"))
    monkeypatch.setattr(verification, "judge", broken)
    verify(scan.pk, holder="me")
    assert reasons(scan) == ["Verification failed on our side: RuntimeError: broken"]
    assert make.fresh(scan).status == U.COMPLETED_RESULTS_AVAILABLE


def test_without_findings_it_is_verified_at_once(site):
    scan = ended(site.url)
    verify(scan.pk, holder="me")
    assert make.fresh(scan).status == U.COMPLETED_RESULTS_AVAILABLE and not site.requests
    assert verified(scan) == [{"confirmed": 0, "not_reproduced": 0, "not_replayable": 0}]


# --- Twice, taken away, deleted ---------------------------------------------------------------------------


def test_a_second_run_of_a_published_scan_does_nothing(site):
    scan = ended(site.url, reported(site, "reflected"))
    for holder in ("one", "two"):
        verify(scan.pk, holder=holder)
    assert len(site.requests) == len(verified(scan)) == 1


def test_where_a_reviewer_publishes_it_waits_verified_and_a_second_run_leaves_no_lease(site):
    scan = ended(site.url, reported(site, "reflected"), publication="reviewer")
    for holder in ("one", "two"):
        verify(scan.pk, holder=holder)
        fresh = make.fresh(scan)
        assert fresh.status == U.COMPLETED_VERIFYING_RESULTS and fresh.verified_at
        assert (fresh.lease_holder, fresh.lease_until) == ("", None)
    assert len(site.requests) == len(verified(scan)) == 1
    transitions.publish(scan.analysis, by=make.user("Reviewer"))
    assert make.fresh(scan).status == U.COMPLETED_RESULTS_AVAILABLE


def test_what_another_verifies_is_left_to_it(site):
    scan = ended(site.url, reported(site, "reflected"))
    assert transitions.take(scan.pk, "other", among=[U.COMPLETED_VERIFYING_RESULTS])
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.UNVERIFIED] and not site.requests and not verified(scan)


def test_marks_of_an_earlier_attempt_are_kept(site):
    scan = ended(site.url, reported(site, "reflected"), reported(site, "sql"))
    scan.findings.filter(info="sql").update(replay=Replay.NOT_REPRODUCED, replay_reason="earlier")
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.CONFIRMED, Replay.NOT_REPRODUCED] and reasons(scan)[1] == "earlier"
    assert len(site.requests) == 1 and verified(scan)[0]["not_reproduced"] == 1


def in_the_middle(monkeypatch, happens):
    """Something happens after the first replay was sent and before it is judged."""
    judge = verification.judge

    def judged(*args, **options):
        verdict = judge(*args, **options)
        happens()
        return verdict

    monkeypatch.setattr(verification, "judge", judged)


def test_a_lease_lost_in_the_middle_ends_it_quietly(site, monkeypatch):
    scan = ended(site.url, reported(site, "reflected"))
    in_the_middle(monkeypatch, lambda: UrlScan.objects.filter(pk=scan.pk).update(lease_holder="other"))
    verify(scan.pk, holder="me")
    fresh = make.fresh(scan)
    assert (fresh.status, fresh.lease_holder) == (U.COMPLETED_VERIFYING_RESULTS, "other")
    assert not fresh.verified_at and not verified(scan)


@pytest.mark.parametrize("concluded", [False, True])
def test_results_deleted_meanwhile_end_it_quietly(site, monkeypatch, concluded):
    analysis = make.running(site.url, f"{site.url}other")
    scan = analysis.url_scans.get(url=site.url)
    findings.store(scan, [reported(site, "reflected")])
    transitions.end(scan, EndedBy.ITSELF)

    def delete():
        with transaction.atomic():
            transitions.stop_analysis(analysis, StopMode.DELETE, by=Actor.COMMAND)
            if concluded:
                transitions.conclude_deletion(make.fresh(scan))

    in_the_middle(monkeypatch, delete)
    verify(scan.pk, holder="me")
    fresh = make.fresh(scan)
    assert fresh.status == (U.STOPPED if concluded else U.STOPPING_DELETING_RESULTS)
    assert not fresh.verified_at and not verified(scan)


def test_a_scan_that_never_ended_is_not_verified():
    scan = make.running().url_scans.get()
    verify(scan.pk, holder="me")
    assert make.fresh(scan).status == U.IN_PROGRESS and make.fresh(scan).lease_holder == make.WORKER


# --- Behind a login -----------------------------------------------------------------------------------


class Fleeting(set):
    """Sessions that are good for so many requests each."""

    def __init__(self, requests):
        super().__init__()
        self.requests, self.used = requests, Counter()

    def __contains__(self, session):
        self.used[session] += super().__contains__(session)
        return super().__contains__(session) and self.used[session] <= self.requests


def behind(site, method, *requests):
    """An ended scan of somebody who is logged in, with a header missing in the answer to each of these requests."""
    login = TargetLogin.of(Login(method=method, username=USER, password=PASSWORD))
    reports = [
        make.reported(
            number,
            **{"url": site.url, "parameter": str(number), "info": "X-Frame-Options is not set"},
            **{"http_request": f"{request} HTTP/1.1\n{HEADERS}", "evidence_body": MEMBERS_PAGE},
        )
        for number, request in enumerate(requests)
    ]
    return ended(site.url, *reports, access={site.url: transitions.Access(login=login)})


@pytest.mark.parametrize(("scheme", "method"), SCHEMES)
def test_replays_answer_the_challenge_that_the_scan_answered(scheme, method, tmp_path, monkeypatch):
    monkeypatch.setenv("NTLM_USER_FILE", str(ntlm_accounts(tmp_path)))
    with GuardedSite(scheme=scheme) as site:
        scan = behind(site, method, "GET /?q=1")
        verify(scan.pk, holder="verifier")
    assert marks(scan) == ["confirmed"], reasons(scan)


def test_a_login_that_ends_while_findings_are_replayed_is_made_again(settings):
    settings.SCANS_SECONDS_BETWEEN_LOGINS = 0
    with GuardedSite(sessions=Fleeting(requests=4)) as site:
        scan = behind(site, Method.FORM, *[f"GET /?q={number}" for number in range(4)])
        verify(scan.pk, holder="verifier")
        assert len(site.attempts) > 1
    assert marks(scan) == ["confirmed"] * 4, reasons(scan)


def test_a_cookie_that_the_login_sets_is_verified_by_the_login_of_the_verification():
    with GuardedSite() as site:
        scan = behind(site, Method.FORM, "GET /")
        scan.findings.update(
            info="HttpOnly flag is not set in the cookie : session", module="cookieflags", parameter=""
        )
        verify(scan.pk, holder="me")
    assert marks(scan) == ["confirmed"]
    assert reasons(scan) == ["The login still gets the cookie session without the flag HttpOnly."]


def test_what_ends_each_login_is_not_called_mended(settings):
    settings.SCANS_SECONDS_BETWEEN_LOGINS = 0
    with GuardedSite() as site:
        scan = behind(site, Method.FORM, *["GET /logout?q=1"] * 4, "GET /?q=2")
        verify(scan.pk, holder="verifier")
        assert len(site.attempts) == verification.MOST_LOGINS
    assert set(marks(scan)) == {"not_replayable"} and all("login is lost" in reason for reason in reasons(scan))


def test_what_is_mended_behind_a_login_that_holds_is_not_reproduced():
    with GuardedSite(headers={"/mended": ("X-Frame-Options", "DENY")}) as site:
        scan = behind(site, Method.FORM, "GET /mended", "GET /?q=1")
        verify(scan.pk, holder="verifier")
        assert len(site.attempts) == 1
    assert marks(scan) == ["not_reproduced", "confirmed"]


def test_the_page_behind_a_login_is_not_compared_with_what_a_stranger_gets():
    """Its words about refusals are its own, and a page that is refused does not make the site a lost one."""
    words = "<!doctype html><title>Owls</title><p>Access denied? You are blocked? Ask Alice.</p>"
    with GuardedSite(members_page=words, pages={"/blocked": "<title>Access denied</title>"}) as site:
        scan = behind(site, Method.FORM, "GET /blocked", "GET /", "GET /?q=1")
        scan.findings.update(parameter="", evidence_body=words)
        stranger = seen(302, {"location": "/login"}, "")
        UrlScan.objects.filter(pk=scan.pk).update(usual_answer=stranger.to_json())
        verify(scan.pk, holder="verifier")
    assert marks(scan) == ["not_replayable", "confirmed", "confirmed"], reasons(scan)


@pytest.mark.parametrize(
    ("sent", "given", "expected"),
    [
        ({}, (), "Owl/1"),
        ({"User-Agent": "() { :;}; echo"}, (), "() { :;}; echo"),
        ({}, (("User-Agent", "Crow"),), "Crow"),
    ],
)
def test_a_replay_comes_from_the_browser_that_logged_in_unless_the_request_or_the_login_says_another(
    sent, given, expected
):
    carried = carrying(Session(user_agent="Owl/1", headers=given), "http://owls.example/", sent)
    assert [value for name, value in carried.items() if name.lower() == "user-agent"] == [expected]


def test_the_lease_is_kept_while_a_slow_login_is_made(monkeypatch):
    renewals = []
    really_log_in, really_renew = verification.log_in, transitions.renew
    monkeypatch.setattr(verification, "log_in", lambda *args: sleep(0.5) or really_log_in(*args))
    monkeypatch.setattr(lease, "renew", lambda scan, **new: renewals.append(scan) or really_renew(scan, **new))
    with GuardedSite() as site:
        scan = behind(site, Method.FORM, "GET /?q=1")
        verify(scan.pk, holder="verifier", timing=Timing(between_renewals=0.05))
    assert marks(scan) == ["confirmed"] and len(renewals) >= 4


# --- Weaknesses at many places ----------------------------------------------------------------------


def methods(site, page):
    """The methods that the site allows on a page: the same weakness on each."""
    return make.reported(
        category="HTTP Methods",
        severity=Severity.INFO,
        url=f"{site.url}{page}",
        parameter="",
        info=f"on {page}",
        site_wide=True,
        http_request=f"GET /search?{page} HTTP/1.1\n{HEADERS}",
        evidence_body="<p>You searched for",
    )


def test_each_weakness_is_replayed_at_one_place_before_any_is_at_a_second(site):
    scan = ended(site.url, methods(site, "a"), methods(site, "b"), reported(site, "reflected"))
    verify(scan.pk, holder="me")
    sent = [path for path in site.paths if path.startswith("/search")]
    assert [path.partition("=")[0] for path in sent] == ["/search?q", "/search?a", "/search?b"]


def test_a_weakness_is_replayed_at_some_of_its_places_and_the_others_say_so(site, monkeypatch):
    monkeypatch.setattr(verification, "MOST_PLACES", 2)
    scan = ended(site.url, *(methods(site, page) for page in "abcd"))
    verify(scan.pk, holder="me")
    assert sum(path.startswith("/search") for path in site.paths) == 2
    assert [reason for reason in reasons(scan) if reason == "Not sent again: 2 other places of this weakness were."]
    assert sum(verified(scan)[0].values()) == 1


def test_places_that_were_not_sent_before_the_site_was_lost_say_that(site, monkeypatch):
    monkeypatch.setattr(verification, "MOST_PLACES", 1)
    scan = ended(site.url, methods(site, "a"), methods(site, "b"))
    site.stop()
    verify(scan.pk, holder="me")
    assert not [reason for reason in reasons(scan) if "other places" in reason]


# --- Again ------------------------------------------------------------------------------------------------


def verified_once(site, *names):
    """A published scan with these findings, all confirmed."""
    scan = ended(site.url, *[reported(site, name) for name in names])
    verify(scan.pk, holder="me")
    assert set(marks(scan)) == {Replay.CONFIRMED}, reasons(scan)
    return make.fresh(scan)


def ask(scan, **options):
    transitions.verify_again(scan, by=Actor.COMMAND, **options)


def outcome(scan):
    """The log entry of the last verification again: its counts and reason."""
    entry = scan.activity.filter(action="url_scan.verified_again").latest("pk")
    return [entry.data[name] for name in OutcomesAgain(scan).counts], str(entry.reason)


def test_a_mended_weakness_is_not_reproduced_when_it_is_verified_again(site):
    scan = verified_once(site, "sql", "reflected")
    before = {finding.pk: finding.replayed_at for finding in scan.findings.all()}
    site.mended = True
    ask(scan)
    verification.verify_again(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPRODUCED] * 2 and outcome(scan) == ([0, 2, 0, 0], "")
    assert all(finding.replayed_at > before[finding.pk] for finding in scan.findings.all())
    assert make.fresh(scan).status == U.COMPLETED_RESULTS_AVAILABLE
    assert not scan.findings.waiting_for_verification().exists()


def test_only_what_was_asked_for_is_sent_again(site):
    scan = verified_once(site, "header", "sql")
    site.requests.clear()
    ask(scan, findings=[scan.findings.get(info__endswith="not set").pk])
    verification.verify_again(scan.pk, holder="me")
    assert site.paths == ["/"]


def test_a_site_that_is_away_changes_no_outcome_and_says_so(site):
    scan = verified_once(site, *ALL)
    looked_at = [finding.replayed_at for finding in scan.findings.order_by("pk")]
    site.status = 403
    for _ in range(2):
        ask(scan)
        verification.verify_again(scan.pk, holder="me")
    assert marks(scan) == [Replay.CONFIRMED] * len(ALL)
    assert [finding.replayed_at for finding in scan.findings.order_by("pk")] == looked_at
    assert all("A new look at" in reason and reason.count("was not possible") == 1 for reason in reasons(scan))
    counts, why = outcome(scan)
    assert counts == [0, 0, 0, len(ALL)] and "403" in why


def test_what_was_not_looked_at_is_judged_when_the_site_is_back(site):
    scan = ended(site.url, *[reported(site, name) for name in ALL])
    site.status = 503
    verify(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPLAYABLE] * len(ALL)
    assert not any(finding.replayed_at for finding in scan.findings.all())
    site.status = 0
    ask(make.fresh(scan))
    verification.verify_again(scan.pk, holder="me")
    assert marks(scan) == [Replay.CONFIRMED] * len(ALL) and outcome(scan)[0] == [len(ALL), 0, 0, 0]


def test_an_outcome_that_nobody_could_tell_replaces_an_earlier_one(site):
    scan = ended(site.url, make.reported(module="sql", info="SQL", http_request=""))
    scan.findings.update(replay=Replay.CONFIRMED, replay_reason="said by an earlier version")
    verify(scan.pk, holder="me")
    ask(make.fresh(scan))
    verification.verify_again(scan.pk, holder="me")
    assert marks(scan) == [Replay.NOT_REPLAYABLE] and outcome(scan)[0] == [0, 0, 1, 0]


def test_what_is_asked_for_while_others_are_verified_is_verified_too(site, monkeypatch):
    scan = verified_once(site, "header", "sql")
    header, sql = scan.findings.order_by("pk")
    ask(scan, findings=[header.pk])
    happened = []
    in_the_middle(monkeypatch, lambda: happened or happened.append(ask(make.fresh(scan), findings=[sql.pk])))
    verification.verify_again(scan.pk, holder="me")
    assert not scan.findings.waiting_for_verification().exists()
    assert scan.activity.filter(action="url_scan.verified_again").count() == 2


@pytest.mark.parametrize("broken", [True, False])
def test_verifying_again_ends_quietly_or_says_what_broke(site, monkeypatch, broken):
    scan = verified_once(site, "header")
    ask(scan)

    def happens(*_, **__):
        if broken:
            raise RuntimeError("broken")
        transitions.delete(make.fresh(scan.analysis), by=Actor.COMMAND)
        raise transitions.LeaseLost("deleted")

    monkeypatch.setattr(verification, "judge", happens)
    verification.verify_again(scan.pk, holder="me")
    assert marks(scan) == [Replay.CONFIRMED]
    assert ("RuntimeError: broken" in reasons(scan)[0]) == broken and not make.fresh(scan).lease_holder
    if broken:
        assert outcome(scan)[0] == [0, 0, 0, 1]


# --- Others' turns ------------------------------------------------------------------------------------


@pytest.fixture
def others_wait(monkeypatch):
    """Others wait for the worker at every look."""
    monkeypatch.setattr(Turn, "is_over", lambda turn: True)


def again_queued(task):
    """The arguments with which a task was queued last."""
    ready = DBTaskResult.objects.ready().filter(task_path=f"scans.tasks.{task}")
    return ready.latest("enqueued_at").args_kwargs["args"]


@pytest.mark.usefixtures("others_wait")
def test_a_verification_that_waits_for_its_site_makes_way_and_its_patience_goes_on_where_it_was(site, settings):
    settings.SCANS_VERIFY_PATIENCE_SECONDS, settings.SCANS_VERIFY_SECONDS = 60, 300
    scan = ended(site.url, reported(site, "sql"))
    site.status = 403
    verify(scan.pk, holder="me", spent=(20.0, 7.0))
    pk, worked, waited = again_queued("verify")
    assert pk == scan.pk and 20 <= worked < 60 and waited == 7
    assert make.fresh(scan).lease_holder == "" and marks(scan) == [Replay.UNVERIFIED] and verified(scan) == []


def test_the_time_and_patience_of_earlier_turns_count(site, settings):
    settings.SCANS_VERIFY_PATIENCE_SECONDS, settings.SCANS_VERIFY_SECONDS = 60, 300
    late, impatient = ended(site.url, reported(site, "sql")), ended(site.url, reported(site, "sql"))
    verify(late.pk, holder="me", spent=(301.0, 0.0))
    assert "300" in reasons(late)[0]
    site.status = 403
    verify(impatient.pk, holder="me", spent=(10.0, 60.0))
    assert marks(impatient) == [Replay.NOT_REPLAYABLE] and "403" in reasons(impatient)[0]


def test_what_is_verified_again_in_two_turns_is_logged_in_two_parts(site, monkeypatch):
    scan = verified_once(site, "header", "sql")
    ask(scan)
    looks = iter([False, True, *[False] * 9])
    monkeypatch.setattr(Turn, "is_over", lambda turn: next(looks))
    verification.verify_again(scan.pk, holder="me")
    pk, *spent = again_queued("verify_again")
    assert outcome(scan)[0] == [1, 0, 0, 0] and make.fresh(scan).lease_holder == ""
    verification.verify_again(pk, holder="another", spent=spent)
    assert outcome(scan)[0] == [1, 0, 0, 0] and not scan.findings.waiting_for_verification().exists()
    actions = list(scan.activity.order_by("pk").values_list("action", flat=True))[-4:]
    assert actions == ["url_scan.verify_asked", "url_scan.verify_started", *["url_scan.verified_again"] * 2]
