"""Single large things: what one page costs does not follow from how much there is behind it."""

import tracemalloc

import pytest

from scans.models import ActivityLogEntry, Finding, UrlScan
from tests import factories

pytestmark = pytest.mark.django_db
MEGABYTE = 1024**2


@pytest.fixture
def scan():
    return factories.published().url_scans.get()


@pytest.fixture
def viewer(client):
    client.force_login(factories.user("Viewer"))
    return client


def most_memory_of(work) -> int:
    """The bytes that a piece of work held at its height."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def engine_log_of(scan, megabytes, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    scan.directory.mkdir(parents=True)
    with (scan.directory / "engine.log").open("wb") as log:
        log.seek(megabytes * MEGABYTE)  # holes take no room on the disk
        log.write(b"\nthe last line\n")


def as_reported(scan, number):
    """One more finding, like the first."""
    finding = scan.findings.first()
    finding.pk, finding.identity, finding.fingerprint = None, f"identity {number}", f"fingerprint {number}"
    finding.parameter = f"parameter-{number}"
    return finding


def test_the_page_of_an_engine_log_of_100_megabytes_reads_its_end_only(scan, viewer, settings, tmp_path):
    engine_log_of(scan, 100, settings, tmp_path)
    page = f"{scan.get_absolute_url()}log/"
    viewer.get(page)  # what is loaded once is no matter of the log
    assert most_memory_of(lambda: viewer.get(page)) < 10 * MEGABYTE
    assert "the last line" in viewer.get(page).content.decode()


def test_a_piece_of_an_engine_log_of_100_megabytes_is_a_piece(scan, viewer, settings, tmp_path):
    engine_log_of(scan, 100, settings, tmp_path)
    page = f"{scan.get_absolute_url()}log/piece/"
    viewer.get(page)
    assert most_memory_of(lambda: viewer.get(page, {"after": "1-0"})) < 2 * MEGABYTE
    assert len(viewer.get(page).content) < 2 * 64 * 1024


def test_an_engine_log_of_100_megabytes_is_streamed(scan, viewer, settings, tmp_path):
    engine_log_of(scan, 100, settings, tmp_path)
    sent = []
    response = viewer.get(f"{scan.get_absolute_url()}log/engine.log")
    assert most_memory_of(lambda: sent.append(sum(len(part) for part in response.streaming_content))) < MEGABYTE
    assert sent[0] > 100 * MEGABYTE


def test_a_thousand_findings_are_a_page_no_larger_than_a_hundred(scan, viewer):
    page = f"{scan.get_absolute_url()}findings/"

    def size_with(findings):
        made = [as_reported(scan, number) for number in range(scan.findings.count(), findings)]
        Finding.objects.bulk_create(made)
        return len(viewer.get(page).content)

    hundred = size_with(100)
    held = most_memory_of(lambda: viewer.get(page))
    assert size_with(1000) < 1.2 * hundred
    assert most_memory_of(lambda: viewer.get(page)) < 1.2 * held
    assert Finding.objects.count() == 1000


def test_the_summary_of_250_urls_and_10_000_log_entries_holds_little_more_than_one_of_60_and_200(scan, viewer):
    analysis = scan.analysis
    address = analysis.get_absolute_url()

    def held_with(urls, entries):
        positions = range(analysis.url_scans.count(), urls)
        UrlScan.objects.bulk_create(another(scan, position=number, url=f"{scan.url}{number}") for number in positions)
        entry = analysis.activity.last()
        ActivityLogEntry.objects.bulk_create(another(entry) for _ in range(analysis.activity.count(), entries))
        viewer.get(address)
        return most_memory_of(lambda: viewer.get(address))

    few = held_with(60, 200)
    assert held_with(250, 10_000) < 1.5 * few
    assert (analysis.url_scans.count(), analysis.activity.count()) == (250, 10_000)


def another(thing, **fields):
    """A row like this one."""
    values = {field.attname: getattr(thing, field.attname) for field in thing._meta.concrete_fields}
    return type(thing)(**(values | {"id": None} | fields))
