"""A database that an earlier version filled is migrated, and loses nothing.

tests/upgrade/make.py made the samples, with real scans and real logins. Each test gets a migrated copy of its own, and
the clock of the moment in which the sample was made.
"""

import json
import lzma
import re
import shutil
import tarfile
import threading
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client, override_settings
from django.utils.module_loading import import_string
from django_tasks.base import TaskContext, TaskResultStatus
from django_tasks_db.models import DBTaskResult

from scans import tasks
from scans.engines.base import Preflight
from scans.engines.wapiti.adapter import WapitiEngine
from scans.engines.wapiti.traits import traits
from scans.exports.data import analysis_data
from scans.login.base import SECRETS
from scans.maintenance.invariants import checking
from scans.maintenance.recount import recount
from scans.models import (
    ActivityLogEntry,
    Analysis,
    CrawlScript,
    Finding,
    RecurringSchedule,
    TargetLogin,
    UrlScan,
)
from scans.results import verification
from scans.results.fingerprints import fingerprint
from scans.sample_data.demo_site import DemoSite
from scans.severities import DISMISSING_MARKS
from scans.statuses import AnalysisStatus, UrlScanStatus
from scans.workers import leading, runner
from tests.end_to_end.product import own_database
from tests.upgrade import databases, make, pages

pytestmark = [pytest.mark.timeout(300), pytest.mark.together("upgraded databases")]
SAMPLES = Path(__file__).parent / "samples"
VERSIONS = sorted(folder.name for folder in SAMPLES.glob("version_*"))
# Facts in a text, which another wording has to name too: addresses, quotations, and numbers, lengths of time excepted.
FACTS = re.compile(r"https?://\S+|“[^”]*”|\d+(?!\d| (?:s|min|h|d)\b)")
SAME = ("id", "name", "run", "status", "label", "final", "owner", "depth", "prescan", "publication", "duration_seconds")
SAME_TIMES = ("start_at", "submitted_at", "started_at", "ended_at")
SAME_OF_FINDINGS = ("id", "category", "severity", "url", "parameter", "replay", "mark", "http_request")
SAME_OF_ENTRIES = ("id", "at", "actor", "user", "action", "url_scan", "from_status", "to_status")


class Sample:
    """What an earlier version left: its facts, and the folder that they lie in."""

    def __init__(self, version: str):
        self.folder = SAMPLES / version / ("sqlite" if connection.vendor == "sqlite" else "postgresql")
        self.facts = json.loads(lzma.decompress((self.folder / "facts.json.xz").read_bytes()))
        self.made_at = datetime.fromisoformat(self.facts["made_at"])

    def analysis(self, name: str) -> Analysis:
        """The first run of this name."""
        return Analysis.objects.get(pk=self.facts["ids"][name])

    def browser_of(self, name: str) -> Client:
        """The browser of somebody who logged in before the upgrade."""
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = self.facts["sessions"][name]
        return client


@pytest.fixture(scope="module", params=VERSIONS)
def migrated(request, django_db_setup, django_db_blocker, tmp_path_factory):
    """The sample of a version, and the address of its database after `migrate`."""
    with django_db_blocker.unblock(), own_database(str(tmp_path_factory.mktemp("upgrade"))) as database_url:
        sample = Sample(request.param)
        databases.load(sample.folder / "database.sql.xz", database_url)
        with connected_to(database_url):
            add_copies(sample)
            call_command("migrate", verbosity=0, interactive=False)
        yield sample, database_url


COPIED = ("Owl Post shop", "Members area")  # the second one has a login


def add_copies(sample: Sample) -> None:
    """Add what the sample lacks: the same crawl script at two URL scans, and one login at both."""
    shop, members = (sample.facts["ids"][name] for name in COPIED)
    columns = "method, username, login_url, username_field, password_field, logged_in, logged_out, sealed"
    of_scan = "url_scan_id IN (SELECT id FROM scans_urlscan WHERE analysis_id = %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE scans_urlscan SET crawl_script = 'a sealed walk', crawl_script_name = 'walk.side' "
            "WHERE analysis_id IN (%s, %s)",
            [shop, members],
        )
        cursor.execute(
            f"INSERT INTO scans_targetlogin (url_scan_id, {columns}) SELECT "  # noqa: S608 - our own columns
            f"(SELECT id FROM scans_urlscan WHERE analysis_id = %s), {columns} FROM scans_targetlogin WHERE {of_scan}",
            [shop, members],
        )


@pytest.fixture
def sample(migrated, django_db_blocker, tmp_path):
    """The sample; whatever asks the database asks a migrated copy, with the keys and the clock of then."""
    with ready(migrated, tmp_path, django_db_blocker) as sample:
        yield sample


@contextmanager
def ready(migrated, folder: Path, django_db_blocker):
    """Work on a copy of the migrated database, which is gone afterwards."""
    sample, database_url = migrated
    keys = {"SECRET_KEY": make.KEYS["SECRET_KEY"], "SCANS_SECRET_KEYS": [make.KEYS["SCANS_SECRET_KEYS"]]}
    with (
        django_db_blocker.unblock(),
        override_settings(**keys),
        copy_of(database_url, folder) as own,
        connected_to(own),
        time_machine.travel(sample.made_at, tick=True),
    ):
        yield sample


@contextmanager
def connected_to(database_url: str):
    """Have every connection of this process lead to another database."""
    usual = connection.settings_dict["NAME"]
    is_sqlite = database_url.startswith("sqlite")
    _forget()
    connection.settings_dict["NAME"] = (
        database_url.removeprefix("sqlite:///") if is_sqlite else urlsplit(database_url).path.strip("/")
    )
    try:
        yield
    finally:
        _forget()
        connection.settings_dict["NAME"] = usual


def _forget() -> None:
    connection.close()
    ContentType.objects.clear_cache()
    caches["default"].clear()


@contextmanager
def copy_of(database_url: str, folder: Path):
    """A copy of a database that nobody is connected to, gone afterwards."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{shutil.copy(database_url.removeprefix('sqlite:///'), folder / 'copy.sqlite3')}"
        return
    name = urlsplit(database_url).path.strip("/")
    with psycopg.connect(settings_of_server(database_url), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}_copy TEMPLATE {name}")
        try:
            yield f"{database_url}_copy"
        finally:
            server.execute(f"DROP DATABASE {name}_copy WITH (FORCE)")


def settings_of_server(database_url: str) -> str:
    """The address of a database that is always there."""
    return urlsplit(database_url)._replace(path="/postgres").geturl()


def poorer(before: str, now: str) -> set[str]:
    """The facts that a text named before, and names no more; all of it where there is no text any more."""
    return set(FACTS.findall(before)) - set(FACTS.findall(now)) if now else {before} - {""}


# --- Pages ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages_now(migrated, django_db_blocker, tmp_path_factory):
    """The facts of every page, as somebody who may see everything reads it."""
    with ready(migrated, tmp_path_factory.mktemp("pages"), django_db_blocker) as sample:
        client = Client()
        client.force_login(User.objects.get(username="ada"))

        def get(address, language):
            response = client.get(address, headers={"accept-language": language})
            assert response.status_code == 200, f"{address} answers {response.status_code}"
            return response.content.decode()

        return pages.facts_of_all(get, sample.facts["analyses"], sample.facts["bulk_actions"])


def test_every_page_states_the_same_facts_in_both_languages(migrated, pages_now):
    before, counts = migrated[0].facts["pages"], old_counts(migrated[0].facts["analyses"])
    lost = [f"{page}: {lost}" for page in pages_now for lost in different(before[page], pages_now[page], page, counts)]
    assert lost == []


def test_no_german_text_became_english(migrated, pages_now):
    before = migrated[0].facts["pages"]
    english = [
        f"{page} {place}: {texts[place]}"
        for page, texts in ((page, pages_now[page]["texts"]) for page in pages_now if page.startswith("de"))
        for place, text in before[page]["texts"].items()
        if text != before["en" + page[2:]]["texts"][place]
        and texts.get(place) == pages_now["en" + page[2:]]["texts"].get(place)
    ]
    assert english == []


def test_no_reason_of_ours_stays_english_on_a_german_page(migrated, pages_now):
    typed = {"", "The wrong site"} | {f"Seen by Rita: {mark}" for mark in ("accepted", "confirmed", "false_positive")}
    english = [
        f"{page} {place}: {reason}"
        for analysis in migrated[0].facts["analyses"]
        for reason in {entry["reason"] for entry in analysis["log"]} - typed
        for page in pages_now
        if page.startswith(f"de /analyses/{analysis['id']}/")
        for place, text in pages_now[page]["texts"].items()
        if reason in text
    ]
    assert english == []


def test_every_tab_of_a_scan_answers(sample):
    client = Client()
    client.force_login(User.objects.get(username="ada"))
    for name in ("Owl Post shop", "Members area", "Members area, later", "Paused for the night"):
        address = sample.analysis(name).url_scans.get().get_absolute_url()
        for tab in ("", "findings/", "coverage/", "log/", "configuration/"):
            assert client.get(address + tab).status_code == 200


def old_counts(analyses: list[dict]) -> dict[str, set[str]]:
    """The numbers of findings in the row of each URL scan: they were of places, and now they are of weaknesses."""
    counts = defaultdict(Counter)
    for finding in (finding for analysis in analyses for finding in analysis["findings"]):
        counts[f"url-scan-{finding['url_scan']}"][finding["severity"]] += 1
    return {row: {str(count) for count in found.values()} for row, found in counts.items()}


# A URL of an analysis that is saved for later said that it was submitted.
_SAVED = {("submitted",): ["saved_for_later"]}


def different(before, now, page, counts):
    """What a page states no more. The analysis that was handed over after the facts were read may come along."""
    for row, statuses in before["statuses"].items():
        if now["statuses"].get(row) not in (statuses, _SAVED.get(tuple(statuses))):
            yield f"{row} was {statuses} and is {now['statuses'].get(row)}"
    if page.endswith("/analyses/") and now["counts"] != dict(Counter(before["counts"]) + Counter(submitted=1)) | {
        code: count for code, count in before["counts"].items() if not count and code != "submitted"
    }:
        yield f"the counts were {before['counts']} and are {now['counts']}"
    added = len(now["log"]) - len(before["log"])  # marks that were taken back
    if now["log"] != [["url_scan.finding_marked"]] * added + before["log"]:
        yield "the log has other actions or statuses"
    if missing := set(before["names"]) - set(now["names"]):
        yield f"it does not name {missing}"
    for place, text in before["texts"].items():
        if lost := poorer(text, now["texts"].get(place, "")) - counts.get(place, set()):
            yield f"{place} said “{text}” and says “{now['texts'].get(place)}”: {lost} is lost"


def as_marked(before: list[dict], now: list[dict]) -> list[dict]:
    """The findings of then; without the marks that stood for several weaknesses, which are told apart now."""
    fingerprints = defaultdict(set)
    for old, new in zip(before, now, strict=True):
        fingerprints[old["fingerprint"]].add(new["fingerprint"])
    return [
        finding | ({"mark": "unreviewed"} if len(fingerprints[finding["fingerprint"]]) > 1 else {})
        for finding in before
    ]


def is_taken_back(entry: dict) -> bool:
    """Whether the upgrade wrote this entry: it took a mark back."""
    return entry["reason_code"] == "mark_was_for_several"


def test_the_comparison_can_fail():
    page = {
        "statuses": {"url-scan-1": ["paused"]},
        "counts": {"paused": 1},
        "log": [["analysis.paused"]],
        "names": ["Shop"],
        "texts": {"entry-1": "“Shop” failed 3 times at http://shop.example/"},
    }
    reworded = {"entry-1": "3 failures of “Shop” at http://shop.example/"}
    counts = {"paused": 1, "submitted": 1}
    assert list(different(page, {**page, "texts": reworded, "counts": counts}, "en /analyses/", {})) == []
    for lost in (
        {"statuses": {"url-scan-1": ["stopped"]}},
        {"counts": {"paused": 2, "submitted": 1}},
        {"log": []},
        {"names": []},
        {"texts": {"entry-1": "“Shop” failed at http://shop.example/"}},
        {"texts": {}},
    ):
        assert len(list(different(page, {**page, "counts": counts, **lost}, "en /analyses/", {}))) == 1


def test_findings_have_the_fingerprints_that_a_new_run_gives_them(sample):
    for finding in Finding.objects.all():
        told = traits(finding.category, finding.module, finding.info)
        place = {name: getattr(finding, name) for name in ("category", "method", "url", "parameter", "module")}
        assert finding.fingerprint == fingerprint(**place, **told._asdict())
        assert (finding.subject, finding.kind) == (told.subject, told.kind)


def test_the_command_line_states_the_same_facts(sample):
    for before in sample.facts["analyses"]:
        now = analysis_data(Analysis.objects.get(pk=before["id"]))
        now["log"] = [entry for entry in now["log"] if not is_taken_back(entry)]
        places = [finding | place for finding in now["findings"] for place in finding["places"]]
        places.sort(key=itemgetter("id"))
        before["findings"].sort(key=itemgetter("id"))
        states = ["dismissed" if each["mark"] in DISMISSING_MARKS else each["severity"] for each in now["findings"]]
        assert Counter(states) == Counter(now["counts"]) + Counter()
        for names, old, new in (
            (SAME + SAME_TIMES, [before], [now]),
            (SAME_OF_FINDINGS, as_marked(before["findings"], places), places),
            (SAME_OF_ENTRIES, before["log"], now["log"]),
        ):
            assert chosen(new, names) == chosen(old, names)
        for scan, scan_now in zip(before["url_scans"], now["url_scans"], strict=True):
            assert {**scan_now, "reason": "", "findings": 0} == scan_now | {**scan, "reason": "", "findings": 0}
            still_open = [of for of in places if of["mark"] not in DISMISSING_MARKS and of["url_scan"] == scan["id"]]
            assert scan_now["findings"] == len({of["fingerprint"] for of in still_open})
            assert poorer(scan["reason"], scan_now["reason"]) == set()
        for entry, entry_now in zip(before["log"], now["log"], strict=True):
            assert poorer(entry["text"], entry_now["text"]) == set()
            assert poorer(entry["reason"], entry_now["reason"]) == set()
        for finding, finding_now in zip(before["findings"], places, strict=True):
            assert poorer(finding["replay_reason"], finding_now["replay_reason"]) == set()


def chosen(rows, names):
    """These values of each row."""
    return [{name: row[name] for name in names} for row in rows]


# --- People and secrets -------------------------------------------------------------------------------


def test_who_was_logged_in_still_is_with_settings_and_views(sample):
    rita, sam = sample.browser_of("rita").get("/analyses/"), sample.browser_of("sam").get("/settings/")
    assert rita.status_code == sam.status_code == 200
    assert rita.context["user"].username == "rita" and "My shop" in rita.content.decode()
    assert '<html lang="de"' in sam.content.decode() and "Europe/Berlin" in sam.content.decode()
    assert sam.context["user"].has_perm("scans.submit_analysis")
    assert not sam.context["user"].has_perm("scans.review_analysis")


def test_a_stored_password_is_opened_with_its_key(sample):
    for name in ("Members area", "Members area, later"):
        login = sample.analysis(name).url_scans.get().login.opened()
        assert (login.username, login.password) == ("ada", "owls-fly-by-night")


def test_equal_scripts_and_logins_are_stored_once_and_belong_to_who_submitted_them(sample):
    shop, members = (sample.analysis(name) for name in COPIED)
    scans = [analysis.url_scans.get() for analysis in (shop, members)]
    assert scans[0].crawl_script_id == scans[1].crawl_script_id and scans[0].login_id == scans[1].login_id
    script = CrawlScript.objects.defer(None).get()
    assert (script.name, script.sealed, script.owner) == ("walk.side", "a sealed walk", shop.owner)
    secrets = len(json.dumps({name: getattr(scans[0].login.opened(), name) for name in SECRETS}))
    assert abs(scans[0].login.size - secrets) < 20
    assert not TargetLogin.objects.unreferred().exists()
    assert len({*TargetLogin.objects.values_list("sealed", flat=True)}) == TargetLogin.objects.count()


def test_the_log_can_still_not_be_changed(sample):
    for change in (lambda: ActivityLogEntry.objects.update(action=""), ActivityLogEntry.objects.all().delete):
        with pytest.raises(DatabaseError):
            change()


def test_what_is_kept_for_the_list_is_right(sample):
    assert list(recount()) == []


def test_no_invariant_is_violated(sample):
    told = checking.check(0).violations
    # The database's clock is today's: no lease of then was recovered, and all tasks ended long ago.
    of_today = {"what_runs_has_a_worker", "what_is_owed_has_a_task"}
    assert [str(one) for one in told if one.invariant not in of_today] == []


# --- After the upgrade: work continues --------------------------------------------------------------------------


def test_a_schedule_makes_its_next_run_and_one_that_is_off_makes_none(sample):
    schedules = {schedule.series.name: schedule for schedule in RecurringSchedule.objects.all()}
    assert not schedules["Every week"].switched_off_at
    assert schedules["Every month"].switched_off_at and schedules["Nobody at home"].switched_off_at
    runs = runs_by_name()
    with time_machine.travel(schedules["Every week"].next_at + timedelta(minutes=1), tick=True):
        leading.tick("upgraded")
    assert runs_by_name() - runs == Counter({"Every week": 1})


def runs_by_name():
    """How many runs each series has."""
    return Counter(Analysis.objects.values_list("name", flat=True))


def test_a_task_that_an_earlier_version_queued_is_carried_out(sample, monkeypatch):
    class Engine:
        """Is said to start; nothing is scanned."""

        name = "Owl"

        def preflight(self):
            return Preflight(version="1")

    monkeypatch.setattr(tasks, "engine", Engine)
    analysis = sample.analysis("Handed over, and not begun")
    for task in DBTaskResult.objects.filter(status=TaskResultStatus.READY):
        if task.args_kwargs["args"] == [analysis.pk]:
            known = import_string(task.task_path)
            context = [TaskContext(task_result=task.task_result)] if known.takes_context else []
            known.call(*context, *task.args_kwargs["args"], **task.args_kwargs["kwargs"])
    analysis.refresh_from_db()
    assert analysis.status != AnalysisStatus.SUBMITTED
    assert "analysis.prescan_ended" in analysis.activity.values_list("action", flat=True)


@pytest.mark.engine
def test_a_paused_scan_resumes_from_its_session_and_completes(sample):
    with demo_site(sample.facts["demo_port"]):
        analysis = sample.analysis("Paused for the night")
        scan = analysis.url_scans.get()
        with tarfile.open(sample.folder / "session.tar.xz") as archive:
            archive.extractall(scan.directory.parent, filter="data")
        try:
            sample.browser_of("sam").post(f"/analyses/{analysis.pk}/resume/")
            runner.run(scan.pk, holder="upgraded", engine=WapitiEngine(settings.SCANS_ENGINE_PYTHON))
            assert UrlScan.objects.get(pk=scan.pk).status == UrlScanStatus.COMPLETED_VERIFYING_RESULTS
            verification.verify(scan.pk, holder="upgraded")
            analysis.refresh_from_db()
            assert analysis.status == AnalysisStatus.COMPLETED_RESULTS_AVAILABLE
            now = UrlScan.objects.get(pk=scan.pk)
            assert now.requests > scan.requests and now.findings_total >= scan.findings_total > 0
            assert "url_scan.went_on" in analysis.activity.values_list("action", flat=True)
        finally:
            shutil.rmtree(scan.directory)


@contextmanager
def demo_site(port):
    """The demo site on the port that the sample names, as soon as no other run of this test uses it."""
    with retried(lambda: DemoSite(port), seconds=100) as site:
        threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        yield
        site.shutdown()


def retried(make_site, seconds):
    """What this makes, tried again while the port is taken."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return make_site()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
