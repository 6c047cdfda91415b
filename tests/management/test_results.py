"""manage.py results: the files of docs/exports.md on the command line."""

import errno
import json
import os
from contextlib import suppress
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from scans.exports.formats import FORMATS
from scans.statuses import EndedBy
from tests import factories

pytestmark = pytest.mark.django_db


def results(*arguments):
    """What it wrote, what it said, and its exit code."""
    out, err = StringIO(), StringIO()
    try:
        call_command("results", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        return out.getvalue(), err.getvalue(), end.code
    return out.getvalue(), err.getvalue(), 0


def test_complete_results_are_written_and_end_with_0():
    out, err, code = results(factories.published().pk)
    assert (json.loads(out)["state"], err, code) == ("complete", "", 0)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: factories.published(ended_by=EndedBy.DURATION), "did not finish"),
        (factories.ended, "under verification"),
        (factories.running, "has not ended"),
    ],
    ids=["partial", "under verification", "running"],
)
def test_anything_else_is_written_too_and_ends_with_3_and_the_reason(make, says):
    out, err, code = results(make().pk, "--format", "sarif")
    assert json.loads(out)["version"] == "2.1.0" and code == 3 and says in err


@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=pytest.mark.browser) if form == "pdf" else form for form in FORMATS]
)
def test_every_format_can_be_written_to_a_file(tmp_path, form):
    file = tmp_path / f"results.{form}"
    assert results(factories.published().pk, "--format", form, "--output", file) == ("", "", 0)
    assert file.stat().st_size > 100


@pytest.mark.parametrize("earlier", ["an earlier report", None])
def test_a_full_disk_leaves_an_earlier_file_whole_and_half_a_file_nowhere(monkeypatch, tmp_path, earlier):
    file = tmp_path / "results.json"
    if earlier:
        file.write_text(earlier)

    def disk_is_full(piece):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("scans.management.commands.results.as_bytes", disk_is_full)
    with pytest.raises(CommandError, match="cannot be written: No space left on device") as refusal:
        results(factories.published().pk, "--output", file)
    assert refusal.value.returncode == 1
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == ([(file.name, earlier)] if earlier else [])


def test_a_file_is_replaced_and_a_link_to_it_stays_a_link(tmp_path):
    file, link = tmp_path / "results.json", tmp_path / "latest.json"
    file.write_text("old")
    link.symlink_to(file)
    assert results(factories.published().pk, "--output", link)[2] == 0
    assert link.is_symlink() and json.loads(file.read_text())["state"] == "complete"


def test_a_file_that_only_its_owner_reads_stays_so(tmp_path):
    file = tmp_path / "results.json"
    file.touch(0o600)
    results(factories.published().pk, "--output", file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_device_that_is_full_is_named():
    with pytest.raises(CommandError, match="/dev/full cannot be written"):
        results(factories.published().pk, "--output", "/dev/full")


def test_without_a_browser_no_pdf_is_written_and_it_ends_with_1(settings, tmp_path):
    settings.SCANS_CHROMIUM = "/nowhere/chromium"
    with pytest.raises(CommandError, match="No Chromium is installed") as refusal:
        results(factories.published().pk, "--format", "pdf", "--output", tmp_path / "results.pdf")
    assert refusal.value.returncode == 1 and not (tmp_path / "results.pdf").exists()


def test_what_cannot_be_written_ends_with_1(tmp_path):
    with pytest.raises(CommandError, match="There is no analysis 99") as refusal:
        results(99)
    assert refusal.value.returncode == 1
    with pytest.raises(CommandError, match="cannot be written") as refusal:
        results(factories.published().pk, "--output", tmp_path / "none" / "file")
    assert refusal.value.returncode == 1


def test_a_reader_that_goes_away_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    errors = (BrokenPipeError, CommandError)
    with suppress(BrokenPipeError), open(writing, "w", buffering=1) as output, pytest.raises(errors) as ended:
        call_command("results", factories.published().pk, stdout=output)
    assert ended.type is BrokenPipeError  # which manage.py takes for what it is


def test_notices_are_said_on_standard_error_and_the_results_stay_complete():
    out, err, code = results(factories.noticed().pk)
    assert (json.loads(out)["state"], code) == ("complete", 0) and "saw one page only" in err
