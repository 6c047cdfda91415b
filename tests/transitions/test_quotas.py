"""Limits of one analysis and one person hold at every door, and the refusal says what to do."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from scans import transitions
from scans.login.base import Login, Method
from scans.models import (
    Actor,
    Analysis,
    BulkOutcome,
    CrawlScript,
    RecurringSchedule,
    ScanSettings,
    StopMode,
    TargetLogin,
)
from scans.schedule.recurrence import Recurrence, Unit
from scans.transitions import Access, OverLimit, bulk
from scans.workers import scheduler
from tests import factories as make

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/"
KB = 1024
TYPED = {"name": "Shop", "urls": URL, "authorised": "on", "duration": "60"}


def limit(**values):
    ScanSettings.objects.update(**values)


def with_script(kilobytes, url=URL):
    """The access of one URL: a script of this size."""
    return {url: Access(crawl_script=CrawlScript.of("walk.side", "x" * (kilobytes * KB)))}


def side(kilobytes):
    return SimpleUploadedFile("walk.side", b"x" * (kilobytes * KB))


# --- One analysis ---------------------------------------------------------------------------------


def test_all_that_one_analysis_stores_is_bounded_together_not_only_each_file():
    limit(analysis_mb=1)
    make.submitted(URL, access=with_script(1000))
    headers = {"X-One": "x" * (20 * KB)}
    for values in ({"access": with_script(1025)}, {"access": with_script(1010), "headers": headers}):
        with pytest.raises(OverLimit, match=r"have 1\.\d MB together; at most 1 MB"):
            make.submitted(URL, **values)


def test_a_script_that_many_urls_share_counts_once_and_different_ones_add_up():
    limit(analysis_mb=1)
    urls = [f"{URL}{number}" for number in range(3)]
    shared = CrawlScript.of("walk.side", "x" * (900 * KB))
    make.submitted(*urls, access=dict.fromkeys(urls, Access(crawl_script=shared)))
    each = {url: access for number, url in enumerate(urls) for url, access in with_script(400, url).items()}
    with pytest.raises(OverLimit):
        make.submitted(*urls, access=each)


def test_logins_of_single_urls_of_a_draft_add_up():
    limit(analysis_mb=1)
    first, second = f"{URL}a", f"{URL}b"
    analysis = transitions.save(make.submission(first, second, access=with_script(600, first)), by=Actor.COMMAND)
    scans = {scan.url: scan for scan in analysis.url_scans.all()}
    with pytest.raises(OverLimit):
        transitions.change_access(scans[second], with_script(600)[URL], by=Actor.COMMAND)
    transitions.change_access(scans[first], with_script(700)[URL], by=Actor.COMMAND)  # in place of the first
    with pytest.raises(OverLimit):
        transitions.change(analysis, make.submission(first, second, access=with_script(1025, second)), by=Actor.COMMAND)
    assert make.fresh(scans[second]).crawl_script is None


# --- One person ---------------------------------------------------------------------------------------


def test_what_a_person_has_open_is_bounded_and_others_are_not_touched():
    limit(open_analyses=2)
    person = make.user()
    first = make.submitted(by=person)
    make.submitted(by=person)
    with pytest.raises(OverLimit, match=f"{person} has 2 analyses that have not ended; at most 2 are allowed"):
        make.submitted(by=person)
    make.submitted(by=make.user())
    transitions.stop_analysis(first, StopMode.SAVE, by=person)
    make.submitted(by=person)


def test_urls_that_wait_are_counted_too():
    limit(open_url_scans=3)
    person = make.user()
    make.submitted(f"{URL}a", f"{URL}b", by=person)
    with pytest.raises(OverLimit, match=f"{person} would have 4 URL scans that have not ended; at most 3"):
        make.submitted(f"{URL}a", f"{URL}b", by=person)
    make.submitted(by=person)


def test_drafts_are_bounded_and_a_submitted_draft_is_open():
    limit(drafts=1, open_analyses=1)
    person = make.user()
    draft = transitions.save(make.submission(), by=person)
    with pytest.raises(OverLimit, match="1 analyses saved for later; at most 1"):
        transitions.save(make.submission(), by=person)
    make.submitted(by=person)
    with pytest.raises(OverLimit, match="that have not ended"):
        transitions.submit_again(draft, by=person)
    assert make.fresh(draft).submitted_at is None


def test_stored_logins_and_scripts_of_a_person_are_bounded_until_analyses_are_deleted():
    limit(stored_mb=1)
    person = make.user()
    first = make.submitted(access=with_script(700), by=person)
    transitions.stop_analysis(first, StopMode.SAVE, by=person)
    again = transitions.run_again(make.fresh(first), by=person)  # which stores nothing more
    with pytest.raises(OverLimit, match=r"would have 1\.4 MB; at most 1 MB are kept for one person"):
        make.submitted(access=with_script(700), by=person)
    make.submitted(access=with_script(700), by=make.user())
    assert CrawlScript.objects.filter(owner=person).count() == 1 and again.url_scans.get().crawl_script


def test_a_form_that_is_sent_twice_is_no_second_analysis_at_the_limit():
    limit(open_analyses=1)
    submission = make.submission(key="12345678-1234-5678-1234-567812345678")
    assert transitions.submit(submission, by=Actor.COMMAND) == transitions.submit(submission, by=Actor.COMMAND)


# --- The doors ------------------------------------------------------------------------------------------


def test_the_form_says_which_limit_is_reached(as_role):
    client = as_role()
    limit(analysis_mb=1)
    answer = client.post("/analyses/new/", {**TYPED, "crawl_script": side(1100)})
    assert answer.status_code == 422 and "have 1.1 MB together; at most 1 MB" in answer.text
    limit(analysis_mb=12, open_analyses=1)
    assert client.post("/analyses/new/", TYPED).status_code == 302
    answer = client.post("/analyses/new/", {**TYPED, "name": "Other"})
    assert answer.status_code == 422 and "at most 1 are allowed for one person" in answer.text
    limit(drafts=1)
    assert client.post("/analyses/new/", {**TYPED, "name": "Draft", "then": "save"}).status_code == 302
    answer = client.post("/analyses/new/", {**TYPED, "name": "Draft 2", "then": "prescan"})
    assert answer.status_code == 422 and "saved for later; at most 1" in answer.text
    assert Analysis.objects.count() == 2


def test_the_login_form_of_one_url_says_so_too(as_role):
    limit(analysis_mb=1)
    client = as_role()
    client.post("/analyses/new/", {**TYPED, "then": "save"})
    scan = Analysis.objects.get().url_scans.get()
    page = f"{scan.get_absolute_url()}login/"
    assert "at most 1 MB are taken" in client.post(page, {"crawl_script": side(1100)}, follow=True).text
    assert make.fresh(scan).crawl_script is None


def test_the_command_line_says_so_with_the_exit_code_of_a_refusal(tmp_path):
    limit(analysis_mb=1, open_analyses=1)
    (tmp_path / "walk.side").write_bytes(b"x" * (1100 * KB))
    with pytest.raises(CommandError, match="at most 1 MB are taken") as refused:
        call_command("submit", URL, name="Shop", crawl_script=str(tmp_path / "walk.side"))
    assert refused.value.returncode == 3
    person = make.user(username="sam")
    for user, name in (("sam", "sam"), ("", "Command line")):
        make.submitted(by=person if user else Actor.COMMAND)
        with pytest.raises(CommandError, match=f"{name} has 1 analyses that have not ended"):
            call_command("submit", URL, name="Shop", user=user)


def test_a_recurring_run_beyond_a_limit_is_skipped_once_and_the_log_says_why(clock):
    limit(open_analyses=2)
    person = make.user()
    first = make.submitted(recurrence=Recurrence(unit=Unit.WEEKLY), by=person)
    transitions.stop_analysis(first, StopMode.SAVE, by=person)
    make.submitted(by=person), make.submitted(by=person)
    due = RecurringSchedule.objects.get().next_at
    clock.move_to(due + timedelta(seconds=1))
    for _ in range(2):
        make.carry_out(scheduler.run_recurring)
    entry = first.activity.get(action="analysis.run_over_limit")
    assert "at most 2 are allowed" in str(entry.reason) and first.series.runs.count() == 1
    assert RecurringSchedule.objects.get().next_at > due


def test_many_that_are_run_again_at_once_stop_at_the_limit():
    limit(open_analyses=3)
    person = make.user()
    analyses = [make.submitted(by=person) for _ in range(3)]
    for analysis in analyses:
        transitions.stop_analysis(analysis, StopMode.SAVE, by=person)
    make.submitted(by=person)
    action = bulk.ask("run_again", [analysis.pk for analysis in analyses], by=person, key=uuid4())
    assert action.outcomes() == {BulkOutcome.DONE: 2, BulkOutcome.LIMITED: 1}
    assert "at most 3" in str(action.items.get(outcome=BulkOutcome.LIMITED).reason)


def test_an_administrator_changes_the_limits_in_the_admin(client):
    client.force_login(make.user("Administrator", is_staff=True))
    page = client.get("/admin/scans/scansettings/1/change/").text
    for name in ("analysis_mb", "stored_mb", "open_analyses", "open_url_scans", "drafts"):
        assert f'name="{name}"' in page


def test_the_login_counts_with_its_secrets():
    login = TargetLogin.of(Login(method=Method.SCRIPT, login_script="x" * (1100 * KB), logged_in="Welcome"))
    limit(analysis_mb=1)
    with pytest.raises(OverLimit):
        make.submitted(URL, access={URL: Access(login=login)})
