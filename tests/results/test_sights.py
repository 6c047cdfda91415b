"""The notices that follow from a crawl that saw little."""

from dataclasses import replace

import pytest

from scans.engines.events import CrawlSeen, UrlCrawled
from scans.models import UrlScan
from scans.reasons import Notice
from scans.results import coverage
from scans.results.sights import notices_of
from tests import factories

ENOUGH = CrawlSeen(pages=2, data=0, only_login=False, only_scripts=False)
URL = "http://shop.example/"


@pytest.mark.parametrize(
    ("seen", "codes"),
    [
        (ENOUGH, []),
        (replace(ENOUGH, pages=1, data=1), []),
        (replace(ENOUGH, pages=1), ["one_page"]),
        (replace(ENOUGH, pages=0, data=1), ["one_page"]),
        (replace(ENOUGH, pages=1, frames=("http://other.example/",)), ["frames_not_followed"]),
        (replace(ENOUGH, frames=("http://other.example/",)), []),
        (replace(ENOUGH, pages=1, only_login=True), ["login_only"]),
        (replace(ENOUGH, pages=1, only_scripts=True), ["scripts_only"]),
        (replace(ENOUGH, descriptions=(("Swagger", f"{URL}a"), ("OpenAPI", f"{URL}b"))), ["description_not_read"]),
        (
            replace(ENOUGH, pages=1, only_scripts=True, descriptions=(("GraphQL", f"{URL}q"),)),
            ["scripts_only", "description_not_read"],
        ),
    ],
)
def test_the_most_exact_notice_says_why_a_crawl_saw_little(seen, codes):
    assert [notice.code for notice in notices_of(seen, UrlScan(url=URL))] == codes


def test_the_notice_of_a_description_names_its_kind_and_address():
    [notice] = notices_of(replace(ENOUGH, descriptions=(("Swagger", f"{URL}api.json"),)), UrlScan(url=URL))
    assert notice == Notice("description_not_read", kind="Swagger", url=f"{URL}api.json")
    several = tuple((kind, f"{URL}{number}") for number, kind in enumerate(["OpenAPI", "GraphQL", "OpenAPI", "WSDL"]))
    [notice] = notices_of(replace(ENOUGH, descriptions=several), UrlScan(url=URL))
    assert notice.facts == {"kind": "GraphQL, OpenAPI, WSDL", "url": f"{URL}0, {URL}1, {URL}2"}


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "reached"), [(200, True), (404, True), (0, False)])
def test_a_page_that_the_target_leads_to_was_reached_if_it_answered(status, reached):
    scan = factories.running(URL).url_scans.get()
    coverage.store(scan, [UrlCrawled(method="GET", url=f"{URL}app", status=status)])
    notices = notices_of(ENOUGH, scan, f"{URL}app?from=home")
    assert [notice.code for notice in notices] == ([] if reached else ["lead_not_followed"])
