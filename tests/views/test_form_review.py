"""The review beside the form of an analysis."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from scans import transitions
from scans.models import Analysis, ScanSettings
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db
NEW = "/analyses/new/"
REVIEW = f"{NEW}review/"
URL = "http://127.0.0.1:9/"


def review(client, **typed) -> str:
    return text(client.post(REVIEW, {"name": "", "urls": "", **typed}))


def test_it_says_which_lines_are_ready_and_what_to_correct(client):
    shown = review(client, urls=f"{URL}\n{URL}\nwww.example.com")
    assert "1 URL ready" in shown and "2 to be corrected" in shown
    assert "Line 2: “http://127.0.0.1:9/” is the same target" in shown
    assert "Line 3: " in shown and "Did you mean https://www.example.com/?" in shown


def test_it_says_of_a_long_list_how_many_lines_are_wrong_and_lists_the_first(client):
    shown = review(client, urls="\n".join(f"ftp://{number}/" for number in range(60)))
    assert "60 to be corrected" in shown and "Line 20:" in shown and "Line 21:" not in shown
    assert "… and 40 more." in shown


def test_it_reads_the_file_too(client):
    shown = review(
        client, urls=f"{URL}a", url_file=SimpleUploadedFile("urls.csv", b"url,owner\nhttp://127.0.0.1:9/b,me")
    )
    assert "2 URLs ready" in shown
    assert "not a text file" in review(client, url_file=SimpleUploadedFile("urls.xlsx", b"PK\x03\x04"))


def test_it_says_that_there_are_too_many_urls(client):
    shown = review(client, urls="\n".join(f"{URL}{number}" for number in range(251)))
    assert "251 URLs given; at most 250." in shown and "0 URLs ready" in shown


def test_an_empty_form_is_no_error(client):
    assert "Give at least one URL" not in review(client)


def test_it_says_which_run_of_which_series_it_would_be(client, admin_user):
    published = factories.published(name="Shop")
    shown = review(client, name=" Shop ")
    assert 'data-run="2"' in shown and published.get_absolute_url() in shown
    assert "A new series." in review(client, name="Another")
    transitions.delete(published, by=admin_user)
    number = int(review(client, name="Shop").partition('data-run="')[2].partition('"')[0])
    client.post(NEW, {"name": "Shop", "urls": URL, "authorised": "on", "then": "save"})
    assert Analysis.objects.latest("pk").run == number


def test_what_is_edited_stays_the_run_that_it_is(client):
    factories.published(name="Shop")
    assert "data-run" not in review(client, name="Shop", kind="edit")


def test_it_says_how_many_scans_run_and_wait(client):
    shown = review(client)
    assert "0 of 2 URL scans running" in shown and "It starts as soon as it is checked" in shown
    factories.running()
    assert "1 of 2 URL scans running" in review(client)
    ScanSettings.objects.update(capacity=1)
    assert "It waits for a free place." in review(client)
    factories.started()
    assert "1 URL scan is waiting before this one." in review(client)


def test_it_says_how_long_and_how_it_logs_in(client):
    typed = {"duration": "36", "duration_unit": "h", "login_method": "form", "login_username": "ada"}
    shown = review(client, **typed)
    assert "Time limit: 1 d 12 h" in shown and "Log in: Login form, ada" in shown


def test_it_says_when_it_starts_after_blackout_windows(client, clock):
    clock.move_to(datetime(2030, 1, 7, 10, tzinfo=UTC))
    client.force_login(factories.user())
    assert "data-start" not in review(client, time_zone="UTC")
    assert "Start: Monday 7 January 2030, 18:00 UTC" in review(client, time_zone="UTC", blackout="Mon 08:00-18:00")
    later = {"start_at": "2030-01-09T22:00", "time_zone": "Europe/Berlin"}
    assert "Start: Wednesday 9 January 2030, 22:00 CET" in review(client, **later)
    assert "data-start" not in review(client, **later, repeat="weekly", every="0")


def test_it_is_shown_without_a_script_by_its_button(client):
    page = text(client.post(NEW, {"name": "Shop", "urls": URL, "authorised": "on", "then": "preview"}))
    assert "1 URL ready" in page and 'data-run="1"' in page
    assert not Analysis.objects.exists()


def test_a_password_in_a_line_is_not_shown(client):
    assert "s3cr3t" not in review(client, urls="ada:s3cr3t@example.com\nhttp://ada:s3cr3t@example.com/")


def test_it_is_for_those_who_may_submit(as_role):
    assert as_role("Viewer").post(REVIEW, {"urls": URL}).status_code == 403


def test_it_says_how_many_urls_have_a_login_of_their_own(client):
    rows = f"url,username,password\n{URL}a,ada,s3cr3t\n{URL}b,bob,s3cr3t\n{URL}c,,"
    shown = review(client, url_file=SimpleUploadedFile("urls.csv", rows.encode()))
    assert "3 URLs ready" in shown and "2 URLs have a login of their own." in shown and "s3cr3t" not in shown
