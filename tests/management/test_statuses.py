"""manage.py statuses: the catalogue as text, JSON and the page of the documentation."""

import json

from django.core.management import call_command


def test_the_command_prints_both_catalogues(capsys):
    call_command("statuses", "--json")
    entries = json.loads(capsys.readouterr().out)
    assert len(entries) == 24 + 31
    wanted = {"model", "code", "label", "warning", "description", "next_step", "phase", "final"}
    assert all(wanted <= entry.keys() for entry in entries)
    call_command("statuses")
    text = capsys.readouterr().out
    assert all(entry["label"] in text and entry["next_step"] in text for entry in entries)


def test_the_documentation_says_what_the_catalogue_says(capsys, settings):
    call_command("statuses", "--markdown")
    assert (settings.BASE_DIR / "docs" / "statuses.md").read_text() == capsys.readouterr().out
