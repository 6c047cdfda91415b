"""The command that lists, drains and resumes workers."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from scans.models import AllowedTarget, SecurityEvent, SystemPart
from tests import factories as make
from tests.views.test_workers import report, run_task

pytestmark = pytest.mark.django_db


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("workers", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def two():
    """Two workers of one host, of which the first scans."""
    make.started("http://127.0.0.1:9/")
    report("one", host="alpha", zones="default,office", version="1", engine="Wapiti 3.2.3", clock_ahead=-5.0)
    report("two", SystemPart.Kind.CHECKS_WORKER, host="alpha", version="1")
    run_task("scan_url", "one")


@pytest.mark.usefixtures("two")
def test_json_has_everything_that_the_page_shows():
    one, two = sorted(json.loads(run("--json")[0]), key=lambda row: row["name"])
    assert (one["host"], one["kind"], one["zones"]) == ("alpha", "scans_worker", ["default", "office"])
    assert (one["version"], one["engine"], one["clock_ahead_seconds"]) == ("1", "Wapiti 3.2.3", -5.0)
    (task,) = one["running"]
    assert (task["task"], task["what"]) == ("scan_url", "http://127.0.0.1:9/") and task["id"] and task["since"]
    assert not one["lost"] and not one["drained"] and one["last_seen"] and one["started_at"]
    assert two["running"] == [] and two["leads"] is False


@pytest.mark.usefixtures("two")
def test_the_list_has_a_line_for_each_and_says_what_is_wrong():
    AllowedTarget.objects.create(pattern="10.0.0.0/8", zone="lab")
    out, err = run()
    line = next(line for line in out.splitlines() if "· one ·" in line)
    for words in (
        "alpha",
        "zones default, office",
        "CLOCK -5.0 s",
        "runs scan_url http://127.0.0.1:9/",
        "Wapiti 3.2.3",
    ):
        assert words in line
    assert "runs nothing" in out and "No worker of zone “lab” runs" in err


@pytest.mark.usefixtures("two")
def test_a_worker_is_drained_and_resumed_by_name_and_all_of_a_host_by_its_name():
    def drained():
        return dict(SystemPart.objects.values_list("name", "drain"))

    run("--drain", "one")
    assert drained() == {"one": "finish", "two": ""}
    run("--drain", "alpha", "--now")
    assert drained() == {"one": "handover", "two": "handover"}
    run("--resume", "alpha")
    assert drained() == {"one": "", "two": ""}
    assert SecurityEvent.objects.filter(kind="worker", actor="command").count() == 5


def test_an_unknown_name_and_a_scheduler_are_refused():
    report("lead", SystemPart.Kind.SCHEDULER)
    for name in ("lead", "nobody"):
        with pytest.raises(CommandError, match=f"No worker or host of the name {name}") as refusal:
            run("--drain", name)
        assert refusal.value.returncode == 1
    with pytest.raises(CommandError, match="--now belongs to --drain"):
        run("--now")
