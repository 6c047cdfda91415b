"""The report for people, as HTML and as PDF."""

from io import BytesIO
from unicodedata import normalize

import pytest
from django.utils import timezone
from pypdf import PdfReader

from scans.browser import CannotPrint
from scans.engines.events import Severity, UrlCrawled
from scans.exports.report import EXCERPT, as_html, as_pdf
from scans.exports.results import Results
from scans.models import Mark, TriageMark
from scans.results import coverage
from scans.statuses import EndedBy
from tests import factories


def report(analysis, user=None):
    """The HTML."""
    return "".join(as_html(Results(analysis, user)))


def found(**fields):
    """A published analysis with one finding like this."""
    analysis = factories.running(name="Shop")
    scan = analysis.url_scans.get()
    factories.find(scan, **fields)
    coverage.store(scan, [UrlCrawled(method="GET", url="http://127.0.0.1:9/seen", status=200)])
    factories.transitions.end(scan, EndedBy.ITSELF)
    factories.verify(factories.fresh(scan))
    return factories.fresh(analysis)


@pytest.mark.django_db
def test_it_is_one_file_that_loads_and_runs_nothing():
    html = report(found())
    assert "default-src 'none'" in html and "<style>" in html
    assert not any(part in html for part in ("<script", "<link", "<img", " src=", "@import", "url("))


@pytest.mark.django_db
def test_it_says_what_was_scanned_how_it_ended_and_how_much_was_covered():
    html = report(found())
    assert "Complete and published." in html and "The scan is complete, and its results are published." in html
    assert "<td>1</td><td>0</td><td>0</td><td>0</td>" in html.partition("Coverage:")[2]


@pytest.mark.django_db
def test_a_finding_has_its_evidence_replay_and_mark():
    analysis = found(evidence_body="<b>proof</b>" + "x" * 2 * EXCERPT)
    finding = analysis.url_scans.get().findings.get()
    TriageMark.objects.create(
        series=analysis.series, fingerprint=finding.fingerprint, mark=Mark.ACCEPTED, comment="Known.", at=timezone.now()
    )
    html = report(analysis)
    assert "&lt;b&gt;proof" in html and "<b>proof" not in html and "x" * EXCERPT not in html
    assert "Shortened" in html and "Confirmed: said by the test" in html and "Accepted: Known." in html


@pytest.mark.django_db
def test_findings_are_grouped_by_kind_worst_first():
    analysis = factories.running()
    scan = analysis.url_scans.get()
    factories.find(scan, 2, severity=Severity.LOW, category="Cookies")
    factories.find(scan, 1, severity=Severity.HIGH, category="Injection")
    factories.transitions.end(scan, EndedBy.ITSELF)
    html = report(factories.fresh(analysis))
    assert html.count('class="group"') == 2 and html.index("Injection") < html.index("Cookies")


@pytest.mark.django_db
def test_what_is_partial_or_under_verification_is_said_first():
    partial = report(factories.published(ended_by=EndedBy.DURATION))
    assert partial.index("Partial: some results are missing.") < partial.index("Scanned URLs")
    assert "Under verification: not final." in report(factories.ended())


@pytest.mark.django_db
def test_who_may_not_see_the_findings_yet_is_told_so():
    html = report(factories.ended(), factories.user("Viewer"))
    assert "None can be shown yet." in html and "Reflected Cross Site Scripting" not in html


@pytest.mark.django_db
def test_without_a_browser_the_page_says_so_and_offers_the_html(client, settings):
    settings.SCANS_CHROMIUM = ""
    analysis = factories.published()
    client.force_login(factories.user("Viewer"))
    response = client.get(f"/analyses/{analysis.pk}/results.pdf")
    assert response.status_code == 503
    assert "No Chromium is installed" in response.content.decode()
    assert f"/analyses/{analysis.pk}/results.html" in response.content.decode()


@pytest.mark.browser
@pytest.mark.django_db
def test_the_pdf_holds_the_same():
    pages = PdfReader(BytesIO(b"".join(as_pdf(Results(found()))))).pages
    text = normalize("NFKC", " ".join(page.extract_text() for page in pages))  # fl may be one letter
    assert "Shop" in text and "Reflected Cross Site Scripting" in text and "How to read this report" in text


@pytest.mark.django_db
def test_no_report_of_more_findings_than_anybody_reads_is_printed(monkeypatch):
    monkeypatch.setattr("scans.exports.report.MOST_PRINTED", 1)
    analysis = factories.published(number_of_findings=2)
    with pytest.raises(CannotPrint, match="There are 2 findings; a PDF holds at most 1. Choose the results of one URL"):
        as_pdf(Results(analysis))


@pytest.mark.django_db
def test_the_cover_counts_the_urls_with_notices_and_each_notice_stands_once_at_its_url():
    html = report(factories.noticed())
    cover, scanned, urls = html.partition("<body>")[2].partition("<h2>Scanned URLs</h2>")
    assert "state--complete" not in cover and "Complete and published." in cover and scanned
    assert "1 URL scan has notices" in cover and "one page only" not in cover
    assert urls.count("The scan saw one page only") == 1


@pytest.mark.django_db
def test_a_weakness_at_many_places_is_told_once_with_all_its_places():
    html = report(factories.on_every_page("", "about", "help", replays=(("help", "not_reproduced"),)))
    assert html.count('<article class="finding">') == 1 and "(1 at 3 places)" in html
    assert "The same at 3 places" in html
    for page, outcome in (("", "Confirmed"), ("about", "Confirmed"), ("help", "Not reproduced")):
        assert f'<li>GET http://127.0.0.1:9/{page} <span class="small">{outcome}</span></li>' in html
