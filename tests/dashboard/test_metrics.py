"""/metrics: protected, bounded, and true."""

import pytest
from django.db import OperationalError
from prometheus_client.parser import text_string_to_metric_families

from scans.models import AllowedTarget, FullDisk, ScanSettings, SystemPart
from scans.reasons import Reason
from scans.statuses import AnalysisStatus
from tests import factories

pytestmark = pytest.mark.django_db
TOKEN = "t" * 32


@pytest.fixture
def ask(client, settings):
    """A function that asks as Prometheus does, and gives each sample: name and values of labels, with the value."""
    settings.SCANS_METRICS_TOKEN = TOKEN

    def samples():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, HTTP_HOST="10.0.0.9:8000")
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        return {
            (sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples
        }

    return samples


def test_without_the_setting_there_are_no_metrics(client):
    answer = client.get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 404 and b"scans_" not in answer.content


@pytest.mark.parametrize("given", [{}, *({"Authorization": each} for each in ("", "Bearer", f"Bearer {TOKEN}x", "é"))])
def test_nobody_reads_them_without_the_token(client, settings, given):
    settings.SCANS_METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers=given)
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")
    assert b"scans_" not in answer.content


def test_no_login_replaces_the_token(settings, as_role):
    settings.SCANS_METRICS_TOKEN = TOKEN
    assert as_role("Administrator").get("/metrics").status_code == 401


def test_a_token_that_can_be_guessed_is_refused(read, refusal):
    assert "SCANS_METRICS_TOKEN" in refusal(SCANS_METRICS_TOKEN="short")
    assert read(SCANS_METRICS_TOKEN=TOKEN)["SCANS_METRICS_TOKEN"] == TOKEN
    assert TOKEN not in repr(read(SCANS_METRICS_TOKEN=TOKEN)["SCANS_METRICS_TOKEN"])


def test_the_answer_is_never_kept(client, ask):
    ask()
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert "no-store" in answer["Cache-Control"] and not answer.cookies
    assert client.post("/metrics").status_code == 405


def test_they_are_given_in_the_newer_format_too(client, ask):
    accepted = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/openmetrics-text; version=1.0.0"}
    assert client.get("/metrics", headers=accepted).content.endswith(b"# EOF\n")


def test_the_figures_are_those_of_the_installation(ask):
    ScanSettings.objects.update(capacity=2)
    SystemPart.report(SystemPart.Kind.SCANS_WORKER, "one")
    SystemPart.report(SystemPart.Kind.SCANS_WORKER, "two")
    SystemPart.report(SystemPart.Kind.SCHEDULER, "three")
    analysis = factories.started(*(f"http://127.0.0.1:9/{number}" for number in range(5)), by=factories.user())
    factories.begin(analysis.url_scans.filter(status="queued").first())
    factories.submitted()
    told = ask()
    assert told["scans_database_up",] == 1
    assert (told["scans_capacity",], told["scans_slots_used",], told["scans_running", "default"]) == (2, 2, 1)
    assert told["scans_waiting_for_capacity",] == 3
    assert told["scans_queue_length", "scans", "default"] == 2, "also of the scan that was begun outside it"
    assert told["scans_queue_length", "checks", "default"] == 2
    assert told["scans_processes", "scans_worker", "default"] == 2
    assert told["scans_processes", "checks_worker", "default"] == 0
    assert 0 <= told["scans_scheduler_lag_seconds",] < 30
    assert told["scans_analyses", AnalysisStatus.IN_PROGRESS] == 1 == told["scans_analyses", AnalysisStatus.SUBMITTED]


def test_figures_of_work_and_workers_name_their_zone(ask):
    AllowedTarget.objects.create(pattern="127.0.0.0/24", zone="office")
    SystemPart.report(SystemPart.Kind.SCANS_WORKER, "one", zones="default, office")
    analysis = factories.started("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    factories.begin(analysis.url_scans.first())
    told = ask()
    assert (told["scans_running", "office"], told["scans_running", "default"]) == (1, 0)
    assert told["scans_queue_length", "scans", "office"] == 2 and told["scans_queue_length", "scans", "default"] == 0
    assert told["scans_processes", "scans_worker", "office"] == told["scans_processes", "scans_worker", "default"] == 1


def test_scans_that_wait_for_the_first_worker_of_their_zone_count_as_its_queue(ask):
    AllowedTarget.objects.create(pattern="127.0.0.0/24", zone="office")
    SystemPart.report(SystemPart.Kind.SCANS_WORKER, "one")
    factories.started("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    told = ask()
    assert told["scans_queue_length", "scans", "office"] == 2 and told["scans_slots_used",] == 0
    assert told["scans_waiting_for_capacity",] == 0


def test_the_room_on_disks_is_told_also_while_the_database_is_away(ask, monkeypatch):
    FullDisk.report("there", Reason("no_room", folder="/data", free=1, needed=500))
    told = ask()
    assert (
        told["scans_full_disks",] == 1 and told["scans_free_bytes", "files"] > 0 < told["scans_free_bytes", "pictures"]
    )

    def away():
        raise OperationalError

    monkeypatch.setattr("dashboard.system_metrics._capacity", away)
    told = ask()
    assert (
        told["scans_database_up",] == 0 and told["scans_free_bytes", "files"] > 0 and ("scans_full_disks",) not in told
    )


def test_the_lag_of_the_scheduler_grows_while_none_runs(ask, clock):
    SystemPart.report(SystemPart.Kind.SCHEDULER, "one")
    clock.shift(600)
    told = ask()
    assert told["scans_scheduler_lag_seconds",] >= 599 and told["scans_processes", "scheduler", "default"] == 0


def test_a_database_that_is_away_is_a_figure_too(ask, monkeypatch):
    def away():
        raise OperationalError("connection refused")

    monkeypatch.setattr(ScanSettings, "current", away)
    told = ask()
    assert told["scans_database_up",] == 0 and ("scans_capacity",) not in told
    assert ("process_open_fds",) in told


def test_answers_are_measured_by_view_and_kind(ask, as_role):
    analysis = factories.scheduled()
    before, browser, page = ask(), as_role("Submitter"), f"/analyses/{analysis.pk}/"
    browser.get(page)
    browser.get(page, {"v": "1"}, headers={"HX-Request": "true"})
    browser.get(page, headers={"HX-Request": "true"})
    browser.post(f"{page}stop/", {"mode": "save"})
    after = ask()

    def gained(*sample):
        return after.get(sample, 0) - before.get(sample, 0)

    for kind in ("page", "poll", "fragment"):
        assert gained("scans_response_seconds_count", kind, "scans:analysis-detail") == 1
    assert gained("scans_response_seconds_count", "action", "scans:analysis-stop") == 1
    assert gained("scans_responses_total", "2xx") == 3 + 1, "the first scrape too"


def test_labels_are_bounded_whatever_is_asked_for(ask, client, as_role):
    browser = as_role("Administrator", is_staff=True, is_superuser=True)
    ask()
    before = len(ask())
    for number in range(20):
        client.get(f"/nothing-here/{number}/")
        browser.get(f"/admin/scans/analysis/{number}/change/")
        browser.get(f"/analyses/{number}/?v={number}", headers={"HX-Request": f"{number}"})
    assert len(ask()) <= before + 3 * 12, "three more views and kinds, of twelve lines each"


def test_nothing_is_measured_while_nobody_can_read_it(client, ask, settings):
    before = ask()
    settings.SCANS_METRICS_TOKEN = ""
    client.get("/accounts/login/")
    settings.SCANS_METRICS_TOKEN = TOKEN
    name = ("scans_response_seconds_count", "page", "account_login")
    assert ask().get(name, 0) == before.get(name, 0)
