"""CSV that no spreadsheet runs, whatever it takes for the separator."""

import csv
import re
from io import StringIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scans import transitions
from scans.exports.tables import csv_lines, safe_cell
from scans.models import CrawledUrl
from scans.statuses import EndedBy
from tests import factories
from tests.exports.reading import listed

EVIL = "x;=1+1"
_A_FORMULA = re.compile(r"[\s\x00-\x20\"\u200b\ufeff]*[=+\-@＝＋－＠]")


def formulas(file, separator):
    """The cells of the file that a spreadsheet with this separator would run."""
    cells = [cell for row in csv.reader(StringIO(file, newline=""), delimiter=separator) for cell in row]
    return [cell for cell in cells if _A_FORMULA.match(cell)]


@given(st.lists(st.text(alphabet="=+-@＝＋－＠;,\t\r\n\"' x1\u200b\ufeff"), min_size=1, max_size=3))
@example(["1", EVIL])  # read with semicolons, quotes around the second cell stand in the middle of one
@example(['a;"=1+1'])
@example(["a\n=1+1"])
@example(["a\t=1+1"])
@example([" =1+1"])
@example(["＝1+1"])
def test_no_cell_is_a_formula_with_any_separator(cells):
    file = "".join(csv_lines(["id", "name"], [cells]))
    for separator in ",;\t":
        assert formulas(file, separator) == []


@pytest.mark.parametrize(
    "text",
    ["Shop, Hamburg; north", 'the "new" shop', "two\nlines", "a=1&b=2;c", "x-y", "", "Größe", "'", "http://h/?a=-1"],
)
def test_other_texts_stay_as_they_are(text):
    file = "".join(csv_lines(["name"], [[text]])).removeprefix("\ufeff")
    assert list(csv.reader(StringIO(file, newline=""))) == [["name"], [text]]


@pytest.mark.parametrize("text", ["\tx", "\r\nx", "\nx"])
def test_a_cell_does_not_begin_with_a_break_that_some_spreadsheets_drop(text):
    assert safe_cell(text) == f"'{text}"


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell():
    assert [safe_cell(cell) for cell in (-5, None)] == [-5, None]
    assert "".join(csv_lines(["a", "b"], [[-5, None]])).endswith('"-5",""\r\n')


def test_a_long_run_of_blanks_takes_no_time():
    assert safe_cell("\n" * 300_000 + "=1")[-3:] == "'=1"


@pytest.mark.django_db
def test_every_csv_file_is_safe_and_begins_with_a_byte_order_mark(client):
    analysis = factories.running(name=EVIL)
    scan = analysis.url_scans.get()
    CrawledUrl.objects.create(url_scan=scan, method="GET", url=f"http://127.0.0.1:9/{EVIL}", reach="found")
    factories.find(scan, url=f"http://127.0.0.1:9/{EVIL}", parameter=EVIL, info=EVIL)
    transitions.end(scan, EndedBy.ENGINE, reason=EVIL)
    factories.verify(scan)
    files = [
        "/analyses/export.csv",
        f"/analyses/{analysis.pk}/activity-log.csv",
        f"/analyses/{analysis.pk}/results.csv",
        f"{scan.get_absolute_url()}results.csv",
        f"{scan.get_absolute_url()}coverage.csv",
    ]
    for address in files:
        file = b"".join(client.get(address).streaming_content).decode()
        assert file.startswith('\ufeff"') and "x;'=1+1" in file, address
        for separator in ",;\t":
            assert formulas(file, separator) == [], address


@pytest.mark.django_db
def test_what_a_spreadsheet_would_run_is_made_harmless(client):
    factories.scheduled(name="=1+1")
    assert listed(client.get("/analyses/export.csv"))[0]["name"] == "'=1+1"
