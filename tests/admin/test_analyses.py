"""The admin: what may be looked at, changed and done there."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse

from scans import transitions
from scans.encryption import seal
from scans.models import (
    Actor,
    Analysis,
    SecurityEvent,
    TargetLogin,
    UrlScan,
)
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db
READ_ONLY = ["analysis", "urlscan", "activitylogentry", "finding", "series", "systempart", "recurringschedule"]


def admin(model: str, page: str, *args) -> str:
    return reverse(f"admin:scans_{model}_{page}", args=args)


@pytest.mark.parametrize("model", [*READ_ONLY, "allowedtarget", "blackoutwindow", "scansettings"])
def test_every_list_opens(superuser, model):
    factories.published()
    assert superuser.get(admin(model, "changelist"), {"q": "x"}).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY)
def test_nobody_adds_what_is_looked_at_only(superuser, model):
    assert superuser.get(admin(model, "add")).status_code == 403


def test_nobody_changes_or_deletes_a_status_or_the_log(superuser):
    analysis = factories.published()
    scan = analysis.url_scans.get()
    things = {
        "analysis": analysis,
        "urlscan": scan,
        "activitylogentry": analysis.activity.first(),
        "finding": scan.findings.get(),
    }
    for model, thing in things.items():
        assert superuser.get(admin(model, "change", thing.pk)).status_code == 200
        assert superuser.post(admin(model, "change", thing.pk), {"status": "stopped"}).status_code == 403
        assert superuser.post(admin(model, "delete", thing.pk), {"post": "yes"}).status_code == 403
    assert factories.fresh(analysis).status == analysis.status


def test_stop_goes_through_the_transitions(administrator):
    running, ended = factories.running(), factories.published()
    chosen = {"action": "stop_saving", "_selected_action": [running.pk, ended.pk]}
    response = administrator.post(admin("analysis", "changelist"), chosen, follow=True)
    assert factories.fresh(running).status == "stopped_saving_results"
    assert factories.fresh(ended).status == "completed_results_available"
    assert "Done for 1 of 2." in response.content.decode()
    assert "is not possible" in response.content.decode()
    assert running.activity.filter(action="analysis.stopped", user__isnull=False).exists()


def test_publish_goes_through_the_transitions(administrator):
    analysis = factories.ended(publication="reviewer")
    factories.verify(analysis.url_scans.get())
    administrator.post(admin("analysis", "changelist"), {"action": "publish", "_selected_action": [analysis.pk]})
    assert factories.fresh(analysis).status == "completed_results_available"


def test_actions_are_for_the_roles_that_may(client):
    client.force_login(factories.user("Viewer", is_staff=True))
    analysis = factories.running()
    client.post(admin("analysis", "changelist"), {"action": "stop_saving", "_selected_action": [analysis.pk]})
    assert factories.fresh(analysis).status == "in_progress"


def test_findings_under_verification_are_for_reviewers_here_too(client):
    client.force_login(factories.user("Viewer", is_staff=True))
    finding = factories.ended(publication="reviewer").url_scans.get().findings.get()
    assert client.get(admin("finding", "change", finding.pk)).status_code == 302
    transitions.mark(finding, by=factories.user("Reviewer"), mark="confirmed", comment="The page echoes q.")
    assert "The page echoes q." not in client.get(admin("activitylogentry", "changelist")).content.decode()


# --- Secrets --------------------------------------------------------------------------------------------


def test_nothing_that_is_sealed_is_shown(superuser, saved_login):
    scan = saved_login.url_scans.get()
    pages = [("targetlogin", saved_login.pk), ("urlscan", scan.pk)]
    shown = "".join(superuser.get(admin(model, "change", pk)).content.decode() for model, pk in pages)
    assert "ada" in shown and "walk.side" in shown
    for secret in ("owls-fly-by-night", saved_login.sealed, scan.crawl_script.sealed):
        assert secret not in shown


def test_headers_are_not_shown_even_encrypted(superuser):
    headers = {"X-Scan-Id": seal("owl-77")}
    analysis = transitions.save(factories.submission(headers=headers), by=Actor.COMMAND)
    shown = superuser.get(admin("analysis", "change", analysis.pk)).content.decode()
    assert analysis.name in shown and Analysis.objects.get().headers == headers
    assert headers["X-Scan-Id"] not in shown


def test_a_password_can_be_written_and_the_log_says_only_that_it_changed(administrator, saved_login):
    address = admin("targetlogin", "change", saved_login.pk)
    answer = administrator.post(address, {"new_password": "owls-fly-at-noon"}, follow=True)
    scan = UrlScan.objects.get()
    login = scan.login
    assert login.opened().password == "owls-fly-at-noon" and login.username == "ada" and scan.crawl_script
    entry = scan.analysis.activity.get(action="analysis.changed")
    assert "access to" in entry.data["changed"] and "noon" not in f"{entry.data}{answer.content}"


def test_no_password_is_no_change(administrator, saved_login):
    address = f"/admin/scans/targetlogin/{saved_login.pk}/change/"
    assert "This field is required" in administrator.post(address, {"new_password": ""}).content.decode()


def test_a_password_is_not_changed_where_the_configuration_is_fixed(administrator, saved_login):
    transitions.submit_again(Analysis.objects.get(), by=Actor.COMMAND)
    address = admin("targetlogin", "change", saved_login.pk)
    answer = administrator.post(address, {"new_password": "owls-fly-at-noon"}, follow=True)
    assert TargetLogin.objects.get().opened().password == "owls-fly-by-night"
    assert "can no longer be edited" in answer.text and "successfully" not in answer.text
    assert answer.redirect_chain == [(address, 302)]
    assert Analysis.objects.get().activity.filter(action="url_scan.refused").exists()


# --- German ---------------------------------------------------------------------------------------------

# Labels that are the same in both languages, and the alternative texts of icons that Django does not translate
SAME = {
    "Engine",
    "Filter",
    "Info",
    "Name",
    "Parameter",
    "Phase",
    "Position",
    "Scheduler",
    "Status",
    "Version",
    "Worker",
}
SAME |= {"Host", "Zone", "CWE", "GET", "URL", "URLs", "UTC", "WSTG", "Search", "True"}


class Texts(HTMLParser):
    """Collects the pieces of text of a page, those of buttons and icons too."""

    def __init__(self, page: str):
        super().__init__()
        self.found, self.is_code = set(), False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.is_code = tag in ("script", "style")
        self.found |= {value or "" for name, value in attrs if name in ("value", "title", "alt", "placeholder")}

    def handle_endtag(self, tag):
        self.is_code = False

    def handle_data(self, data):
        if not self.is_code:
            self.found.add(" ".join(data.split()).rstrip(":"))


def admin_pages() -> list[str]:
    """The address of every page about our models: list, add, change, history, delete."""
    pages = [reverse("admin:app_list", args=["scans"])]
    for model in (model for model in site._registry if model._meta.app_label == "scans"):
        name, pk = model._meta.model_name, model.objects.first().pk
        pages += [admin(name, "changelist"), admin(name, "add")]
        pages += [admin(name, page, pk) for page in ("change", "history", "delete")]
    return pages


def test_every_page_of_the_admin_is_german_for_a_german_reader(superuser, one_of_each):
    shown, english = set(), {}
    for address in admin_pages():
        here, there = (superuser.get(address, headers={"accept-language": language}) for language in ("de", "en"))
        if here.status_code == 200:
            shown.add(address)
            in_both = Texts(here.text).found & Texts(there.text).found - SAME
            english |= {text: address for text in in_both if re.fullmatch(r"[A-Z]\w*( [a-z]+)*\.?", text)}
    assert len(shown) > 30 and not english


def test_the_admin_shows_notices_as_sentences(superuser):
    scan = factories.noticed().url_scans.get()
    shown = superuser.get(reverse("admin:scans_urlscan_change", args=[scan.pk])).content.decode()
    assert "The scan saw one page only: http://127.0.0.1:9/." in shown and "one_page" not in shown


def test_the_admin_has_no_login_of_its_own_and_sends_nobody_in_circles(as_role):
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
    assert Client().post("/admin/login/", {"username": "a", "password": "b"}).status_code == 302
    answer = as_role("Viewer").get("/admin/", follow=True)
    assert answer.status_code == 403
    assert as_role("Administrator", is_staff=True).get("/admin/login/")["Location"] == "/admin/"


def test_the_log_is_filtered_by_actions_in_words(superuser):
    analysis = factories.running()
    address = admin("activitylogentry", "changelist")
    page = superuser.get(address, headers={"accept-language": "de"})
    assert "wollte „…“ und wurde abgewiesen</a>" in text(page) and ">analysis.refused" not in text(page)
    started = superuser.get(address, {"action": "analysis.started"})
    found = [entry.action for entry in started.context["cl"].result_list]
    assert found == ["analysis.started"] and analysis.activity.count() > 1


def test_the_queue_of_tasks_has_german_names(superuser):
    factories.submitted()
    german = {"accept-language": "de"}
    told = text(superuser.get("/admin/", headers=german))
    assert "Hintergrundaufgaben" in told and "Task Result" not in told
    rows = text(superuser.get("/admin/django_tasks_database/dbtaskresult/", headers=german))
    assert "Name der Warteschlange" in rows and "Bereit" in rows and not re.search("Task|Queue|Ready", rows)


def test_who_sees_or_replaces_a_login_is_in_the_security_log_without_the_secret(administrator, saved_login):
    address = admin("targetlogin", "change", saved_login.pk)
    administrator.get(address)
    administrator.get(address)
    scan = saved_login.url_scans.get()
    administrator.get(f"{scan.get_absolute_url()}configuration/")
    administrator.post(address, {"new_password": "owls-fly-at-noon"})
    told = SecurityEvent.objects.filter(kind="secret").order_by("pk")
    assert [event.event for event in told] == ["secret.seen", "secret.access_replaced"]
    assert "owls" not in str(list(told.values())) and told[0].subject == scan.url
