"""The activity log as a file."""

import pytest

from scans import transitions
from tests import factories
from tests.exports.reading import listed
from tests.views.page import text

pytestmark = pytest.mark.django_db


def test_it_holds_every_entry_oldest_first(client):
    analysis = factories.published()
    response = client.get(f"/analyses/{analysis.pk}/activity-log.csv")
    assert response["Content-Type"].startswith("text/csv") and "attachment" in response["Content-Disposition"]
    actions = [row["action"] for row in listed(response)]
    assert actions == list(analysis.activity.order_by("pk").values_list("action", flat=True))


def test_what_a_spreadsheet_would_run_is_made_harmless(client):
    analysis = factories.running()
    transitions.pause_analysis(analysis, by=factories.user(username="ada"), reason='=HYPERLINK("http://evil.example")')
    last = listed(client.get(f"/analyses/{analysis.pk}/activity-log.csv"))[-1]
    assert last["user"] == "ada" and last["reason"].startswith("'=HYPERLINK")


def test_it_takes_a_role(django_user_model, client):
    analysis = factories.running()
    client.force_login(factories.user(role=""))
    assert client.get(f"/analyses/{analysis.pk}/activity-log.csv").status_code == 403


def test_it_carries_the_filter_of_the_page(client):
    analysis = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    scan = analysis.url_scans.first()
    chosen = f"log_url={scan.pk}&log_kind=status"
    assert f'href="/analyses/{analysis.pk}/activity-log.csv?log_url={scan.pk}&amp;log_kind=status"' in text(
        client.get(f"/analyses/{analysis.pk}/?{chosen}")
    )
    of_url = listed(client.get(f"/analyses/{analysis.pk}/activity-log.csv?{chosen}"))
    assert {row["url"] for row in of_url} == {scan.url} and all(row["to"] for row in of_url)


def test_texts_are_english_for_every_reader_and_have_their_codes_beside_them(client):
    analysis = factories.running()
    transitions.pause_analysis(analysis, by=factories.user(username="ada"), reason="Maintenance")
    english, german = (
        listed(client.get(f"/analyses/{analysis.pk}/activity-log.csv", headers={"accept-language": language}))
        for language in ("en", "de")
    )
    assert english == german
    scan = analysis.url_scans.get()
    paused = next(row for row in english if row["action"] == "url_scan.paused")
    assert (paused["actor_code"], paused["to_status"], paused["to"]) == ("user", "pausing", "Pausing")
    assert (paused["reason_code"], paused["reason"], paused["url_scan"]) == ("text", "Maintenance", str(scan.pk))
