"""Which rule a finding gets: every module that can be run has one, or a reason why it cannot be verified."""

from time import process_time

import pytest

from scans.engines.wapiti.adapter import MODULES
from scans.reasons import SENTENCES
from scans.results import injection_rules, page_rules
from scans.results.replay_rules import rule_of
from scans.results.verdicts import Refused
from scans.targets.http_client import MAX_BODY_BYTES
from tests.results.replaying import CONFIRMED, GONE, MARK, SCRIPT, TEMPLATE, UNCLEAR, answer, finding, looked, replayed


@pytest.mark.parametrize("module", MODULES)
def test_every_module_that_is_run_has_its_rule_or_a_reason(module):
    by_sentence = {"cookieflags": MISSING_FLAG, "csp": "CSP is not set", "http_headers": "X-Frame-Options is not set"}
    rule = rule_of(finding(module=module, info=by_sentence.get(module, "…")))
    assert rule in SENTENCES if isinstance(rule, str) else callable(rule)


MISSING_FLAG = "Secure flag is not set in the cookie : session"


@pytest.mark.parametrize("module", sorted({*MODULES} - {"backup"}))  # whose sign is that there is a file
def test_no_finding_is_confirmed_by_a_page_that_looks_like_its_evidence(module):
    page = f"{TEMPLATE}<p>Welcome</p>"
    weak = finding(module=module, info="…", evidence_body=page, request="GET /search?q=%27%28 HTTP/1.1")
    assert replayed(weak, answer(body=page)) in (GONE, UNCLEAR)


@pytest.mark.parametrize("module", MODULES)
def test_no_finding_is_confirmed_by_an_empty_answer_or_empty_evidence(module):
    for weak in (finding(module=module, info="…"), finding(module=module, info="…", evidence_status=0)):
        assert replayed(weak, answer()) in (GONE, UNCLEAR)


@pytest.mark.parametrize(
    "module", ["ssrf", "log4shell", "ssl", "takeover", "brute_login_form", "upload", "wapp", "owl"]
)
def test_what_no_request_shows_says_why(module):
    verdict = looked(finding(module=module, info="…"), lambda request: pytest.fail("nothing is to be sent"))
    assert verdict.replay == UNCLEAR and str(verdict.reason)


def test_the_sentence_goes_before_the_category_and_this_before_the_module():
    error = "The server responded with a 500 HTTP error code while …"
    assert rule_of(finding(module="sql", info=error)) == page_rules.server_error
    assert rule_of(finding(module="sql", info="…", category="Resource consumption")) == injection_rules.silence
    assert rule_of(finding(module="sql", info="…")) == injection_rules.sql


@pytest.mark.parametrize(
    "text",
    ["a" * MAX_BODY_BYTES, "a1" * (MAX_BODY_BYTES // 2), "<" * MAX_BODY_BYTES, "1 " * 30_000, f"<{MARK} " * 4000],
)
def test_no_page_takes_long_to_judge(text):
    weak = finding(evidence_body=text, request=f"GET /search?q={SCRIPT} HTTP/1.1")
    for module in ("xss", "sql", "redirect", "file"):
        weak.module = module
        started = process_time()
        replayed(weak, answer(body=text[::-1]))
        assert process_time() - started < 1


SLOW_DOWN = "<h1>Whoa</h1><p>Too many requests. Please slow down.</p>"


@pytest.mark.parametrize("evidence", [SLOW_DOWN, TEMPLATE])
def test_a_page_that_asks_to_slow_down_is_no_answer_to_an_ldap_attack(evidence):
    weak = finding(
        module="ldap",
        info="LDAP Injection via injection in the parameter q",
        request="GET /search?q=%2A%29%29 HTTP/1.1",
        evidence_body=evidence,
    )
    left = iter([*[TEMPLATE] * 3, SLOW_DOWN])
    verdict = looked(weak, lambda request: answer(body=next(left, TEMPLATE)))
    assert verdict.replay == UNCLEAR and isinstance(verdict.error, Refused), "the look is made again"


def test_a_difference_between_pages_confirms_only_if_it_shows_twice():
    weak = finding(module="backup", parameter="", request="GET /a.bak HTTP/1.1", evidence_body="<?php")
    left = iter([answer(body="Have a rest first"), answer(404)])
    assert looked(weak, lambda request: next(left, answer(404))).replay == UNCLEAR, "the first page was a refusal"
    there = lambda request: answer(body="<?php") if request.path == "/a.bak" else answer(404)  # noqa: E731
    assert looked(weak, there).replay == CONFIRMED
