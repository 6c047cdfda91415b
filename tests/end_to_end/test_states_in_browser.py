"""Pages with nothing to show, with very much, and with bad news: held to the rules that all pages keep."""

from unittest.mock import Mock

import pytest
from django.db import OperationalError

from scans import transitions
from scans.models import ScanSettings
from scans.views.statuses import StatusListView
from tests import factories
from tests.end_to_end.test_pages_in_browser import BY_AXE, rules_broken

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
NARROW = {"width": 320, "height": 700}
TOO_MANY_FIELDS = "/analyses/?" + "q=a&" * 1200


def too_wide(page, addresses) -> dict[str, int]:
    """By address the width of what is wider than the window."""
    widths = {}
    for address in addresses:
        page.goto(address)
        widths[address] = page.evaluate("document.documentElement.scrollWidth")
    return {address: width for address, width in widths.items() if width > NARROW["width"]}


def test_pages_without_anything_and_with_bad_news_keep_the_rules(open_page, problems):
    page = open_page("/", role="Viewer", viewport=NARROW, **BY_AXE)
    bad_news = {"/analyses/new/": 403, "/analyses/9/": 404, TOO_MANY_FIELDS: 400}
    assert {address: page.goto(address).status for address in bad_news} == bad_news
    addresses = ["/", "/analyses/", "/analyses/views/", *bad_news]
    assert not rules_broken(page, addresses)
    assert not too_wide(page, addresses)


def test_pages_of_what_broke_keep_the_rules(open_page, monkeypatch):
    page = open_page("/", viewport=NARROW, **BY_AXE)
    for error, status in ((ZeroDivisionError("a bug"), 500), (OperationalError("gone"), 503)):
        monkeypatch.setattr(StatusListView, "get", Mock(side_effect=error))
        assert page.goto("/statuses/").status == status
        assert not rules_broken(page, ["/statuses/"])
        assert not too_wide(page, ["/statuses/"])


def test_pages_with_very_much_and_of_what_failed_keep_the_rules(open_page):
    ScanSettings.objects.update(capacity=60)
    long = "http://127.0.0.1:9/" + "a-rather-long-part-of-a-path/" * 6
    many = factories.running(*(f"{long}{number}" for number in range(60)), name="A name that has no end " * 6)
    factories.find(many.url_scans.first(), 40)
    failed = factories.submitted(name="Failed")
    transitions.fail_submission(failed, reason="The engine is not installed: " + "/a/long/path" * 12)
    many_address, failed_address = many.get_absolute_url(), failed.get_absolute_url()
    scan = many.url_scans.first().get_absolute_url()
    page = open_page("/", role="Reviewer", viewport=NARROW, **BY_AXE)
    addresses = ["/", "/analyses/", many_address, failed_address, f"{many_address}findings/", scan, f"{scan}findings/"]
    assert not rules_broken(page, addresses)
    assert not too_wide(page, addresses)
