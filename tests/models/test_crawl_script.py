"""A stored crawl script: its name may be shown, its text is sealed."""

from scans.models import CrawlScript


def test_a_script_comes_back_whole_and_its_row_shows_only_its_name():
    row = CrawlScript.of("w" * 300, "type owls-fly")
    assert row.text() == "type owls-fly" and str(row) == row.name == "w" * 255
    assert "owls-fly" not in row.sealed
