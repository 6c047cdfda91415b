"""manage.py sample_data: refusals and progress."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from scans import transitions
from scans.management.commands import sample_data
from scans.models import Actor, Analysis
from scans.sample_data import loading

pytestmark = pytest.mark.django_db


def test_a_database_with_real_analyses_is_refused_unless_forced():
    submission = transitions.Submission(name="Real", urls=("http://localhost/",), duration=timedelta(hours=1))
    transitions.submit(submission, by=Actor.COMMAND)
    with pytest.raises(CommandError, match="holds other analyses") as refusal:
        call_command("sample_data", analyses=5)
    assert refusal.value.returncode == 1
    assert Analysis.objects.count() == 1
    call_command("sample_data", analyses=5, force=True)
    assert Analysis.objects.count() == 6


@pytest.mark.parametrize("analyses", [0, -3, 10_000_001])
def test_a_bad_number_is_refused(analyses):
    with pytest.raises(CommandError, match="choose a number from 1 to 10,000,000"):
        call_command("sample_data", analyses=analyses)


def test_progress_is_told(capsys, monkeypatch):
    monkeypatch.setattr(loading, "CHUNK", 10)
    call_command("sample_data", analyses=25)
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split(" analyses")[0] for line in lines] == ["10 of 25", "20 of 25", "25 of 25"]
    assert all("a second" in line and line.endswith("s left") for line in lines)
    assert last.startswith("Done after")


def test_progress_knows_how_fast_it_is_and_what_is_left(monkeypatch):
    moments = iter([100.0, 110.0, 110.0, 110.0])
    monkeypatch.setattr(sample_data, "monotonic", lambda: next(moments))
    told = []
    sample_data.Progress(4000, told.append).tell(1000)
    assert told == ["1,000 of 4,000 analyses, 10 s, 100 a second, 30 s left"]
