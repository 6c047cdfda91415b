"""The engine says "fine" of all of these: none of them may end in Completed, and what was found is kept."""

import os
import signal
import sqlite3
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from tests.end_to_end.product import running_again, running_product
from tests.eventually import eventually
from tests.sites.controllable import ControllableSite
from tests.sites.weak import WeakSite

# A product of their own: these tests break its sites and parts.
pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.together("broken product")]
SECONDS_AT_MOST = 90


def submit(product, url, *arguments):
    answer = product.ask("submit", "--name", f"Broken site {uuid4().hex[:8]}", url, *arguments)
    assert "Submitted as analysis" in answer.stdout, answer.stderr
    return int(answer.stdout.split("analysis ")[1].split(".")[0])


def shows(product, pk, wanted):
    """The analysis as soon as `wanted` says yes of it."""
    shown = []

    def data_if_wanted():
        shown.append(product.show(pk))
        return wanted(shown[-1]) and shown[-1]

    try:
        return eventually(data_if_wanted, SECONDS_AT_MOST, every=0.3)
    except AssertionError as late:
        raise AssertionError(f"{late}: {shown[-1]['status']}, {shown[-1]['url_scans']}") from late


SECONDS_TO_NOTICE = 30


@contextmanager
def noticed_in_time(product, pk):
    """What happens inside leads to an end of the URL scan within 30 seconds, by the product's own clock."""
    began = datetime.now(UTC)
    yield
    ended_at = datetime.fromisoformat(scan(shows(product, pk, lambda data: scan(data)["ended_at"]))["ended_at"])
    assert ended_at - began < timedelta(seconds=SECONDS_TO_NOTICE)


@contextmanager
def watchful_product():
    """A running product of one's own, which notices after 10 seconds instead of 30 that a worker is lost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANS_LEASE_SECONDS", "10")
        with running_product() as product:
            yield product


@pytest.fixture(scope="module")
def product():
    with watchful_product() as product:
        yield product


@pytest.fixture
def slow_site():
    """A small weak site whose scan takes a minute, unless `delay` is set to less."""
    site = WeakSite(pages=0, form=False, delay=0.05)
    yield site
    site.stop()


WEAKNESSES = {"SQL Injection", "Reflected Cross Site Scripting"}


def ended(data):
    return data["final"]


def scan(data):
    return data["url_scans"][0]


@pytest.mark.parametrize("prescan", [[], ["--no-prescan"]], ids=["in the prescan", "at the start"])
@pytest.mark.parametrize(
    ("switches", "status", "says"),
    [
        ({"tls": True}, "verification_failed", "certificate"),
        ({"status": 503}, "connection_error", "503"),
        ({"hang": True}, "connection_error", "no answer"),
        ({"close": True}, "connection_error", "no answer"),
        ({"location": "http://127.0.0.1:1/elsewhere"}, "verification_failed", "redirects"),
        ({"status": 404}, "verification_failed", "404"),
        ({"status": 401}, "authentication_error", "login"),
    ],
    ids=["certificate refused", "only 5xx", "silent", "hangs up", "leads elsewhere", "no page", "wants a login"],
)
def test_a_site_that_cannot_be_scanned_fails_its_checks(product, switches, status, says, prescan):
    with ControllableSite(**switches) as site:
        data = shows(product, submit(product, site.url, *prescan), ended)
    assert (data["status"], scan(data)["status"]) == ("all_verifications_failed", status)
    assert says in scan(data)["reason"] and scan(data)["requests"] == 0


def test_a_port_that_speaks_no_tls_is_a_connection_error(product):
    with ControllableSite() as site:
        data = shows(product, submit(product, site.url.replace("http:", "https:")), ended)
    assert scan(data)["status"] == "connection_error"


def test_a_site_that_dies_in_mid_scan_is_unreachable_with_what_was_found(product):
    with ControllableSite() as site:
        pk = submit(product, site.url)
        shows(product, pk, lambda data: data["findings"] and scan(data)["requests"] > 20)
        with noticed_in_time(product, pk):
            site.stop()
    data = shows(product, pk, ended)
    assert scan(data)["status"] == "site_unreachable_results_available" and data["findings"]
    assert data["status"] == "completed_partial_results_available"
    assert {finding["replay"] for finding in data["findings"]} == {"not_replayable"}


def test_a_site_that_turns_to_503_in_mid_scan_is_unreachable(product):
    with ControllableSite() as site:
        pk = submit(product, site.url)
        shows(product, pk, lambda data: data["findings"] and scan(data)["requests"] > 20)
        with noticed_in_time(product, pk):
            site.status = 503
        data = shows(product, pk, ended)
    assert scan(data)["status"] == "site_unreachable_results_available"


def test_a_site_that_falls_silent_in_mid_scan_is_unreachable(product):
    with ControllableSite() as site:
        pk = submit(product, site.url)
        shows(product, pk, lambda data: data["findings"] and scan(data)["requests"] > 20)
        with noticed_in_time(product, pk):
            site.hang = True
    assert scan(product.show(pk))["status"].startswith("site_unreachable")


def process_of(product, *words):
    """The process of this product whose command line holds these words."""
    for pid in product.processes():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
        except OSError:
            continue
        if all(word in command for word in words) and "keep_running" not in command:
            return pid
    raise AssertionError(f"There is no process with {words}.")


def state_and_parent(pid):
    """Of a process, as the kernel tells them."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]


def test_an_engine_that_is_killed_is_a_scan_error_with_what_was_found(product, slow_site):
    pk = submit(product, slow_site.url)
    shows(product, pk, lambda data: data["findings"])
    with noticed_in_time(product, pk):
        os.kill(process_of(product, "driver.py"), signal.SIGKILL)
    data = shows(product, pk, ended)
    assert scan(data)["status"] == "scan_error_partial_results_available" and data["findings"]
    assert data["status"] == "completed_partial_results_available"


def test_a_worker_that_is_killed_is_replaced_and_the_scan_goes_on_to_its_end(product, slow_site):
    pk = submit(product, slow_site.url)
    shows(product, pk, lambda data: data["findings"])
    engine = process_of(product, "driver.py")
    worker = int(state_and_parent(engine)[1])
    os.kill(worker, signal.SIGKILL)
    slow_site.delay = 0
    data = shows(product, pk, ended)
    assert data["status"] == "completed_results_available"
    actions = [entry["action"] for entry in data["log"]]
    assert actions.count("url_scan.worker_lost") == 1 and "url_scan.went_on" in actions
    assert {finding["category"] for finding in data["findings"]} >= WEAKNESSES


def freeze_at_its_worst(worker, database):
    """Stop a worker: on PostgreSQL inside its transaction, with its locks; on SQLite outside, or nobody could write."""
    if database.startswith("sqlite"):
        with closing(sqlite3.connect(urlsplit(database).path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            os.kill(worker, signal.SIGSTOP)
        return
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(database) as holder, psycopg.connect(database, autocommit=True) as observer:
        holder.execute("LOCK TABLE scans_urlscan IN EXCLUSIVE MODE")
        eventually(lambda: observer.execute(waiting).fetchone())
        os.kill(worker, signal.SIGSTOP)


def test_the_engine_of_a_worker_that_is_frozen_ends_before_another_goes_on(product, slow_site):
    pk = submit(product, slow_site.url)
    shows(product, pk, lambda data: data["findings"])
    engine = process_of(product, "driver.py")
    worker = int(state_and_parent(engine)[1])
    freeze_at_its_worst(worker, product.environment["DATABASE_URL"])
    try:
        shows(product, pk, lambda data: "url_scan.went_on" in [entry["action"] for entry in data["log"]])
        assert state_and_parent(engine)[0] == "Z"  # ended, and not yet reaped by its worker
    finally:
        os.kill(worker, signal.SIGCONT)
    slow_site.delay = 0
    data = shows(product, pk, ended)
    assert data["status"] == "completed_results_available"
    assert [entry["action"] for entry in data["log"]].count("url_scan.worker_lost") == 1
    assert {finding["category"] for finding in data["findings"]} >= WEAKNESSES


def in_shell(product, statement, pk):
    """Run one statement inside of the product, where no command or page is what is tested."""
    imports = "from datetime import timedelta; from scans import transitions; from scans.models import *"
    answer = product.ask("shell", "-v0", "-c", f"{imports}; {statement.format(pk)}")
    assert answer.returncode == 0, answer.stderr


def test_a_scan_is_paused_and_goes_on_in_another_process(product, slow_site):
    pk = submit(product, slow_site.url)
    shows(product, pk, lambda data: data["findings"])
    in_shell(product, "transitions.pause_analysis(Analysis.objects.get(pk={}), by=Actor.COMMAND)", pk)
    data = shows(product, pk, lambda data: data["status"] == "paused")
    assert scan(data)["status"] == "paused"
    slow_site.delay = 0
    in_shell(product, "transitions.resume_analysis(Analysis.objects.get(pk={}), by=Actor.COMMAND)", pk)
    data = shows(product, pk, ended)
    assert data["status"] == "completed_results_available"
    assert {finding["category"] for finding in data["findings"]} >= WEAKNESSES


def test_a_scheduler_that_is_killed_is_replaced(product):
    os.kill(process_of(product, "run_scheduler"), signal.SIGKILL)
    start = datetime.now(UTC) + timedelta(seconds=2)
    with ControllableSite(body="<p>One page without a link: its scan is short.</p>") as site:
        data = shows(product, submit(product, site.url, "--start", start.isoformat()), ended)
    assert data["status"] == "completed_results_available"


@pytest.mark.apart  # it has a product of its own, and takes longest of all
def test_a_machine_that_reboots_goes_on_with_its_scans(slow_site):
    with watchful_product() as product:
        pk = submit(product, slow_site.url)
        shows(product, pk, lambda data: data["findings"])
        for pid in product.processes():  # all at once and without a word, as when the power fails
            with suppress(ProcessLookupError):  # it may have died of the one before
                os.kill(pid, signal.SIGKILL)
        slow_site.delay = 0
        with running_again(product):
            data = shows(product, pk, ended)
    assert data["status"] == "completed_results_available"
    assert "url_scan.worker_lost" in [entry["action"] for entry in data["log"]]
