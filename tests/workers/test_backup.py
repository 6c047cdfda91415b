"""A backup that is made while a scan runs, by the commands of docs/operating.md, is restored into a fresh place."""

import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from scans import artifacts, installation, transitions
from scans.maintenance.invariants import checking
from scans.models import Actor, Screenshot, TargetCheck, UrlScan
from scans.statuses import UrlScanStatus as U
from scans.workers import leading
from tests import factories as make
from tests.end_to_end.product import own_database
from tests.test_upgrade import connected_to
from tests.workers.playing import ANSWERED, FINDING, REPORT, STARTED, once, pause, paused, queued, run, run_for, stop

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]
ROOT = Path(django_settings.BASE_DIR)
SECTION = (ROOT / "docs/operating.md").read_text().partition("## Backup and restore")[2].partition("\n## ")[0]


def carry_out(start, environment, may_end_with=(0,)):
    """Run the one command of the document that begins like this."""
    (command,) = re.findall(rf"^ {{8}}({re.escape(start)}.*)$", SECTION, re.MULTILINE)
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode in may_end_with, (command, done.stderr)


def is_sqlite(environment):
    return environment["DATABASE_URL"].startswith("sqlite")


def back_up(environment):
    if is_sqlite(environment):
        live = Path(environment["SCANS_VAR_DIR"]) / "dashboard.sqlite3"
        live.symlink_to(connection.settings_dict["NAME"])  # the database of the tests has another name
    carry_out('cp "$SCANS_VAR_DIR/secret_key"', environment)
    carry_out(".venv/bin/python" if is_sqlite(environment) else "pg_dump", environment)
    carry_out("tar --create", environment, may_end_with=(0, 1))


def restore(environment, *, files=True):
    carry_out('cp "$KEYS/secret_key"', environment)
    carry_out('cp "$BACKUP/dashboard.sqlite3"' if is_sqlite(environment) else "pg_restore", environment)
    if files:
        carry_out("tar --extract", environment)


@pytest.fixture
def places(tmp_path, settings):
    """The folders of a running dashboard, of its backup, and a fresh one."""
    found = SimpleNamespace(**{name: tmp_path / name for name in ("live", "fresh", "backup", "keys")})
    for path in vars(found).values():
        path.mkdir()
    for key in ("secret_key", "secrets_key"):
        (found.live / key).write_text("a key")
    settings.VAR_DIR, settings.MEDIA_ROOT = found.live, found.live / "media"
    assert installation.problem() == ""
    return found


def environment_of(places, var_dir, database_url):
    named = {"SCANS_VAR_DIR": var_dir, "DATABASE_URL": database_url, "BACKUP": places.backup, "KEYS": places.keys}
    return {**os.environ, **{name: str(value) for name, value in named.items()}}


def live_database():
    """The address of the database that the test has filled."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@contextmanager
def restored(places, settings, *, files=True):
    """Restore the backup into the fresh place, and work there."""
    with own_database(str(places.fresh)) as database_url:
        restore(environment_of(places, places.fresh, database_url), files=files)
        settings.VAR_DIR, settings.MEDIA_ROOT = places.fresh, places.fresh / "media"
        with connected_to(database_url):
            yield


def back_up_while_it_runs(scan, places):
    """Scan, and make the backup meanwhile; the scan is stopped then, of which the backup knows nothing."""

    def act(running):
        back_up(environment_of(places, places.live, live_database()))
        stop(running)

    backed_up = once(scan, U.IN_PROGRESS, act)
    scan = run(scan, STARTED, FINDING, ANSWERED, run_for(60))
    backed_up.join()
    assert scan.status == U.STOPPED_VERIFYING_PARTIAL_RESULTS


def picture_of(scan):
    TargetCheck.objects.create(url_scan=scan, at=timezone.now(), occasion="start", step="page", passed=True)
    artifacts.keep_picture(scan, Screenshot.Shows.TARGET, b"PNG")


def test_what_ran_and_was_paused_continues_in_the_restored_copy(site, places, settings):
    waits = paused(queued(site))
    picture_of(waits)
    runs = queued(site)
    back_up_while_it_runs(runs, places)
    with restored(places, settings):
        assert installation.problem() == "" and make.fresh(runs).status == U.IN_PROGRESS
        make.lose(runs)  # its lease runs out within SCANS_LEASE_SECONDS
        leading.tick("restored")
        scan = run(runs, STARTED, ANSWERED, REPORT)
        assert scan.status == U.COMPLETED_VERIFYING_RESULTS and scan.findings.count() == 1
        actions = set(scan.analysis.activity.values_list("action", flat=True))
        assert {"url_scan.worker_lost", "url_scan.went_on"} <= actions
        scan = run(waits, STARTED, ANSWERED, REPORT)
        assert scan.status == U.COMPLETED_VERIFYING_RESULTS
        assert "url_scan.went_on" in scan.analysis.activity.values_list("action", flat=True)
        with artifacts.open_picture(scan.screenshots.get()) as picture:
            assert picture.read() == b"PNG"
        assert [str(found) for found in checking.check(0).violations] == []


def test_without_its_files_a_copy_starts_once_that_is_said_and_everything_says_that_it_is_missing(
    site, places, settings
):
    waits = paused(queued(site))
    picture_of(waits)
    runs = queued(site)
    back_up_while_it_runs(runs, places)
    with restored(places, settings, files=False):
        assert "adopt --files" in installation.problem()
        installation.adopt_files()
        assert installation.problem() == ""
        make.lose(runs)
        leading.tick("restored")
        for scan in (runs, waits):
            shows_everything(scan)
            scan = run(scan, STARTED, ANSWERED, REPORT)
            assert scan.status == U.COMPLETED_VERIFYING_RESULTS
            assert "url_scan.began_again" in scan.analysis.activity.values_list("action", flat=True)


def shows_everything(scan):
    """Every page and file about a scan is there, or says what is missing."""
    client = Client()
    client.force_login(make.user("Administrator", username=f"restorer-{scan.pk}"))
    address, analysis = scan.get_absolute_url(), scan.analysis.get_absolute_url()
    for page in ("", "findings/", "coverage/", "log/", "configuration/"):
        assert client.get(address + page).status_code == 200, page
    assert b"its file is missing" in client.get(f"{address}log/").content
    gone = client.get(f"{address}log/engine.log")
    assert gone.status_code == 404 and b"no engine log" in gone.content
    for picture in scan.screenshots.all():
        assert b"The file of this picture is missing." in client.get(address).content
        assert client.get(f"{address}screenshots/{picture.pk}/").status_code == 404
    assert client.get(analysis).status_code == 200 and client.get("/analyses/").status_code == 200
    for form in ("json", "csv", "sarif", "html"):
        response = client.get(f"{analysis}results.{form}")
        assert response.status_code in (200, 403), form


def test_files_that_are_newer_than_the_database_are_not_continued_from(site, places, settings):
    waits = queued(site)
    began = once(waits, U.IN_PROGRESS, pause)
    run(waits, STARTED, FINDING, run_for(60))
    began.join()
    back_up(environment_of(places, places.live, live_database()))
    transitions.resume(waits, by=Actor.COMMAND)
    assert run(waits, STARTED, ANSWERED, REPORT).status == U.COMPLETED_VERIFYING_RESULTS
    shutil.copytree(places.live / "scans", places.fresh / "scans", ignore=shutil.ignore_patterns("*.sqlite3"))
    shutil.copytree(places.live / "media", places.fresh / "media")
    with restored(places, settings, files=False):
        assert installation.problem() == ""
        transitions.resume(UrlScan.objects.get(pk=waits.pk), by=Actor.COMMAND)
        scan = run(waits, STARTED, ANSWERED, REPORT)
        assert scan.status == U.COMPLETED_VERIFYING_RESULTS
        entry = scan.analysis.activity.get(action="url_scan.began_again")
        assert entry.reason.code == "session_of_ended"
