"""Printing a page: no script runs, no file is read, and one page at a time."""

import errno
import subprocess
import sys
from io import BytesIO

import pytest
from pypdf import PdfReader

from scans.browser import CannotPrint, print_page, session


@pytest.mark.browser
def test_printing_runs_no_script_and_reads_no_file(tmp_path):
    (tmp_path / "secret.txt").write_text("owls fly")
    page = (
        f"<iframe src='file://{tmp_path}/secret.txt'></iframe><p id=p>before</p><script>p.textContent='after'</script>"
    )
    text = PdfReader(BytesIO(print_page(page))).pages[0].extract_text()
    assert "before" in text and "after" not in text and "owls" not in text


@pytest.mark.browser
def test_printing_is_bounded_in_time():
    with pytest.raises(CannotPrint, match="within 0 seconds"):
        print_page("<p>", seconds=0.05)


@pytest.mark.browser
def test_one_report_is_printed_at_a_time_whatever_process_asks(monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(session, "SECONDS_TO_WAIT_FOR_THE_PRINTER", 0.2)
    holding = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print('has it', flush=True); input()"
    other = [sys.executable, "-c", holding, str(tmp_path / "printing.lock")]
    with subprocess.Popen(other, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "has it\n"
        with pytest.raises(CannotPrint, match="try again in a minute"):
            print_page("<p>")
        process.communicate("\n")
    assert print_page("<p>").startswith(b"%PDF")


def test_a_full_disk_is_told_as_what_keeps_a_pdf_from_being_made(monkeypatch, settings, tmp_path):
    settings.SCANS_CHROMIUM = sys.executable  # which is there, and is not started
    monkeypatch.setattr(session.unprotected, "is_refused", lambda: False)

    def disk_is_full(**names):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("scans.browser.process.tempfile.mkdtemp", disk_is_full)
    with pytest.raises(CannotPrint, match="needs room on the disk"):
        print_page("<p>")
