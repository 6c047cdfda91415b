"""An answer's verdict on a finding: shown again, not shown, or nothing to judge by."""

from time import process_time

import httpx
import pytest

from scans.models import Finding, Replay
from scans.results.replay_rules import judge, judge_silence, parse_request, shown_at
from scans.targets.http_client import MAX_BODY_BYTES, Answer

CONFIRMED, GONE, UNCLEAR = Replay.CONFIRMED, Replay.NOT_REPRODUCED, Replay.NOT_REPLAYABLE
TEMPLATE = "".join(f"<p>Line {number} of a page that is long.</p>\n" for number in range(300))


def finding(**values):
    """A finding, nowhere stored."""
    request = values.pop("request", "GET /search?q=%3Cscript%3E HTTP/1.1\nhost: owls.example")
    return Finding(**{"evidence_status": 200, "parameter": "q", "http_request": request, "module": "xss", **values})


def answer(status=200, body="", headers=(), seconds=0.1):
    return Answer(status, httpx.Headers(list(headers)), body, seconds)


# --- Reading the engine's request -----------------------------------------------------------------------


def test_a_request_is_read_as_the_engine_writes_it():
    raw = parse_request(
        "POST /notes?a=1 HTTP/1.1\nhost: owls.example\nUser-Agent: owl: the browser\ncontent-length: 9\n"
        "Content-Type: application/x-www-form-urlencoded\n\nnote=a%0Ab"
    )
    assert (raw.method, raw.target, raw.body) == ("POST", "/notes?a=1", "note=a%0Ab")
    assert raw.headers == {"User-Agent": "owl: the browser", "Content-Type": "application/x-www-form-urlencoded"}


def test_line_ends_of_either_kind_are_read_the_same():
    text = "GET / HTTP/1.1\nA: b\n\n"
    assert parse_request(text) == parse_request(text.replace("\n", "\r\n"))


@pytest.mark.parametrize("text", ["", "GET", "GET /", "GET / b HTTP/1.1", "curl http://a/", "GET / SMTP", "\n\n\n"])
def test_what_is_no_request_cannot_be_sent_again(text):
    with pytest.raises(ValueError, match="no request that can be sent again"):
        parse_request(text)


def test_a_form_with_files_is_kept_in_parts_only():
    with pytest.raises(ValueError, match="form with files"):
        parse_request("POST / HTTP/1.1\nContent-Type: multipart/form-data; boundary=x\n\nx\n")


# --- By what the finding says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "header"),
    [("X-Frame-Options is not set", "x-frame-options"), ("CSP is not set", "content-security-policy")],
)
def test_a_missing_header_is_looked_for(info, header):
    assert judge(finding(info=info), answer()).replay == CONFIRMED
    assert judge(finding(info=info), answer(headers=[(header, "x")])).replay == GONE


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("session=1", CONFIRMED),
        ("session=1; Path=/; Secure", CONFIRMED),
        ("session=HttpOnly", CONFIRMED),
        ("session=1; HttpOnly", GONE),
        ("session=1;path=/;HTTPONLY", GONE),
        ("other=1", UNCLEAR),
        ("sessions=1", UNCLEAR),
    ],
)
def test_a_missing_flag_is_looked_for_in_the_cookie_of_that_name(cookie, expected):
    weak = finding(info="HttpOnly flag is not set in the cookie : session", evidence_status=0)
    assert judge(weak, answer(headers=[("set-cookie", "first=1"), ("set-cookie", cookie)])).replay == expected


def test_a_server_error_is_confirmed_by_the_same_error():
    weak = finding(info="The server responded with a 500 HTTP error code while attempting to inject a payload")
    assert judge(weak, answer(500)).replay == CONFIRMED
    assert judge(weak, answer(200)).replay == GONE


@pytest.mark.parametrize(
    ("info", "then", "now", "expected"),
    [
        ('CSP attribute "default-src" is missing', "script-src *", "script-src *", CONFIRMED),
        ('CSP attribute "default-src" is missing', "script-src *", "default-src 'self'", GONE),
        ('CSP "script-src" value is not safe', "script-src *", "img-src a; script-src  *", CONFIRMED),
        ('CSP "script-src" value is not safe', "script-src *", "script-src 'self'", GONE),
        ('CSP "script-src" value is not safe', "", "script-src 'self'", UNCLEAR),
    ],
)
def test_a_weak_policy_is_judged_by_the_policy_and_not_by_the_page(info, then, now, expected):
    weak = finding(
        info=info, evidence_headers=[["content-security-policy", then]] if then else [], evidence_body="same"
    )
    assert judge(weak, answer(body="same", headers=[("content-security-policy", now)])).replay == expected


# --- By the evidence --------------------------------------------------------------------------------------


def test_the_attacks_text_in_the_page_decides():
    weak = finding(evidence_body=f"{TEMPLATE}<p><script></p>")
    assert judge(weak, answer(body="elsewhere <script> on another page")).replay == CONFIRMED
    assert judge(weak, answer(body=f"{TEMPLATE}<p>&lt;script&gt;</p>")).replay == GONE


def test_the_attacks_text_is_found_in_a_form_too():
    request = "POST /notes HTTP/1.1\nhost: a\n\nnote=%3Cscript%3E&b=1"
    weak = finding(request=request, parameter="note", evidence_body="<script>")
    assert judge(weak, answer(body="a <script> b")).replay == CONFIRMED


@pytest.mark.parametrize("body", ["", "moved"])
def test_an_open_redirect_is_judged_by_where_it_leads(body):
    away = "https://openbugbounty.org/"
    weak = finding(
        request=f"GET /go?to={away} HTTP/1.1",
        parameter="to",
        evidence_status=302,
        evidence_headers=[["location", away]],
        evidence_body=body,
    )
    assert judge(weak, answer(302, body, [("location", away)])).replay == CONFIRMED
    assert judge(weak, answer(302, body, [("location", "/")])).replay == GONE


def test_an_injected_header_is_looked_for_in_the_head():
    weak = finding(
        request="GET /go?to=http://www.google.fr%0D%0Awapiti:%203.2.3%20version HTTP/1.1",
        parameter="to",
        evidence_status=302,
        evidence_headers=[["location", "http://www.google.fr"], ["wapiti", "3.2.3 version"]],
    )
    again = [("location", "http://www.google.fr"), ("wapiti", "3.2.3 version")]
    assert judge(weak, answer(302, headers=again)).replay == CONFIRMED
    assert judge(weak, answer(302, headers=again[:1])).replay == GONE


def test_one_missing_line_of_a_long_page_is_enough():
    weak = finding(parameter="id", evidence_body=f"{TEMPLATE}<p>You have an error in your SQL syntax</p>{TEMPLATE}")
    assert judge(weak, answer(body=weak.evidence_body)).replay == CONFIRMED
    verdict = judge(weak, answer(body=f"{TEMPLATE}<p>an item</p>{TEMPLATE}"))
    assert verdict.replay == GONE and "You have an error in your SQL syntax" in str(verdict.reason)


def test_times_tokens_and_counters_make_no_difference():
    page = '{page}<p>It is 12:{n}:59</p><input name="csrf" value="k3J{n}aaBBccDDeeFF{n}"><p>{n} visitors — grüß</p>'
    weak = finding(parameter="id", evidence_body=page.format(page=TEMPLATE, n=12))
    assert judge(weak, answer(body=page.format(page=TEMPLATE, n=7345).replace("ü", "\ufffd"))).replay == CONFIRMED


def test_a_file_that_was_shown_is_told_from_a_page_that_does_not():
    weak = finding(parameter="file", evidence_body=f"{TEMPLATE}<pre>root:x:0:0:root:/root:/bin/bash\nowl:x:1:1</pre>")
    assert judge(weak, answer(body=f"{TEMPLATE}<pre>No leaflet 17</pre>")).replay == GONE


def test_pages_that_were_cut_are_compared_as_far_as_both_go():
    page = "".join(f"<p>owl {chr(97 + number % 26)}</p>" for number in range(20_000))
    weak = finding(parameter="id", evidence_body=page[:MAX_BODY_BYTES])
    assert judge(weak, answer(body=page[: MAX_BODY_BYTES - 7] + "ü€")).replay == CONFIRMED


def test_another_status_is_another_answer():
    assert judge(finding(evidence_body="x"), answer(404, "x")).replay == GONE


@pytest.mark.parametrize("status", [401, 429, 502, 503, 504])
@pytest.mark.parametrize("info", ["XSS", "X-Frame-Options is not set"])
def test_a_site_that_is_down_or_wants_a_login_shows_neither(status, info):
    verdict = judge(finding(info=info, evidence_body="x"), answer(status, "x"))
    assert verdict.replay == UNCLEAR and str(status) in str(verdict.reason)


def test_without_evidence_there_is_nothing_to_judge_by():
    assert judge(finding(evidence_status=0), answer(body="x")).replay == UNCLEAR


def test_silence_is_evidence_where_the_engine_waited_in_vain():
    for slow in (finding(module="timesql"), finding(category="Resource consumption")):
        assert judge_silence(slow).replay == CONFIRMED
        assert judge(slow, answer(seconds=0.2)).replay == GONE
    assert judge_silence(finding()).replay == UNCLEAR


def test_a_stored_finding_is_shown_on_another_page():
    stored = {"module": "permanentxss", "category": "Stored Cross Site Scripting", "url": "http://owls.example/book"}
    away = "Stored Cross Site Scripting vulnerability found in http://owls.example/show?a=1 by injecting q"
    assert shown_at(finding(**stored, info=away)) == "http://owls.example/show?a=1"
    assert shown_at(finding(**stored, info="… found via injection in the parameter q")) == "http://owls.example/book"
    assert shown_at(finding(module="xss", category="Reflected Cross Site Scripting", info=away)) == ""


@pytest.mark.parametrize(
    "text", ["a" * MAX_BODY_BYTES, "a1" * (MAX_BODY_BYTES // 2), "<" * MAX_BODY_BYTES, "1 " * 30_000]
)
def test_no_page_takes_long_to_judge(text):
    started = process_time()
    judge(finding(parameter="id", evidence_body=text), answer(body=text[::-1]))
    assert process_time() - started < 1
