"""No list, summary, poll or tick reads anything large: its queries are looked at, column by column.

Only the page that shows a large column may select it. A new column of unlimited length has to be put into one of the
two lists below.
"""

import re

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from scans import transitions
from scans.encryption import seal
from scans.login.base import Login, Method
from scans.models import Actor, Analysis, BulkAction, CrawlScript, Finding, ScanSettings, TargetLogin
from scans.schedule.recurrence import Recurrence, Unit
from scans.transitions import Access, bulk
from scans.workers import leading
from tests import factories

pytestmark = pytest.mark.django_db
URLS = [f"http://127.0.0.1:9/{number}" for number in range(3)]

SECRETS = {"sealed"}
EVIDENCE = {"http_request", "evidence_headers", "evidence_body", "description", "solution", "references"}
RULES = {"headers", "left_out"}
LARGE = {
    **{name: SECRETS for name in ("targetlogin", "crawlscript")},
    "finding": EVIDENCE,
    "analysis": RULES,
    "analysissearch": {"text"},
}
# Of unlimited type, but whoever writes it keeps it short: some kB at most.
SHORT = {
    "analysis": {"blackout", "recurrence"},
    "urlscan": {"reason", "notices", "responses", "pace", "usual_answer"},
    "finding": {"url", "parameter", "info", "wstg", "cwe", "replay_reason"},
    "crawledurl": {"url", "reason"},
    "moduleerror": {"url", "error"},
    "targetcheck": {"detail"},
    "activitylogentry": {"reason", "data"},
    "recurringschedule": {"switched_off_reason"},
    "bulkaction": {"query"},
    "bulkitem": {"reason"},
    "fulldisk": {"reason"},
    "savedview": {"query"},
    "apitoken": {"scopes"},
    "triagemark": {"comment", "previous"},
    "securityevent": {"facts"},
    "installation": {"key_mark", "storage_problem"},
    "webhook": {"sealed", "old_sealed", "events", "off_reason"},
    "webhookdelivery": {"body", "log"},
}


def test_every_column_of_unlimited_length_is_in_one_of_the_lists():
    unlimited = (models.TextField, models.JSONField, models.BinaryField)
    for model in apps.get_app_config("scans").get_models():
        name = model._meta.model_name
        found = {field.name for field in model._meta.concrete_fields if isinstance(field, unlimited)}
        assert found == LARGE.get(name, set()) | SHORT.get(name, set()), f"Put the columns of {name} into one list."
    assert set(Analysis.LARGE) == RULES and set(Finding.LARGE) == EVIDENCE
    assert set(CrawlScript.LARGE) == set(TargetLogin.LARGE) == SECRETS


def large_in(sql: str) -> set[str]:
    """The large columns that a statement reads, under whatever name it joins their table."""
    if not sql.startswith("SELECT"):
        return set()
    read = {name for name in SECRETS | EVIDENCE | RULES if re.search(rf'\."?{name}\b', sql)}
    read |= {"text"} if re.search(r'scans_analysissearch"?\."?text', sql.partition(" WHERE ")[0]) else set()
    return read | ({"*"} if re.match(r'SELECT \* FROM "?scans_', sql) else set())


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ('SELECT "scans_targetlogin"."id", "scans_targetlogin"."sealed" FROM "scans_targetlogin"', {"sealed"}),
        ('SELECT "scans_urlscan"."id", T3."headers" FROM "scans_urlscan" INNER JOIN "scans_analysis" T3', {"headers"}),
        ("SELECT * FROM scans_analysis WHERE id = 1", {"*"}),
        ('SELECT "scans_analysis"."header_count", "scans_analysis"."name" FROM "scans_analysis"', set()),
        ('UPDATE "scans_analysis" SET "headers" = NULL', set()),
    ],
)
def test_the_look_at_columns_can_fail(sql, read):
    assert large_in(sql) == read


@pytest.fixture
def analysis():
    """A published analysis with everything large, in a series that repeats, with an earlier run and a bulk action."""
    ScanSettings.objects.update(capacity=9)
    login = TargetLogin.of(Login(method=Method.SCRIPT, login_script="{}", logged_in="Welcome"))
    access = dict.fromkeys(URLS, Access(login=login, crawl_script=CrawlScript.of("walk.side", "{}")))
    rules = {"headers": {"X-Scan-Id": seal("owl")}, "left_out": "/logout", "blackout": "Sat,Sun"}
    values = {"access": access, "recurrence": Recurrence(unit=Unit.WEEKLY), **rules, "name": "Shop"}
    for _ in range(2):
        analysis = factories.published(*URLS, **values)
    draft = transitions.save(factories.submission(*URLS, **{**values, "name": "Draft"}), by=Actor.COMMAND)
    person = factories.user(username="bulk")
    bulk.ask("delete", [draft.pk], by=person, key="12345678-1234-5678-1234-567812345678")
    factories.submitted(*URLS, **{**values, "name": "Waiting", "start_at": None, "recurrence": None})
    return analysis


def read_by(ask) -> set[str]:
    """The large columns that this reads."""
    with CaptureQueriesContext(connection) as asked:
        ask()
    return {name for query in asked for name in large_in(query["sql"])}


PAGES = {
    "/": set(),
    "/analyses/": set(),
    "/analyses/?q=shop": set(),
    "/analyses/?status=completed_results_available&order=name": set(),
    "/analyses/{pk}/": RULES,  # which shows the names of the headers and the patterns of this analysis
    "/analyses/{pk}/findings/": set(),
    "/analyses/{pk}/findings/?group=category": set(),
    "/analyses/{pk}/comparison/": set(),
    "/analyses/{pk}/scans/{scan}/": set(),
    "/analyses/{pk}/scans/{scan}/findings/": set(),
    "/analyses/{pk}/scans/{scan}/findings/{finding}/": EVIDENCE | RULES,
    "/analyses/{pk}/scans/{scan}/coverage/": {"left_out"},
    "/analyses/{pk}/scans/{scan}/log/": set(),
    "/analyses/{pk}/scans/{scan}/configuration/": RULES,
    "/analyses/export.json": set(),
    "/analyses/export.csv": set(),
    "/analyses/bulk/{bulk}/": set(),
    "/analyses/views/": set(),
    "/statuses/": set(),
    "/settings/": set(),
    "/analyses/{pk}/activity-log.csv": set(),
    "/analyses/{pk}/stop/": set(),
    "/analyses/{pk}/delete/": set(),
    **{
        f"/admin/scans/{name}/": set()
        for name in (
            *("analysis", "urlscan", "targetlogin", "activitylogentry", "finding", "series"),
            *("recurringschedule", "scansettings", "systempart"),
        )
    },
    "/admin/scans/urlscan/{scan}/change/": set(),
    "/admin/scans/targetlogin/{login}/change/": set(),
}


@pytest.mark.parametrize("address", PAGES)
def test_a_page_reads_no_large_column_but_those_that_it_shows(client, analysis, address):
    client.force_login(factories.user("Administrator", is_staff=True, is_superuser=True))
    scan = analysis.url_scans.first()
    names = {"pk": analysis.pk, "scan": scan.pk, "finding": scan.findings.first().pk}
    names |= {"bulk": BulkAction.objects.get().pk, "login": scan.login_id}
    answers = []
    read = read_by(lambda: answers.append(client.get(address.format(**names))))
    assert answers[0].status_code == 200, address
    if answers[0].streaming:
        read |= read_by(lambda: b"".join(answers[0].streaming_content))
    assert read <= PAGES[address]


@pytest.mark.parametrize("address", ["/", "/analyses/", "/analyses/{pk}/", "/analyses/{pk}/scans/{scan}/findings/"])
def test_a_poll_reads_no_large_column(client, analysis, htmx_headers, address):
    client.force_login(factories.user("Viewer"))
    address = address.format(pk=analysis.pk, scan=analysis.url_scans.first().pk)
    version = client.get(address).context["version"]
    answers = []
    read = read_by(lambda: answers.append(client.get(address, {"v": version}, headers=htmx_headers)))
    assert read == set() and answers[0].status_code == 204


def test_the_scheduler_reads_no_large_column_while_it_looks(analysis):
    leading.tick("a scheduler")  # which does what is due, and for that reads whole rows
    assert read_by(lambda: leading.tick("a scheduler")) == set()
