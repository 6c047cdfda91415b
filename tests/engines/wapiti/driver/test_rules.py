"""The driver's rules for every request."""

from pathlib import Path

import httpx
import pytest

from scans.engines.wapiti import adapter
from scans.targets.http_client import USER_AGENT
from scans.targets.request_rules import REFUSED_HEADERS, expression


@pytest.fixture
def driver_rules(imported_flat):
    return imported_flat(Path(adapter.DRIVER).parent / "rules.py")


def test_the_driver_refuses_the_same_headers(driver_rules):
    assert driver_rules.REFUSED_HEADERS == REFUSED_HEADERS and driver_rules.STAND_IN == USER_AGENT
    with pytest.raises(ValueError, match="Host") as caught:
        driver_rules.Rules({"headers": [["Host", "inside.example"]], "left_out": []})
    assert "inside" not in str(caught.value)


def test_the_driver_leaves_out_what_a_pattern_says_however_it_is_encoded(driver_rules):
    rules = driver_rules.Rules({"headers": [], "left_out": [expression("/logout")]})
    assert rules.leave_out("http://shop.example/logout#top") and rules.leave_out("http://shop.example/log%6Fut")
    assert not rules.leave_out("http://shop.example/") and not rules.leave_out("http://shop.example/a/logout")


def test_a_request_carries_the_headers_and_the_original_stays(driver_rules):
    rules = driver_rules.Rules({"headers": [["X-Scan-Id", "owl"], ["User-Agent", "ours"]], "left_out": []})
    plain = httpx.Request("GET", "http://shop.example/", headers={"User-Agent": driver_rules.STAND_IN})
    attack = httpx.Request("GET", "http://shop.example/", headers={"User-Agent": "() { :;}; echo"})
    dressed = [rules.dressed(request).headers for request in (plain, attack)]
    assert [headers["x-scan-id"] for headers in dressed] == ["owl", "owl"]
    assert [headers["user-agent"] for headers in dressed] == ["ours", "() { :;}; echo"]
    assert "x-scan-id" not in plain.headers
