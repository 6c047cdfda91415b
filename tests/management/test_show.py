"""manage.py show, for people; tests/exports/test_data.py has the data."""

import json

import pytest
from django.core.management import CommandError, call_command

from scans import transitions
from scans.models import Actor, Finding
from scans.templatetags.display import status_changes
from tests import factories

pytestmark = pytest.mark.django_db


def test_an_analysis_is_told_with_its_findings_and_its_log_oldest_first(capsys):
    analysis = factories.published(name="Shop")
    call_command("show", str(analysis.pk))
    told = capsys.readouterr().out
    assert told.startswith("Shop (run 1): Completed") and "0 critical, 1 high" in told
    assert "[high] Reflected Cross Site Scripting: GET http://127.0.0.1:9/page1" in told and "(confirmed)" in told
    log = told.partition("Activity log")[2].strip().splitlines()
    assert len(log) == analysis.activity.count() and log[0].split()[0] <= log[-1].split()[0]
    assert "ubmitted" in log[0]


def test_notices_are_told_with_their_next_step(capsys):
    call_command("show", str(factories.noticed().pk))
    told = capsys.readouterr().out
    assert "Notice: The scan saw one page only: http://127.0.0.1:9/. Open the page" in told
    assert "added a notice (The scan saw one page only" in told


def test_each_entry_of_the_log_names_its_statuses_and_its_url_as_the_page_does(capsys):
    a, b = "http://127.0.0.1:9/a", "http://127.0.0.1:9/b"
    analysis = factories.published(a, b)
    call_command("show", str(analysis.pk))
    log = capsys.readouterr().out.partition("Activity log")[2].strip().splitlines()
    for entry, line in zip(analysis.activity.order_by("pk"), log, strict=True):
        assert not entry.url_scan or line.endswith(f"— {entry.url_scan.url}")
        for status in status_changes(entry):
            assert str(status.label) in line
        assert ("[" in line) == bool(entry.to_status)
    text = "\n".join(log)
    assert "put the scan of this URL into the queue [Scheduled → Queued] — http://127.0.0.1:9/a" in text
    assert "[Submitted]" in text and "started Fake 1 on this URL [Queued → In Progress] — http://127.0.0.1:9/b" in text


def test_the_json_has_code_and_label_of_each_status(capsys):
    call_command("show", str(factories.published().pk), "--json")
    log = json.loads(capsys.readouterr().out)["log"]
    queued = next(entry for entry in log if entry["action"] == "url_scan.queued")
    assert (queued["from_status"], queued["to_status"]) == ("scheduled", "queued")
    assert (queued["from_label"], queued["to_label"], queued["url"]) == ("Scheduled", "Queued", "http://127.0.0.1:9/")


def test_an_analysis_that_there_is_not_or_that_was_deleted_ends_with_1():
    gone = factories.published()
    transitions.delete(gone, by=Actor.COMMAND)
    for pk in (gone.pk, 10**9):
        with pytest.raises(CommandError, match=f"no analysis {pk}") as ended:
            call_command("show", str(pk))
        assert ended.value.returncode == 1


def test_a_weakness_at_many_places_is_told_once_with_its_places(capsys):
    call_command("show", str(factories.on_every_page("", "about").pk))
    told = capsys.readouterr().out
    assert "1 info" in told and told.count("HTTP Methods:") == 1 and "also at GET http://127.0.0.1:9/about" in told


def test_findings_that_differ_in_parameter_or_module_alone_are_told_apart(capsys):
    analysis = factories.published()
    first = Finding.objects.defer(None).get(url_scan__analysis=analysis)
    for parameter, module in (("day", "exec"), ("day", "file"), ("month", "exec")):
        first.pk, first.identity, first.fingerprint = None, parameter + module, parameter + module
        first.category, first.parameter, first.module = "Internal Server Error", parameter, module
        first.save()
    call_command("show", str(analysis.pk))
    lines = [line for line in capsys.readouterr().out.splitlines() if "Internal Server Error" in line]
    assert len(set(lines)) == 3 and any(line.endswith(", parameter day, module file") for line in lines)
