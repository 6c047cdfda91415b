"""Submitting a new analysis."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from scans import transitions
from scans.models import Actor, Analysis, TargetLogin
from scans.statuses import UrlScanStatus
from tests import factories
from tests.views.page import elements, text

pytestmark = pytest.mark.django_db
NEW = "/analyses/new/"
FILLED = {
    "name": "Shop",
    "urls": "http://127.0.0.1:9/",
    "authorised": "on",
    "depth": "5",
    "duration": "90m",
    "prescan": "on",
    "publication": "automatic",
}


def test_form_has_the_fields(client):
    names = {element["name"] for element in elements(client.get(NEW), "name")}
    assert names >= {*FILLED, "url_file", "start_at", "key", "csrfmiddlewaretoken"}


def test_submitting_leads_to_the_summary(client):
    response = client.post(NEW, FILLED)
    analysis = Analysis.objects.get()
    assert response["Location"] == analysis.get_absolute_url()
    assert (analysis.name, analysis.depth, analysis.duration.total_seconds()) == ("Shop", 5, 5400)
    assert "was submitted" in text(client.get(response["Location"]))


def test_sending_a_form_twice_submits_once(client):
    key = client.get(NEW).context["form"]["key"].value()
    first, second = (client.post(NEW, {**FILLED, "key": str(key)}) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Analysis.objects.count() == 1


def test_errors_stand_beside_their_fields_with_what_was_typed(client):
    response = client.post(NEW, {**FILLED, "urls": "ftp://x/<b>\nhttp://127.0.0.1:9/", "name": "x"})
    page = text(response)
    assert response.status_code == 422
    assert "Line 1: “ftp://x/&lt;b&gt;” must start with http:// or https://." in page
    assert 'href="#id_urls"' in page
    assert 'value="x"' in page
    assert "ftp://x/&lt;b&gt; http://127.0.0.1:9/</textarea>" in page
    assert not Analysis.objects.exists()


def test_urls_may_come_from_a_file(client):
    file = SimpleUploadedFile("urls.txt", b"http://127.0.0.1:9/a\r\n\r\nhttp://127.0.0.1:9/b\r\n")
    client.post(NEW, {**FILLED, "urls": "", "url_file": file})
    urls = Analysis.objects.get().url_scans.values_list("url", flat=True)
    assert list(urls) == ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"]


def test_authorisation_is_required(client):
    without = {name: value for name, value in FILLED.items() if name != "authorised"}
    assert "Tick this" in text(client.post(NEW, without))


@pytest.mark.parametrize("method", ["get", "post"])
def test_viewer_may_not_submit(as_role, method):
    response = getattr(as_role("Viewer"), method)(NEW, FILLED)
    assert response.status_code == 403
    assert "needs the role Submitter" in text(response)


def test_number_of_queries(client, django_assert_num_queries):
    with django_assert_num_queries(3):
        client.get(NEW)


def test_second_run_of_a_name_joins_the_series(client):
    factories.published(name="Shop")
    client.post(NEW, FILLED)
    assert Analysis.objects.latest("pk").run == 2


WEEKLY = {
    **FILLED,
    "start_at": "",
    "time_zone": "Europe/Berlin",
    "repeat": "weekly",
    "every": "2",
    "weekdays": ["0", "3"],
}


def in_berlin(moment):
    return moment.astimezone(ZoneInfo("Europe/Berlin"))


def test_the_start_is_meant_in_the_zone_that_was_chosen(client):
    tomorrow = f"{in_berlin(timezone.now()) + timedelta(days=1):%Y-%m-%d}"
    client.post(NEW, {**FILLED, "start_at": f"{tomorrow}T03:30", "time_zone": "Europe/Berlin"})
    analysis = Analysis.objects.get()
    assert f"{in_berlin(analysis.start_at):%Y-%m-%d %H:%M}" == f"{tomorrow} 03:30"
    assert ", 03:30 CE" in text(client.get(analysis.get_absolute_url()))


def test_an_unknown_time_zone_is_refused(client):
    assert "“Mars/Base” is not a time zone" in text(client.post(NEW, {**FILLED, "time_zone": "Mars/Base"}))


def test_a_recurring_analysis_shows_its_rule_and_next_starts(client):
    client.post(NEW, WEEKLY)
    page = text(client.get(Analysis.objects.get().get_absolute_url()))
    assert "Repeats every 2 weeks on Monday and Thursday" in page and "Switch off" in page


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"every": "99"}, "99"),
        ({"repeat": "monthly", "day_of_month": "32"}, "less than or equal to 31"),
        ({"ends_on": "soon"}, "valid date"),
        ({"ends_on": "2020-01-01"}, "before the first start"),
        ({"repeat": "yearly"}, "not one of the available choices"),
        ({"blackout": "sometimes"}, "Line 1"),
        ({"blackout": "daily"}, "nothing would ever be scanned"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused_with_the_rule(client, typed, complaint):
    response = client.post(NEW, {**WEEKLY, **typed})
    assert response.status_code == 422 and complaint in text(response)
    assert not Analysis.objects.exists()


def test_the_next_starts_are_shown_before_submitting_after_blackout_windows(client, clock):
    clock.move_to(datetime(2027, 3, 22, 6, tzinfo=UTC))
    client.force_login(factories.user())
    typed = {**WEEKLY, "start_at": "2027-03-22T10:00", "blackout": "Mon 08:00-18:00"}
    with_script = text(client.get("/analyses/new/starts/", typed, headers={"HX-Request": "true"}))
    without = text(client.post(NEW, {**typed, "then": "preview"}))
    for page in (with_script, without):
        assert "Monday 22 March 2027, 10:00 CET" in page
        assert "after a blackout window: Monday 22 March 2027, 18:00 CET" in page
        assert "Thursday 25 March 2027, 10:00 CET" in page
        assert "Monday 5 April 2027, 10:00 CEST" in page
    assert not Analysis.objects.exists()


def test_what_is_wrong_with_a_schedule_is_said_in_the_preview(client):
    assert "is not a blackout window" in text(client.get("/analyses/new/starts/", {**WEEKLY, "blackout": "x"}))


def test_an_address_with_a_comma_stays_as_it_is_through_edits(client):
    address = "http://127.0.0.1:9/find?ids=1,2;3"
    client.post(NEW, {**FILLED, "urls": f'"{address}"', "then": "save"})
    analysis = Analysis.objects.get()
    typed = client.get(f"/analyses/{analysis.pk}/edit/").context["form"].initial["urls"]
    client.post(f"/analyses/{analysis.pk}/edit/", {**FILLED, "urls": typed, "depth": "7", "then": "save"})
    assert (analysis.url_scans.get().url, Analysis.objects.get().depth) == (address, 7)


def test_saving_for_later_editing_and_submitting(client):
    client.post(NEW, {**WEEKLY, "then": "save"})
    analysis = Analysis.objects.get()
    assert analysis.status == "saved_for_later"
    form = client.get(f"/analyses/{analysis.pk}/edit/")
    typed = form.context["form"].initial
    assert (typed["time_zone"], typed["urls"], typed["every"]) == ("Europe/Berlin", "http://127.0.0.1:9/", 2)
    client.post(f"/analyses/{analysis.pk}/edit/", {**FILLED, "urls": "http://127.0.0.1:9/b", "then": "save"})
    assert list(analysis.url_scans.values_list("url", flat=True)) == ["http://127.0.0.1:9/b"]
    assert "changed the configuration: urls" in text(client.get(analysis.get_absolute_url())).lower()
    client.post(f"/analyses/{analysis.pk}/edit/", {**FILLED, "then": "submit"})
    analysis.refresh_from_db()
    assert analysis.status == "submitted" and not analysis.recurrence
    refused = client.get(f"/analyses/{analysis.pk}/edit/", follow=True)
    assert "can no longer be edited" in text(refused)


def test_prescan_only_leaves_it_saved_and_checks_its_urls(client):
    response = client.post(NEW, {**FILLED, "then": "prescan"})
    analysis = Analysis.objects.get()
    assert analysis.status == "saved_for_later" and response["Location"] == analysis.get_absolute_url()
    assert "Asked for a prescan" in text(client.get(response["Location"]))


BEHIND_A_FORM = {**FILLED, "login_method": "form", "login_username": "ada", "login_password": "s3cr3t-word"}


def test_a_login_is_sealed_and_never_shown_again(client):
    client.post(NEW, {**BEHIND_A_FORM, "logged_in": "My account", "then": "save"})
    analysis = Analysis.objects.get()
    scan = analysis.url_scans.get()
    assert scan.login.opened().password == "s3cr3t-word" and "s3cr3t" not in scan.login.sealed
    configuration = text(client.get(f"{scan.get_absolute_url()}configuration/"))
    assert "Login form" in configuration and "ada" in configuration and "My account" in configuration
    for page in (analysis.get_absolute_url(), f"{analysis.get_absolute_url()}edit/", scan.get_absolute_url()):
        assert "s3cr3t" not in text(client.get(page))


def test_a_saved_login_stays_until_another_one_is_chosen(client):
    client.post(NEW, {**BEHIND_A_FORM, "then": "save"})
    edit = f"{Analysis.objects.get().get_absolute_url()}edit/"
    assert "A login or crawl script is saved" in text(client.get(edit))
    client.post(edit, {**FILLED, "depth": "7", "then": "save"})
    assert Analysis.objects.get().url_scans.get().login.opened().username == "ada"
    client.post(edit, {**BEHIND_A_FORM, "login_username": "grace", "then": "save"})
    assert Analysis.objects.get().url_scans.get().login.opened().username == "grace"
    assert "access" in Analysis.objects.get().activity.newest_first().first().data["changed"]


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"login_username": ""}, "Give the user name; anything, where the form asks for a password alone."),
        ({"login_username": "", "login_method": "basic"}, "Give the user name."),
        ({"login_password": ""}, "Give the password."),
        ({"login_method": "script"}, "Give the recorded script."),
        ({"login_method": "headers"}, "Give headers or cookies."),
        ({"login_method": "magic"}, "not one of the available choices"),
        ({"logged_out": "("}, "is not a regular expression"),
        ({"logged_out": r"\p{Lu}"}, "is not a regular expression"),  # known to the library `regex`, not to the engine
        ({"crawl_script": SimpleUploadedFile("walk.side", b"\xff\xfe")}, "is not a text file such as recorders write"),
        ({"crawl_script": SimpleUploadedFile("walk.side", b" " * (5 * 1024**2 + 1))}, "at most 5 MB"),
    ],
)
def test_a_login_that_lacks_something_is_refused_and_its_secret_not_sent_back(client, typed, complaint):
    response = client.post(NEW, {**BEHIND_A_FORM, **typed})
    assert response.status_code == 422 and complaint in text(response)
    assert "s3cr3t" not in text(response) and not Analysis.objects.exists()


def test_run_again_keeps_the_login(client):
    client.post(NEW, {**BEHIND_A_FORM})
    analysis = Analysis.objects.get()
    scan = analysis.url_scans.get()
    transitions.fail_checks(scan, UrlScanStatus.CONNECTION_ERROR, step="connection", reason="said by the test")
    again = transitions.run_again(analysis, by=Actor.COMMAND)
    assert again.url_scans.get().login.opened().password == "s3cr3t-word"
    assert analysis.url_scans.get().login.opened().password == "s3cr3t-word"
    assert analysis.url_scans.get().login == again.url_scans.get().login
    transitions.delete(analysis, by=Actor.COMMAND)
    assert [login.url_scans.get().analysis for login in TargetLogin.objects.all()] == [again]


def test_each_url_of_a_saved_analysis_can_have_its_own_login(client, as_role):
    client.post(NEW, {**BEHIND_A_FORM, "urls": "http://127.0.0.1:9/a\nhttp://127.0.0.1:9/b", "then": "save"})
    first, second = Analysis.objects.get().url_scans.order_by("position")
    page = f"{second.get_absolute_url()}login/"
    assert page in text(client.get(f"{second.get_absolute_url()}configuration/"))
    assert client.post(page, {"login_method": "basic"}).status_code == 422
    typed = {"login_method": "basic", "login_username": "grace", "login_password": "hopper"}
    assert as_role("Viewer").post(page, typed).status_code == 403
    client.force_login(factories.user("Submitter"))
    client.post(page, typed)
    logins = [scan.login.opened() for scan in Analysis.objects.get().url_scans.order_by("position")]
    assert [(login.method, login.username) for login in logins] == [("form", "ada"), ("basic", "grace")]
    client.post(page, {"login_method": ""})
    assert Analysis.objects.get().url_scans.get(position=1).login is None
    transitions.submit_again(Analysis.objects.get(), by=Actor.COMMAND)
    assert "can no longer be edited" in text(client.post(page, typed, follow=True))


FORM = {"name": "Shop", "urls": "http://127.0.0.1:9/", "authorised": "on"}


def test_a_schedule_of_more_runs_than_anybody_lives_to_see_is_refused(client):
    query = {"repeat": "weekly", "ends_after": "9" * 20}
    assert "10000" in text(client.get("/analyses/new/starts/?" + urlencode(query)))
    assert client.post("/analyses/new/", {**FORM, **query}).status_code == 422


def test_a_form_that_is_sent_again_for_something_else_leads_to_what_it_made(client):
    form = {**FORM, "key": str(uuid4())}
    made = client.post("/analyses/new/", {**form, "then": "submit"})
    again = client.post("/analyses/new/", {**form, "then": "prescan"})
    assert again["Location"] == made["Location"]
    assert "is not possible" in text(client.get(again["Location"]))


def test_what_was_submitted_while_it_was_edited_says_so_beside_what_was_typed(client, monkeypatch):
    person = factories.user()
    analysis = transitions.save(factories.submission(name="Shop"), by=person)
    really = transitions.change

    def change(*arguments, **values):
        transitions.submit_again(analysis, by=person)  # a colleague, in the same moment
        return really(*arguments, **values)

    monkeypatch.setattr(transitions, "change", change)
    answer = client.post(
        f"{analysis.get_absolute_url()}edit/", {**FORM, "urls": "http://127.0.0.1:9/typed", "then": "save"}
    )
    assert answer.status_code == 422
    assert "can no longer be edited" in text(answer) and "http://127.0.0.1:9/typed" in text(answer)


# --- Correct it and run it again


def failed_analysis(client, **typed):
    """An analysis behind a login whose checks have failed."""
    client.post(NEW, {**BEHIND_A_FORM, **typed})
    analysis = Analysis.objects.get()
    scan = analysis.url_scans.get()
    transitions.fail_checks(scan, UrlScanStatus.AUTHENTICATION_ERROR, step="login", reason="The password is wrong.")
    return factories.fresh(analysis)


def test_an_analysis_that_failed_is_corrected_and_run_again_by_a_new_password_alone(client):
    analysis = failed_analysis(client, depth="7", logged_in="My account")
    again = f"{analysis.get_absolute_url()}edit-and-run-again/"
    assert again in text(client.get(analysis.get_absolute_url()))
    page = client.get(again)
    shown, fields = text(page), {element["name"]: element.get("value") for element in elements(page, "name")}
    assert "The password is wrong." in shown and "data-failed-url" in shown and "s3cr3t" not in shown
    assert (fields["login_username"], fields["logged_in"], fields["depth"]) == ("ada", "My account", "7")
    typed = {**BEHIND_A_FORM, "depth": "7", "logged_in": "My account", "login_password": "another"}
    response = client.post(again, {**typed, "login_for": "failed"})
    made = Analysis.objects.latest("pk")
    assert response["Location"] == made.get_absolute_url() and (made.run, made.name) == (2, "Shop")
    login = made.url_scans.get().login.opened()
    assert (login.username, login.password, login.logged_in) == ("ada", "another", "My account")
    assert analysis.url_scans.get().login.opened().password == "s3cr3t-word"


def test_a_saved_password_stays_where_none_is_typed_but_not_for_another_login_page(client):
    again = f"{failed_analysis(client).get_absolute_url()}edit-and-run-again/"
    typed = {**BEHIND_A_FORM, "login_password": "", "login_username": "grace"}
    elsewhere = client.post(again, {**typed, "login_url": "http://127.0.0.1:9/elsewhere"})
    assert elsewhere.status_code == 422 and "Give the password." in text(elsewhere)
    client.post(again, typed)
    login = Analysis.objects.latest("pk").url_scans.get().login.opened()
    assert (login.username, login.password) == ("grace", "s3cr3t-word")


def test_a_login_that_was_not_touched_is_the_same_one_in_the_next_run(client):
    analysis = failed_analysis(client)
    client.post(f"{analysis.get_absolute_url()}edit-and-run-again/", {**BEHIND_A_FORM, "login_password": ""})
    assert TargetLogin.objects.count() == 1 and Analysis.objects.latest("pk").url_scans.get().login_id


def test_a_saved_login_can_be_removed_in_the_form(client):
    analysis = failed_analysis(client)
    client.post(f"{analysis.get_absolute_url()}edit-and-run-again/", {**FILLED, "login_method": "none"})
    assert Analysis.objects.latest("pk").url_scans.get().login is None


def test_a_new_login_can_be_for_the_urls_whose_login_failed_alone(client):
    client.post(NEW, {**BEHIND_A_FORM, "urls": "http://127.0.0.1:9/a\nhttp://127.0.0.1:9/b"})
    analysis = Analysis.objects.get()
    first, second = analysis.url_scans.order_by("position")
    transitions.fail_checks(first, UrlScanStatus.CONNECTION_ERROR, step="connection", reason="gone")
    transitions.fail_checks(second, UrlScanStatus.AUTHENTICATION_ERROR, step="login", reason="wrong")
    form = {**BEHIND_A_FORM, "urls": "http://127.0.0.1:9/a\nhttp://127.0.0.1:9/b", "login_username": "grace"}
    client.post(f"{analysis.get_absolute_url()}edit-and-run-again/", {**form, "login_for": "failed"})
    scans = Analysis.objects.latest("pk").url_scans.order_by("position")
    assert [scan.login.username for scan in scans] == ["ada", "grace"]


@pytest.mark.parametrize("form", ["edit-and-run-again", "duplicate", "edit"])
@pytest.mark.parametrize("scope", ["", "without"])
def test_a_saved_login_is_sent_to_no_site_that_did_not_have_it(client, form, scope):
    typed = {**BEHIND_A_FORM, "then": "save"} if form == "edit" else BEHIND_A_FORM
    analysis = failed_analysis(client) if form != "edit" else None
    if analysis is None:
        client.post(NEW, typed)
        analysis = Analysis.objects.get()
    runs, address = Analysis.objects.count(), f"{analysis.get_absolute_url()}{form}/"
    added = {**typed, "name": "Copy", "login_password": "", "login_for": scope}
    added["urls"] = "http://127.0.0.1:9/ http://127.0.0.1:6666/".replace(" ", "\n")
    answer = client.post(address, added)
    assert answer.status_code == 422 and "http://127.0.0.1:6666/ had no such login" in text(answer)
    assert Analysis.objects.count() == runs
    client.post(address, {**added, "urls": "http://127.0.0.1:9/\nhttp://127.0.0.1:9/another-page"})
    assert {scan.url for scan in Analysis.objects.latest("pk").url_scans.all()} > {"http://127.0.0.1:9/"}


def test_who_adds_a_site_types_the_secret_or_leaves_the_site_without_a_login(client):
    again = f"{failed_analysis(client).get_absolute_url()}edit-and-run-again/"
    added = {**BEHIND_A_FORM, "urls": "http://127.0.0.1:9/\nhttp://127.0.0.1:6666/"}
    client.post(again, {**added, "login_password": "", "login_for": "with"})
    scans = Analysis.objects.latest("pk").url_scans.order_by("position")
    assert [bool(scan.login) for scan in scans] == [True, False]
    client.post(again, {**added, "login_password": "typed-again", "key": str(uuid4())})
    scans = Analysis.objects.latest("pk").url_scans.order_by("position")
    assert [scan.login.opened().password for scan in scans] == ["typed-again", "typed-again"]


def test_a_site_that_is_added_with_a_login_of_its_own_leaves_the_saved_one_where_it_was(client):
    again = f"{failed_analysis(client).get_absolute_url()}edit-and-run-again/"
    file = SimpleUploadedFile("urls.csv", b"url,username,password\nhttp://127.0.0.1:6666/,bob,own\n")
    client.post(again, {**BEHIND_A_FORM, "login_password": "", "url_file": file})
    scans = Analysis.objects.latest("pk").url_scans.order_by("position")
    assert [scan.login.username for scan in scans] == ["ada", "bob"]
    assert scans[1].login.opened().password == "own"


def test_a_saved_header_is_sent_to_no_site_that_did_not_have_it(client):
    client.post(NEW, {**FILLED, "headers": "X-Key: s3cr3t", "then": "save"})
    analysis = Analysis.objects.get()
    edit = f"{analysis.get_absolute_url()}edit/"
    added = {**FILLED, "headers": "X-Key: ***", "urls": "http://127.0.0.1:9/\nhttp://127.0.0.1:6666/", "then": "save"}
    answer = client.post(edit, added)
    assert answer.status_code == 422 and "which http://127.0.0.1:6666/ did not have" in text(answer)
    assert analysis.url_scans.count() == 1
    client.post(edit, {**added, "urls": "http://127.0.0.1:9/\nhttp://127.0.0.1:9/more"})
    client.post(edit, {**added, "headers": "X-Key: typed-again"})
    assert analysis.url_scans.count() == 2


def test_what_runs_is_not_edited_and_run_again(client):
    analysis = factories.running()
    response = client.get(f"{analysis.get_absolute_url()}edit-and-run-again/", follow=True)
    assert "is not possible" in text(response) and response.redirect_chain


@pytest.mark.parametrize("address", ["edit-and-run-again/", "duplicate/"])
def test_a_viewer_gets_no_form_of_another_run(as_role, address):
    analysis = factories.published()
    viewer = as_role("Viewer")
    assert viewer.get(f"{analysis.get_absolute_url()}{address}").status_code == 403
    assert viewer.post(f"{analysis.get_absolute_url()}{address}", FILLED).status_code == 403
    assert "analysis.refused" in analysis.activity.values_list("action", flat=True)
    assert Analysis.objects.count() == 1


def test_a_duplicate_is_filled_in_under_a_name_of_its_own(client):
    analysis = failed_analysis(client, depth="7")
    page = client.get(f"{analysis.get_absolute_url()}duplicate/")
    fields = {element["name"]: element.get("value") for element in elements(page, "name")}
    assert (fields["name"], fields["depth"]) == ("Shop (2)", "7")
    client.post(f"{analysis.get_absolute_url()}duplicate/", {**FILLED, "name": "Shop (2)", "then": "save"})
    copy = Analysis.objects.latest("pk")
    assert (copy.name, copy.run, copy.status) == ("Shop (2)", 1, "saved_for_later")
    assert copy.url_scans.get().login.opened().password == "s3cr3t-word"


def test_a_draft_whose_check_failed_leads_to_its_login_and_stays_a_draft(client):
    client.post(NEW, {**BEHIND_A_FORM, "then": "save"})
    analysis = Analysis.objects.get()
    scan = analysis.url_scans.get()
    transitions.prescan_only(analysis, by=Actor.COMMAND)
    transitions.begin_prescan(analysis)
    transitions.fail_checks(scan, UrlScanStatus.AUTHENTICATION_ERROR, step="login", reason="The password is wrong.")
    transitions.end_prescan(analysis, checked=1, passed=0)
    page = client.get(analysis.get_absolute_url())
    assert "The last check failed: The password is wrong." in " ".join(text(page).split())
    assert f"{scan.get_absolute_url()}login/" in text(page)
    row = [element["data-status"] for element in elements(page, "data-status")]
    assert "saved_for_later" in row and "submitted" not in row and f"{scan.get_absolute_url()}stop/" not in text(page)
    form = client.get(f"{scan.get_absolute_url()}login/")
    assert "The password is wrong." in text(form) and 'value="ada"' in text(form)
    client.post(f"{scan.get_absolute_url()}login/", {**BEHIND_A_FORM, "login_password": "another"})
    client.post(f"{analysis.get_absolute_url()}edit/", {**FILLED, "then": "submit"})
    assert factories.fresh(analysis).status == "submitted"
    assert analysis.url_scans.get().login.opened().password == "another"


def test_the_failed_urls_of_an_ended_analysis_can_be_retried_from_its_page(client):
    urls = [f"http://127.0.0.1:9/{name}" for name in "ab"]
    client.post(NEW, {**FILLED, "urls": "\n".join(urls)})
    analysis = Analysis.objects.get()
    first, second = analysis.url_scans.order_by("position")
    transitions.fail_checks(first, UrlScanStatus.CONNECTION_ERROR, step="connection", reason="gone")
    transitions.stop(second, "save", by=Actor.COMMAND)
    page = text(client.get(analysis.get_absolute_url()))
    assert "Run again only the 1 that failed" in page and page.count("Retry this URL") == 1
    for address in (f"{analysis.get_absolute_url()}run-failed-again/", f"{first.get_absolute_url()}run-again/"):
        client.post(address)
        assert [scan.url for scan in Analysis.objects.latest("pk").url_scans.all()] == urls[:1]
    assert [run.run for run in Analysis.objects.order_by("pk")] == [1, 2, 3]


def test_an_error_is_said_once_beside_its_field_and_linked_from_the_top(client):
    page = client.post(NEW, {**FILLED, "depth": "99"})
    assert text(page).count("less than or equal to 50") == 1
    assert any(link["href"] == "#id_depth" for link in elements(page, "href"))


@pytest.mark.parametrize(
    ("typed", "part"),
    [({"login_headers": "X-A: b"}, "access"), ({"logged_out": "("}, "access"), ({"every": "0"}, "schedule")],
)
def test_a_part_of_the_form_that_holds_an_error_is_not_folded(client, typed, part):
    def fold(**typed) -> str:
        page = client.post(NEW, {**FILLED, **typed}).content.decode()
        return page.partition(f'id="{part}"')[2].partition('<details class="disclosure"')[2].partition(">")[0]

    assert "open" not in fold(name="x")
    assert "open" in fold(**typed)


def test_a_field_that_is_hidden_says_its_error_at_the_top(client):
    client.post(NEW, {**FILLED, "then": "save"})
    edit = f"{Analysis.objects.get().get_absolute_url()}edit/"
    assert "at least 3 characters" in text(client.post(edit, {**FILLED, "name": "x"}))
