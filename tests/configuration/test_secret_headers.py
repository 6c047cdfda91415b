"""Sealed headers: opened for a scan, and sealed anew under the newest key."""

import pytest

from scans.configuration.secret_headers import names_for, resealed, rules_of, values
from scans.encryption import KeyLost, seal
from scans.models import Analysis, UrlScan
from scans.targets.request_rules import HeaderRefused

OLD, NEW = "an older key of some length", "the newest key of some length"
SHOP, CART = "http://h/shop", "http://h/cart"


def scan(url=SHOP, **columns):
    """The scan of one URL of an analysis with these columns."""
    return UrlScan(url=url, analysis=Analysis(**columns))


def test_an_analysis_without_headers_has_no_rules():
    assert values(None) == [] == values({})
    assert not rules_of(scan()).headers and not rules_of(scan()).leaves_out("http://h/logout")


def test_rules_hold_opened_headers_and_what_is_left_out():
    rules = rules_of(scan(headers={"X-Scan-Id": seal("owl")}, left_out=["/logout"]))
    assert rules.headers == (("X-Scan-Id", "owl"),) and rules.leaves_out("http://h/logout")
    assert rules.headers_for(SHOP) == {"x-scan-id": "owl"} and not rules.headers_for("http://elsewhere/")


def test_each_url_has_its_own_rules_beside_those_for_all():
    headers = {"X-A": seal("all"), "X-B": seal("all"), f"{SHOP} x-a": seal("shop"), f"{CART} X-C": seal("cart")}
    left_out = [f"{SHOP} /logout", f"{CART} usual:delete", "/x"]
    shop, cart = (rules_of(scan(url, headers=headers, left_out=left_out)) for url in (SHOP, CART))
    assert dict(shop.headers) == {"x-a": "shop", "X-B": "all"}
    assert dict(cart.headers) == {"X-A": "all", "X-B": "all", "X-C": "cart"}
    asked = ("http://h/logout", "http://h/delete/5", "http://h/x")
    assert [[rules.leaves_out(url) for url in asked] for rules in (shop, cart)] == [
        [True, False, True],
        [False, True, True],
    ]
    assert names_for(scan(CART, headers=headers)) == ["X-A", "X-B", "X-C"]


def test_a_header_of_old_that_is_refused_today_is_not_sent():
    with pytest.raises(HeaderRefused, match="The header Content_Length belongs to the connection") as caught:
        rules_of(scan(headers={"Content_Length": seal("5-owls")}))
    assert "5-owls" not in str(caught.value)


def test_headers_are_sealed_anew_and_a_lost_key_is_said(settings):
    settings.SCANS_SECRET_KEYS = [OLD]
    column = {"X-Scan-Id": seal("owl")}
    settings.SCANS_SECRET_KEYS = [NEW, OLD]
    again = resealed(column)
    settings.SCANS_SECRET_KEYS = [NEW]
    assert values(again) == ["owl"]
    with pytest.raises(KeyLost):
        rules_of(scan(headers=column))
