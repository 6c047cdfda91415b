"""The output of commands, whatever sites and people wrote."""

import sys
from io import StringIO

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError

import manage
from scans.harmless import harmless
from scans.management.output import HarmlessCommand

OURS = [name for name, app in get_commands().items() if app == "scans"]


class Speaking(HarmlessCommand):
    """Prints what it is told."""

    def add_arguments(self, parser):
        parser.add_argument("text")
        parser.add_argument("--number", type=int)

    def handle(self, *, text, **options):
        self.stdout.write(text)
        self.stderr.write(text, self.style.ERROR)


def test_every_command_of_ours_prints_harmlessly():
    assert len(OURS) > 10
    assert [name for name in OURS if not isinstance(load_command_class("scans", name), HarmlessCommand)] == []


def test_both_outputs_are_harmless():
    out, err = StringIO(), StringIO()
    call_command(Speaking(), "a\x1b[2J\u202e\nb\r", stdout=out, stderr=err)
    assert (out.getvalue(), err.getvalue()) == ("a␛[2J\\u202e\nb␍\n", "a␛[2J\\u202e\nb␍\n")


def test_a_colour_of_our_own_stays(monkeypatch):
    monkeypatch.setattr("django.core.management.base.OutputWrapper.isatty", lambda self: True)
    out, err = StringIO(), StringIO()
    call_command(Speaking(stdout=out, stderr=err, force_color=True), "a\x1b[2J")
    assert err.getvalue().startswith("\x1b[") and "a␛[2J" in err.getvalue()


def test_a_wrong_option_is_quoted_harmlessly(capsys):
    with pytest.raises(CommandError) as error:
        call_command(Speaking(), "a", "--unknown\x1b[2J")
    assert harmless(error.value) == str(error.value)


def test_an_error_that_nobody_caught_is_printed_harmlessly(capsys):
    try:
        raise ValueError("the site said \x1b[2J\u202e")
    except ValueError:
        manage.show_error(*sys.exc_info())
    said = capsys.readouterr().err
    assert "Traceback" in said and "the site said ␛[2J\\u202e" in said
