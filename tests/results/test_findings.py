"""Storing what an engine reports: once, counted, and in a shape that every database takes."""

import pytest

from scans import transitions
from scans.engines.events import Severity
from scans.engines.wapiti.traits import completed
from scans.models import Finding, UrlScan
from scans.results.findings import store
from tests import factories as make

NOTHING = {"findings_critical": 0, "findings_high": 0, "findings_medium": 0, "findings_low": 0, "findings_info": 0}


@pytest.fixture
def scan(db):
    return make.running().url_scans.get()


def test_what_was_reported_is_stored_with_its_evidence(scan):
    told = make.reported(
        references=(("OWASP", "https://owasp.org/"),),
        wstg=("WSTG-INPV-01",),
        cwe=(79,),
        evidence_headers=(("server", "owl"),),
    )
    store(scan, [told])
    row = scan.findings.get()
    for name in ("category", "method", "url", "parameter", "module", "info", "http_request", "evidence_body"):
        assert getattr(row, name) == getattr(told, name)
    assert (row.severity, row.evidence_status, row.replay) == ("high", 200, "unverified")
    assert row.references == [["OWASP", "https://owasp.org/"]] and row.cwe == [79] and row.wstg == ["WSTG-INPV-01"]
    assert row.evidence_headers == [["server", "owl"]] and row.found_at


def counted(scan):
    """The counts of a URL scan by their columns, as they are stored."""
    return UrlScan.objects.values(*NOTHING).get(pk=scan.pk)


def test_counts_are_totals_by_severity(scan):
    store(scan, [])
    assert counted(scan) == NOTHING
    store(scan, [make.reported(1), make.reported(2)])
    worse = [make.reported(3, Severity.CRITICAL), make.reported(4, Severity.INFO), make.reported(5, Severity.LOW)]
    store(scan, worse)
    assert counted(scan) == NOTHING | {
        "findings_critical": 1,
        "findings_high": 2,
        "findings_low": 1,
        "findings_info": 1,
    }


def test_findings_are_not_stored_without_their_counts(scan, monkeypatch):
    def killed(*args, **values):
        raise KeyboardInterrupt

    monkeypatch.setattr(transitions, "renew", killed)
    with pytest.raises(KeyboardInterrupt):
        store(scan, [make.reported()])
    assert not scan.findings.exists()


def test_the_analysis_counts_new_findings_at_once(scan):
    store(scan, [make.reported()])
    assert make.fresh(scan.analysis).findings_all > 0


def test_one_who_lost_the_scan_stores_nothing(scan):
    UrlScan.objects.update(lease_holder="another")
    with pytest.raises(transitions.LeaseLost):
        store(scan, [make.reported()])
    assert not scan.findings.exists()


def test_what_was_reported_before_is_left_alone(scan):
    store(scan, [make.reported()])
    Finding.objects.update(replay="confirmed")
    again = make.reported(http_request="GET /page1?q=another%20payload HTTP/1.1\n\n")
    store(scan, [again, again])
    assert counted(scan)["findings_high"] == 1
    row = scan.findings.get()
    assert row.replay == "confirmed" and "another" not in row.http_request


def test_one_report_with_the_same_twice_is_one_finding(scan):
    store(scan, [make.reported(), make.reported()])
    assert counted(scan)["findings_high"] == 1


def test_scans_do_not_share_findings(scan):
    other = make.running().url_scans.get()
    store(scan, [make.reported()])
    store(other, [make.reported()])
    assert counted(other)["findings_high"] == 1 and Finding.objects.count() == 2


def test_many_are_stored_at_once(scan):
    store(scan, [make.reported(number) for number in range(350)])
    assert counted(scan)["findings_high"] == 350


def test_nul_bytes_are_shown_and_stored_in_no_field(scan):
    nul = "a\x00b"
    store(
        scan,
        [
            make.reported(
                category=nul,
                method=nul,
                url=f"http://127.0.0.1:9/{nul}",
                parameter=nul,
                module=nul,
                info=nul,
                description=nul,
                solution=nul,
                http_request=nul,
                references=((nul, nul),),
                wstg=(nul,),
                evidence_headers=((nul, nul),),
                evidence_body=nul,
            )
        ],
    )
    row = scan.findings.get()
    assert all("\x00" not in str(value) and "\\x00" not in repr(value) for value in vars(row).values())
    assert row.info == row.evidence_body == row.wstg[0] == row.references[0][1] == "a\u2400b"


def test_over_long_fields_are_cut_to_what_the_database_takes(scan):
    store(scan, [make.reported(category="c" * 500, method="m" * 500, module="n" * 500, url="http://h/" + "u" * 9000)])
    row = scan.findings.get()
    assert (len(row.category), len(row.method), len(row.module), len(row.url)) == (200, 16, 60, 9009)
    row.full_clean(exclude=["replayed_at"])


def test_two_that_differ_beyond_the_cut_are_two(scan):
    long = "c" * 300
    store(scan, [make.reported(category=long + "1"), make.reported(category=long + "2")])
    assert counted(scan)["findings_high"] == 2


# --- The same weakness in another run -----------------------------------------------------------------


def fingerprints(scan, *reported):
    store(scan, reported)
    return list(scan.findings.order_by("pk").values_list("fingerprint", flat=True))


def test_the_fingerprint_does_not_know_the_payload(scan):
    one = make.reported(http_request="GET /a HTTP/1.1", url="http://h/a?q=1#x", info="XSS 1", evidence_body="1")
    other = make.reported(2, Severity.LOW, http_request="GET /b HTTP/1.1", url="http://h/a?q=2", info="XSS 2")
    first, second = fingerprints(scan, one, other)
    assert first == second


@pytest.mark.parametrize(
    "values",
    [
        {"parameter": "p"},
        {"category": "SQL Injection"},
        {"method": "POST"},
        {"url": "http://127.0.0.1:9/page2"},
        {"url": "http://127.0.0.1:10/page1"},
        {"url": "https://127.0.0.1:9/page1"},
        {"module": "permanentxss"},
        {"subject": "level", "info": "the cookie level"},
        {"kind": "time", "info": "by time"},
    ],
)
def test_another_weakness_has_another_fingerprint(scan, values):
    first, second = fingerprints(scan, make.reported(), make.reported(**values))
    assert first != second


def test_two_cookies_on_one_page_are_two_weaknesses_which_both_say_their_names(scan):
    first, second = fingerprints(scan, *map(cookie, ("level", "session")))
    assert first != second
    assert list(scan.findings.order_by("pk").values_list("subject", flat=True)) == ["level", "session"]


def test_one_cookie_on_two_pages_is_one_weakness_with_both_places(scan):
    first, second = fingerprints(scan, cookie("level"), cookie("level", url="http://127.0.0.1:9/other"))
    assert first == second


def cookie(name, **fields):
    """What the engine reports of a cookie."""
    info = f"HttpOnly flag is not set in the cookie : {name}"
    return completed(
        make.reported(category="HttpOnly Flag cookie", module="cookieflags", parameter="", info=info, **fields)
    )
