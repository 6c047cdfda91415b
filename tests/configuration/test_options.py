"""A new option takes two edits: a column and an entry in the list. Everything else reads the list."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django.utils.html import strip_tags

from scans import transitions
from scans.configuration.options import OPTIONS
from scans.configuration.submission import configuration
from scans.encryption import unseal
from scans.models import Actor, Analysis
from tests import factories
from tests.views.page import elements, text

pytestmark = pytest.mark.django_db
NEW = "/analyses/new/"
URL = "http://127.0.0.1:9/"
TOMORROW = f"{timezone.now() + timedelta(days=1):%Y-%m-%dT22:00}"
ALWAYS = {"name": "Shop", "urls": URL, "authorised": "on", "prescan": "on"}

# For each option: what is typed into the form, the same on the command line, and words that Configuration shows of it.
SAMPLES = {
    "depth": ({"depth": "7"}, ["--depth=7"], "7 links away from the target"),
    "requests_at_once": ({"requests_at_once": "2"}, ["--requests-at-once=2"], "at most 2 requests"),
    "duration": ({"duration": "90m"}, ["--duration=90m"], "at most 1 h 30 min"),
    "prescan": ({"prescan": ""}, ["--no-prescan"], "Prescan no"),
    "left_out": ({"left_out": "/?do=*\n*delete*"}, ["--leave-out=/?do=*", "--leave-out=*delete*"], "/?do=* *delete*"),
    "headers": ({"headers": "X-Scan-Id: 0wl-secret"}, ["--header=X-Scan-Id: 0wl-secret"], "X-Scan-Id"),
    "start_at": ({"start_at": TOMORROW}, [f"--start={TOMORROW}"], TOMORROW[:10]),
    "time_zone": ({"time_zone": "Asia/Tokyo"}, ["--time-zone=Asia/Tokyo"], "Asia/Tokyo"),
    "recurrence": ({"repeat": "weekly", "ends_after": "3"}, ["--repeat=weekly", "--ends-after=3"], "every week"),
    "blackout": ({"blackout": "Sat,Sun"}, ["--blackout=Sat,Sun"], "Sat,Sun"),
    "publication": ({"publication": "reviewer"}, ["--publish=reviewer"], "By a reviewer"),
}
every_option = pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)


def saved(client, **typed) -> Analysis:
    """A saved analysis for which this was typed."""
    client.post(NEW, {**ALWAYS, **typed, "then": "save"})
    return Analysis.objects.get()


def words(response) -> str:
    """What a person reads of a page."""
    return " ".join(strip_tags(text(response)).split())


def value_of(option, analysis):
    return option.read(getattr(factories.fresh(analysis), option.name))


def unsealed(value):
    """A value that can be compared: what is sealed differs each time."""
    return {name: unseal(sealed) for name, sealed in value.items()} if isinstance(value, dict) else value


def test_each_option_is_tried_here():
    assert SAMPLES.keys() == {option.name for option in OPTIONS}


@every_option
def test_an_option_has_a_column_whose_default_is_its_own(option):
    column = Analysis._meta.get_field(option.name)
    if column.has_default() or column.null:
        assert option.read(column.get_default()) == option.default


@every_option
def test_an_option_is_in_the_form_with_label_and_help_and_what_is_typed_is_stored(client, option):
    page = client.get(NEW)
    names = {element["name"] for element in elements(page, "name")}
    assert option.inputs.keys() <= names and str(option.label) in text(page)
    analysis = saved(client, **SAMPLES[option.name][0])
    assert value_of(option, analysis) != option.default


@every_option
def test_an_option_left_out_of_the_form_gets_its_default(client, option):
    analysis = saved(client)
    assert value_of(option, analysis) == option.default


@every_option
def test_the_command_line_takes_an_option_as_the_form_does(client, option, capsys):
    typed, arguments, _ = SAMPLES[option.name]
    by_form = value_of(option, saved(client, **({"time_zone": "UTC"} | typed)))
    call_command("submit", "--name=By command", URL, "--save", *arguments)
    assert unsealed(value_of(option, Analysis.objects.latest("pk"))) == unsealed(by_form)
    with pytest.raises(SystemExit):
        call_command("submit", "--help")
    said = capsys.readouterr().out
    assert all(one.flag.name in said for one in option.inputs.values() if one.flag)
    assert any(one.flag for one in option.inputs.values())


@every_option
def test_configuration_shows_an_option(client, option):
    analysis = saved(client, **SAMPLES[option.name][0])
    page = words(client.get(f"{analysis.url_scans.get().get_absolute_url()}configuration/"))
    assert str(option.label) in page and SAMPLES[option.name][2] in page


@every_option
def test_the_log_tells_of_a_changed_option(client, option):
    analysis = saved(client)
    edit = f"{analysis.get_absolute_url()}edit/"
    client.post(edit, {**ALWAYS, **SAMPLES[option.name][0], "then": "save"})
    entry = analysis.activity.get(action="analysis.changed")
    assert option.name in entry.data["changed"].split(", ")
    before, after = entry.data["values"][option.name]
    assert before != after == option.logged(value_of(option, analysis), configuration(analysis))
    told = f"{option.label} ({option.told(before)} → {option.told(after)})"
    assert told in words(client.get(analysis.get_absolute_url()))


@every_option
def test_a_saved_analysis_is_edited_as_it_was_typed(client, option):
    analysis = saved(client, **SAMPLES[option.name][0])
    before, edit = value_of(option, analysis), f"{analysis.get_absolute_url()}edit/"
    initial = client.get(edit).context["form"].initial
    client.post(edit, {**{name: value for name, value in initial.items() if value}, **{"then": "save"}})
    assert value_of(option, analysis) == before
    assert analysis.activity.get(action="analysis.changed").data["changed"] == "nothing"


@every_option
def test_a_run_again_has_the_same_option_but_for_the_schedule(client, option):
    analysis = saved(client, **SAMPLES[option.name][0])
    transitions.submit_again(analysis, by=Actor.COMMAND)
    transitions.stop_analysis(analysis, "delete", by=Actor.COMMAND)
    again = transitions.run_again(analysis, by=Actor.COMMAND)
    expected = option.default if option.name in ("start_at", "recurrence") else value_of(option, analysis)
    assert value_of(option, again) == expected


@every_option
def test_show_prints_an_option_as_json(client, option, capsys):
    analysis = saved(client, **SAMPLES[option.name][0])
    call_command("show", str(analysis.pk), "--json")
    data, exported = json.loads(capsys.readouterr().out), option.exported(value_of(option, analysis), analysis)
    assert exported and exported.items() <= data.items()
    assert exported != option.exported(option.default, analysis)
