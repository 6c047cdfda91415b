"""Files that are sent while they are made: what can fail fails before, and the reader's settings hold to the end."""

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext

from scans.views import downloads
from scans.views.downloads import attachment


def broken():
    yield "the first line\n"
    raise RuntimeError("the second line cannot be made")


def test_a_short_file_that_cannot_be_made_is_an_error_and_no_torn_file():
    with pytest.raises(RuntimeError, match="cannot be made"):
        attachment(broken(), "x", "csv")


def test_of_a_long_file_only_the_beginning_is_made_before_it_is_sent(monkeypatch):
    monkeypatch.setattr(downloads, "MADE_AHEAD", 10)
    made = []

    def pieces():
        for number in range(100):
            made.append(number)
            yield f"{number:04}"

    response = attachment(pieces(), "x", "csv")
    assert made == [0, 1, 2]
    assert b"".join(response.streaming_content) == "".join(f"{number:04}" for number in range(100)).encode()


def test_a_file_is_made_to_its_end_in_the_language_and_time_zone_of_who_asked(monkeypatch):
    monkeypatch.setattr(downloads, "MADE_AHEAD", 0)

    def pieces():
        for _ in range(3):
            yield f"{gettext('Find')} {timezone.get_current_timezone_name()}\n"

    with translation.override("de"), timezone.override("Europe/Berlin"):
        response = attachment(pieces(), "x", "csv")
    assert b"".join(response.streaming_content).decode().splitlines() == ["Suchen Europe/Berlin"] * 3


def test_a_character_that_utf8_has_not_tears_no_file():
    assert b"".join(attachment(iter(["a\ud800b"]), "x", "csv").streaming_content) == b"a?b"


@pytest.mark.parametrize("form", downloads.CONTENT_TYPES)
def test_every_file_is_a_download_with_a_name_of_ours(form):
    assert (
        attachment(iter(["a"]), "analysis-7", form)["Content-Disposition"]
        == f'attachment; filename="analysis-7.{form}"'
    )
