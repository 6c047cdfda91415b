"""The page of the security log: for administrators, filtered, page by page, and as a file."""

import csv
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scans import activity
from scans.models import Actor, SecurityEvent
from scans.reasons.security import SENTENCES
from scans.views import security_log
from tests import factories

pytestmark = pytest.mark.django_db
PAGE, FILE = "/settings/security-log/", "/settings/security-log.csv"


@pytest.fixture
def browser(as_role):
    """An administrator's browser, who logged in before the log began."""
    return as_role("Administrator", username="ada")


@pytest.fixture
def bob():
    return factories.user("Viewer", "bob")


def shown(answer):
    """The events on a page, from top to bottom: (event, subject)."""
    return [(event.event, event.subject) for event, _ in answer.context["events"]]


@pytest.mark.parametrize("role", ["", "Viewer", "Submitter", "Reviewer"])
def test_nobody_but_administrators_reads_it_or_finds_a_link_to_it(as_role, role):
    browser = as_role(role)
    assert [browser.get(address).status_code for address in (PAGE, FILE)] == [403, 403]
    assert PAGE not in browser.get("/settings/").text


def test_nobody_reads_it_without_login():
    assert Client().get(PAGE)["Location"].startswith("/accounts/login/")


def test_administrators_find_it_in_their_menu(browser, bob):
    activity.note("account.roles_changed", by=bob, subject=bob, before="Viewer", after="<b>Reviewer</b>")
    assert PAGE in browser.get("/settings/").text
    text = browser.get(PAGE).text
    assert (
        "changed the roles: Viewer → &lt;b&gt;Reviewer&lt;/b&gt;" in text
        and 'data-event="account.roles_changed"' in text
    )
    german = browser.get(PAGE, headers={"accept-language": "de"}).text
    assert "hat die Rollen geändert: Viewer →" in german and "Sicherheitsprotokoll" in german


def test_the_filter_lists_events_in_words_beneath_their_kinds(browser):
    english, german = (browser.get(PAGE, headers={"accept-language": language}).text for language in ("en", "de"))
    assert '<optgroup label="Accounts and roles">' in english and '<optgroup label="Konten und Rollen">' in german
    for code, in_english, in_german in (
        ("login.ended", "Logged out", "Hat sich abgemeldet"),
        ("account.roles_changed", "Changed the roles", "Hat die Rollen geändert"),
        ("refused.page", "Asked for … and was refused", "Hat … verlangt und wurde abgelehnt"),
    ):
        assert f'<option value="{code}">{in_english}</option>' in english
        assert f'<option value="{code}">{in_german}</option>' in german
    options = re.findall(r'<option value="\w+\.\w+">(.*?)</option>', english + german)
    assert len(options) == 2 * len(SENTENCES) and not re.search(r"[{}]|\w\.\w", "".join(options))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=account", ["account.created"]),
        ("event=login.ended", ["login.ended"]),
        ("who=bob", ["login.ended"]),
        ("subject=bob", ["account.created", "login.ended"]),
        ("address=192.0.2.1", []),
        ("kind=login&who=bob&subject=bob", ["login.ended"]),
        ("who=BOB%00", "everything"),
        ("kind=x&event=y&since=z&before=-1&after=99999999999999999999", "everything"),
        ("since=9999-12-31", []),
        ("until=9999-12-31", "everything"),
        ("until=0001-01-01", []),
    ],
)
def test_filters_find_what_they_say_and_nonsense_is_ignored(browser, bob, query, found):
    activity.note("login.ended", by=bob, subject=bob)
    activity.note("account.created", by=Actor.COMMAND, subject=bob)
    answer = browser.get(f"{PAGE}?{query}")
    everything = ["account.created", "login.ended", "login.succeeded"]
    assert [event for event, _ in shown(answer)] == (everything if found == "everything" else found)


def test_days_are_those_of_the_reader(as_role, clock):
    for day in range(3):
        activity.note("login.ended", subject=f"day {day}")
        clock.shift(timedelta(days=1))
    browser = as_role("Administrator")  # after days, an earlier login has ended
    _first, second, third = SecurityEvent.objects.filter(event="login.ended").order_by("pk")
    answer = browser.get(
        PAGE, {"event": "login.ended", "since": f"{second.at:%Y-%m-%d}", "until": f"{third.at:%Y-%m-%d}"}
    )
    assert shown(answer) == [("login.ended", "day 2"), ("login.ended", "day 1")]
    assert shown(browser.get(PAGE, {"event": "login.ended", "until": f"{second.at:%Y-%m-%d}"}))[0][1] == "day 1"


def test_pages_follow_each_other_and_keep_the_filter(browser, monkeypatch, htmx_headers):
    monkeypatch.setattr(security_log, "PAGE_SIZE", 2)
    for number in range(5):
        activity.note("login.ended", subject=str(number))
    query, pages = {"event": "login.ended"}, []
    while True:
        answer = browser.get(PAGE, query, headers=htmx_headers)
        pages.append([subject for _, subject in shown(answer)])
        if not answer.context["older"]:
            break
        assert f"event=login.ended&amp;before={answer.context['older']}" in answer.text
        query["before"] = answer.context["older"]
    assert pages == [["4", "3"], ["2", "1"], ["0"]] and "<html" not in answer.text
    del query["before"]
    newer = browser.get(PAGE, query | {"after": answer.context["newer"]})
    assert [subject for _, subject in shown(newer)] == ["2", "1"] and newer.context["newer"]
    newest = browser.get(PAGE, query | {"after": newer.context["newer"]})
    assert [subject for _, subject in shown(newest)] == ["4", "3"] and not newest.context["newer"]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", None),
        ("kind=login", "kind"),
        ("event=login.ended", "event"),
        ("kind=login&event=login.ended", "event"),
        ("address=192.0.2.1&event=login.ended", "address"),
        ("who=bob&kind=login&address=192.0.2.1", "who"),
        ("subject=x&who=bob&address=192.0.2.1&event=login.ended&kind=login", "subject"),
        ("kind=login&before=7", "kind"),
    ],
)
def test_a_page_reads_along_the_index_of_the_filter_that_finds_least(browser, query, index):
    with CaptureQueriesContext(connection) as ran:
        browser.get(f"{PAGE}?{query}")
    [sql] = [each["sql"] for each in ran if "ORDER BY" in each["sql"] and "scans_securityevent" in each["sql"]]
    if connection.vendor == "sqlite":  # on PostgreSQL, the plan depends on how many rows there are
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = str(cursor.fetchall())
        assert "TEMP B-TREE" not in plan and re.findall(r"INDEX security_by_(\w+)", plan) == ([index] if index else [])


def test_the_file_has_all_events_of_the_filter_and_says_itself_who_got_it(browser, bob):
    activity.note("account.changed", by=bob, subject="=cmd()", field="email", before="", after="b@example.com")
    answer = browser.get(FILE, {"kind": "account"}, headers={"accept-language": "de"})
    rows = list(csv.DictReader(b"".join(answer).decode("utf-8-sig").splitlines()))
    assert [(row["event"], row["who"], row["subject"]) for row in rows] == [("account.changed", "bob", "'=cmd()")]
    assert rows[0]["message"].startswith("changed ") and rows[0]["when"].endswith("+00:00")
    assert SecurityEvent.objects.get(event="log.exported").who == "ada"


def test_the_address_is_below_settings():
    assert reverse("scans:security-log") == PAGE
