"""Filters for the parts of one analysis."""

import pytest

from scans.filtersets import ActivityLogFilterSet, CoverageFilterSet, FindingFilterSet, UrlScanFilterSet, whole_number
from scans.models import ActivityLogEntry, CrawledUrl, Finding, UrlScan
from tests import factories


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "²", "٣", "9" * 19])
def test_what_is_no_number_of_a_row_is_none(text):
    assert whole_number(text) is None and whole_number("17") == 17


@pytest.mark.django_db
def test_url_scans_are_filtered_by_phase_and_a_phase_that_there_is_not_shows_all():
    factories.running()
    factories.published()
    chosen = UrlScanFilterSet({"urls": "active"}, UrlScan.objects.all())
    assert chosen.phase == "active" and [scan.status for scan in chosen.qs] == ["in_progress"]
    wrong = UrlScanFilterSet({"urls": "owl"}, UrlScan.objects.all())
    assert (wrong.phase, wrong.qs.count()) == ("", 2)


@pytest.mark.django_db
def test_the_log_is_continued_before_an_entry_and_anything_else_is_ignored():
    newest = factories.running().activity.latest("pk")
    entries = ActivityLogEntry.objects.all()
    older = ActivityLogFilterSet({"before": str(newest.pk), "entries": "50"}, entries, urls=[])
    assert set(older.qs) == set(entries) - {newest} and older.shown == 50
    assert ActivityLogFilterSet({"before": "owl", "entries": "x"}, entries, urls=[]).qs.count() == entries.count()


@pytest.mark.django_db
def test_addresses_are_filtered_by_text_reach_and_the_first_digit_of_the_answer():
    scan = factories.running().url_scans.get()
    answers = {"/a": 200, "/b": 299, "/c": 404, "/d": 0}
    for url, answer in answers.items():
        CrawledUrl.objects.create(url_scan=scan, identity=url, method="GET", url=url, answer=answer)

    def found(**data):
        return {one.url for one in CoverageFilterSet(data, CrawledUrl.objects.all()).qs}

    assert (found(answer="2"), found(answer="0"), found(q="/C")) == ({"/a", "/b"}, {"/d"}, {"/c"})
    assert found(reach="found") == answers.keys() and found(reach="skipped") == set()
    assert CoverageFilterSet({"q": "x"}).is_narrowed and not CoverageFilterSet({"page": "2"}).is_narrowed


@pytest.mark.django_db
def test_findings_are_new_or_still_there_and_grouping_narrows_nothing():
    scan = factories.running().url_scans.get()
    factories.find(scan, 2)
    seen_before = Finding.objects.filter(info__endswith="page1")
    findings = Finding.objects.marked(scan.analysis.series.marks).compared_with(seen_before)
    for since, page in (("new", "page2"), ("still", "page1")):
        chosen = FindingFilterSet({"since": since}, findings, categories=[])
        assert [finding.info[-5:] for finding in chosen.qs] == [page] and chosen.is_narrowed
    grouped = FindingFilterSet({"group": "url"}, findings, categories=[])
    assert grouped.grouping == "url" and not grouped.is_narrowed and grouped.qs.count() == 2
