"""The driver's rules for every request."""

from pathlib import Path

import httpx
import pytest

from scans.engines.wapiti import adapter
from scans.targets.http_client import USER_AGENT


@pytest.fixture
def driver_rules(imported_flat):
    imported_flat(Path(adapter.DRIVER).parent / "cookies.py")
    return imported_flat(Path(adapter.DRIVER).parent / "rules.py")


def test_the_driver_knows_the_user_agent_that_a_given_one_replaces(driver_rules):
    assert driver_rules.STAND_IN == USER_AGENT


@pytest.mark.parametrize(
    "name", ["Host", "host ", "Content_Length", "Proxy-X", ":authority", "X\r\nHost", "Ho\u017ft", ""]
)
def test_the_driver_refuses_headers_that_lead_elsewhere_or_break_the_connection(driver_rules, name):
    with pytest.raises(ValueError, match="header") as caught:
        driver_rules.Rules({"headers": [[name, "inside.example"]], "left_out": []})
    assert "inside" not in str(caught.value)


def test_the_driver_refuses_a_value_that_begins_another_header(driver_rules):
    with pytest.raises(ValueError, match="header"):
        driver_rules.refuse_headers([["X-A", "1\r\nHost: inside.example"]])


def test_the_driver_leaves_out_what_a_pattern_says_however_it_is_encoded(driver_rules):
    rules = driver_rules.Rules({"headers": [], "left_out": ["/logout"]})
    assert rules.leave_out("http://shop.example/logout#top") and rules.leave_out("http://shop.example//log%6Fut;x")
    assert not rules.leave_out("http://shop.example/") and not rules.leave_out("http://shop.example/a/logout")


def test_a_request_carries_the_headers_and_the_original_stays(driver_rules):
    rules = driver_rules.Rules({"headers": [["X-Scan-Id", "owl"], ["User-Agent", "ours"]], "left_out": []})
    plain = httpx.Request("GET", "http://shop.example/", headers={"User-Agent": driver_rules.STAND_IN})
    attack = httpx.Request("GET", "http://shop.example/", headers={"User-Agent": "() { :;}; echo"})
    dressed = [rules.dressed(request).headers for request in (plain, attack)]
    assert [headers["x-scan-id"] for headers in dressed] == ["owl", "owl"]
    assert [headers["user-agent"] for headers in dressed] == ["ours", "() { :;}; echo"]
    assert "x-scan-id" not in plain.headers


def test_a_given_cookie_is_sent_beside_those_of_the_site(driver_rules):
    rules = driver_rules.Rules({"headers": [["Cookie", "consent=yes"]], "left_out": []})
    requests = [httpx.Request("GET", "http://shop.example/", headers=headers) for headers in ({}, {"Cookie": "id=1"})]
    assert [rules.dressed(request).headers["cookie"] for request in requests] == ["consent=yes", "consent=yes; id=1"]


def test_a_given_type_of_content_never_replaces_that_of_a_body(driver_rules):
    rules = driver_rules.Rules({"headers": [["Content-Type", "text/plain"]], "left_out": []})
    form = httpx.Request("POST", "http://shop.example/", data={"a": "b"})
    assert rules.dressed(form).headers["content-type"] == "application/x-www-form-urlencoded"
    page = httpx.Request("GET", "http://shop.example/")
    assert rules.dressed(page).headers["content-type"] == "text/plain"
