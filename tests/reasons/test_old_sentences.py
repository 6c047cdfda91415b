"""The migration to codes reads back what older versions stored, and leaves everything else as it is."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import translation

from scans.migrations._old_reasons import OLD, reason_of
from scans.models import ActivityLogEntry, Actor
from scans.reasons import Reason, as_reason
from scans.reasons.field import stored
from scans.statuses import Action, AnalysisStatus
from tests import factories as make

REAL = [
    ("Nothing was heard from its worker.", Reason("worker_silent")),
    ("Its worker was lost 3 times.", Reason("worker_lost", count=3)),
    (
        "A blackout window lasts until 01 March 2027 18:00 UTC.",
        Reason("blackout_until", until=datetime(2027, 3, 1, 18, tzinfo=UTC)),
    ),
    ("It was paused for longer than 7 days, 0:00:00.", Reason("paused_too_long", limit=timedelta(days=7))),
    ("Retention policy: runs are kept for 30 days.", Reason("runs_expired", days=30)),
    (
        "51 logins in a row failed. The last: http://a/ asks for the login again.",
        Reason("logins_failed", count=51, failure=Reason("page_asks_again", url="http://a/")),
    ),
    ("the engine process was killed: SIGKILL", Reason("engine_killed", signal="SIGKILL")),
    (
        "The engine did not start: the engine process ended without saying so: exit code 3",
        Reason("engine_not_started", reason=Reason("engine_exited", exit_code=3)),
    ),
    (
        "“Pause” is not possible: Shop is “In Progress”.",
        Reason("not_possible", action=Action.PAUSE, thing="Shop", status=AnalysisStatus.IN_PROGRESS),
    ),
    ("http://a/ refuses it", as_reason("http://a/ refuses it")),
    ("The owl is missing", as_reason("The owl is missing")),
    ("new release, 100 % {sure}", as_reason("new release, 100 % {sure}")),
]


@pytest.mark.parametrize(("old", "reason"), REAL, ids=[old for old, _ in REAL])
def test_a_sentence_of_the_product_becomes_its_code_and_an_own_text_stays(old, reason):
    assert reason_of(old, ours=False) == reason


@pytest.mark.parametrize(("code", "old"), OLD, ids=[old for _, old in OLD])
def test_every_old_sentence_is_read_back(code, old):
    facts = {"status": "503", "count": "7", "line": "3", "number": "2", "days": "30", "port": "80", "url": "http://a/"}
    names = ("addresses", "forms", "done", "total", "probes", "run", "exit_code", "seen", "then")
    facts |= dict.fromkeys(names, "404")
    text = old.format_map(type("Facts", (dict,), {"__missing__": lambda _, name: f"x{name}"})(facts))
    reason = reason_of(text, ours=True)
    assert reason.code != "text"
    with translation.override("de"):
        assert "x" not in str(reason) or all(f"x{name}" in text for name in reason.facts if f"x{name}" in str(reason))


def test_a_failed_login_keeps_its_advice_and_what_failed_beside_it():
    captcha = "http://a/ asks for a captcha. Switch the captcha off for this account or for the scanner's address."
    script = "The script cannot be read: it has no test. Export the recording again as a .side file and upload that."
    with translation.override("de"):
        read = str(reason_of(f"{captcha} {script}", ours=False))
    assert read.startswith("http://a/ verlangt ein Captcha. Schalten Sie") and "Es hat keinen Test. Exportieren" in read


@pytest.mark.django_db
def test_the_migration_converts_every_column_and_the_way_back_gives_english(django_assert_max_num_queries):
    migration = import_module("scans.migrations.0022_reasons")
    analysis = make.submitted()
    scan = analysis.url_scans.get()
    rows = {"scans_urlscan": scan.pk, "scans_activitylogentry": analysis.activity.newest_first()[0].pk}
    migration.append_only.remove(apps, Editor)
    for table, pk in rows.items():
        write(table, pk, "Its worker was lost 3 times.")
    with django_assert_max_num_queries(60):
        migration.to_codes(apps, Editor)
    migration.append_only.install_whole(apps, Editor)
    assert {text(table, pk) for table, pk in rows.items()} == {stored(Reason("worker_lost", count=3))}
    entry = ActivityLogEntry.objects.get(pk=rows["scans_activitylogentry"])
    assert entry.reason == Reason("worker_lost", count=3) and entry.actor in Actor.values
    migration.append_only.remove(apps, Editor)
    migration.to_sentences(apps, Editor)
    migration.append_only.install_whole(apps, Editor)
    assert {text(table, pk) for table, pk in rows.items()} == {"Its worker was lost 3 times."}


class Editor:
    """What a migration is handed: the connection."""

    connection = connection


def write(table: str, pk: int, reason: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET reason = %s WHERE id = %s", [reason, pk])  # noqa: S608


def text(table: str, pk: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT reason FROM {table} WHERE id = %s", [pk])  # noqa: S608
        return cursor.fetchone()[0]
