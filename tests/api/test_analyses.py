"""Analyses for programs: the list, one analysis, its URL scans and its log."""

import pytest

from scans import transitions
from scans.models import Analysis
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/api/v1/analyses/"


def names(response) -> list[str]:
    return [item["name"] for item in response.json()["items"]]


def test_the_list_is_the_one_of_the_page(program, as_role):
    user = factories.user()
    for name in ("Shop", "Bank", "Shop two"):
        factories.submitted(name=name, by=user)
    client = program(user=user)
    assert names(client.get(LIST)) == ["Shop two", "Bank", "Shop"]
    assert names(client.get(LIST, {"q": "shop", "order": "name"})) == ["Shop", "Shop two"]
    assert names(client.get(LIST, {"owner": "me", "status": "completed_results_available"})) == []
    row = client.get(LIST).json()["items"][0]
    assert (row["status"], row["owner"], row["urls"]) == ("submitted", user.username, 1)
    assert row["address"].endswith(f"/analyses/{row['id']}/")


def test_pages_follow_each_other_along_the_list(program):
    for number in range(5):
        factories.submitted(name=f"Run {number}")
    client, seen, cursor = program(), [], ""
    while cursor is not None:
        page = client.get(LIST, {"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += names(page)
        cursor = page.json()["next"]
    assert seen == [f"Run {number}" for number in range(4, -1, -1)]
    back = client.get(LIST, {"limit": 2, "cursor": page.json()["previous"]})
    assert names(back) == ["Run 2", "Run 1"]


def test_nothing_is_counted_unless_the_program_asks(program):
    factories.submitted()
    client = program()
    assert "count" not in client.get(LIST).json()
    counted = client.get(LIST, {"count": 1}).json()
    assert (counted["count"], counted["count_is_exact"]) == (1, True)


def test_a_value_that_the_page_would_ignore_is_refused_with_its_name(program):
    client = program()
    for name, value in {
        **{"status": "nonsense", "order": "colour", "cursor": "after~x", "severity": "worst"},
        **{"started_from": "2026-13-40", "limit": "0", "count": "yes", "colour": "red"},
    }.items():
        response = client.get(LIST, {name: value})
        assert response.status_code == 400, name
        assert response["Content-Type"] == "application/problem+json"
        [error] = response.json()["errors"]
        assert (error["field"], error["value"]) == (name, value)


def test_an_unchanged_list_is_304_until_something_changes(program):
    analysis = factories.running()
    client = program()
    first = client.get(LIST)
    headers = {"If-None-Match": first["ETag"]}
    again = client.get(LIST, headers=headers)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert client.get(LIST, headers={"If-None-Match": f"W/{first['ETag']}"}).status_code == 304  # as gzip makes it
    transitions.pause_analysis(analysis, by=client.known.user)
    assert client.get(LIST, headers=headers).status_code == 200


def test_the_list_takes_the_same_queries_for_one_row_and_for_fifty(program, django_assert_num_queries):
    client = program()
    client.get(LIST)
    for _ in range(3):
        factories.submitted()
        with django_assert_num_queries(5):  # token, person, rows; analyses and their totals
            tag = client.get(LIST)["ETag"]
    with django_assert_num_queries(3):
        assert client.get(LIST, headers={"If-None-Match": tag}).status_code == 304


def test_one_analysis_says_what_may_be_done_now(program):
    analysis = factories.running()
    data = program().get(f"{LIST}{analysis.pk}/").json()
    assert (data["id"], data["version"], data["status"]) == (analysis.pk, analysis.version, analysis.status)
    assert "pause" in data["actions"] and data["configuration"]["prescan"] is True
    assert data["started_at"].endswith("+00:00")
    assert program("Viewer").get(f"{LIST}{analysis.pk}/").json()["actions"] == []


def test_one_analysis_is_304_until_it_changes(program):
    analysis, client = factories.running(), program()
    headers = {"If-None-Match": client.get(f"{LIST}{analysis.pk}/")["ETag"]}
    assert client.get(f"{LIST}{analysis.pk}/", headers=headers).status_code == 304
    transitions.pause_analysis(analysis, by=client.known.user)
    assert client.get(f"{LIST}{analysis.pk}/", headers=headers).status_code == 200


def test_what_is_deleted_or_never_was_is_404_with_a_reason(program):
    analysis = factories.published()
    transitions.delete(analysis, by=factories.user())
    client = program()
    deleted = client.get(f"{LIST}{analysis.pk}/")
    assert deleted.status_code == 404 and "was deleted on" in deleted.json()["detail"]
    assert client.get(f"{LIST}{analysis.pk + 1}/").json()["code"] == "not_found"


def test_url_scans_come_in_their_order_and_by_phase(program):
    analysis = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    client, address = program(), f"{LIST}{analysis.pk}/scans/"
    items = client.get(address).json()["items"]
    assert [item["url"][-1] for item in items] == ["a", "b"]
    assert client.get(address, {"urls": "final"}).json()["items"] == []
    assert client.get(address, {"urls": "odd"}).status_code == 400
    assert client.get(f"{address}{items[0]['id']}/").json() == items[0]


def test_findings_are_not_counted_for_who_may_not_see_them_yet(program):
    analysis = factories.ended()
    address = f"{LIST}{analysis.pk}/scans/"
    assert program("Viewer").get(address).json()["items"][0]["findings"] is None
    assert program("Reviewer").get(address).json()["items"][0]["findings"] == 1
    without = program("Reviewer", ["read"])
    assert without.get(address).json()["items"][0]["findings"] is None


def test_the_log_is_read_page_by_page_the_newest_first(program):
    analysis, client = factories.running(), program()
    address = f"{LIST}{analysis.pk}/activity/"
    everything = client.get(address).json()["items"]
    first = client.get(address, {"limit": 2}).json()
    second = client.get(address, {"limit": 2, "cursor": first["next"]}).json()
    assert first["items"] + second["items"] == everything[:4]
    assert all(entry["to_status"] for entry in client.get(address, {"log_kind": "status"}).json()["items"])
    assert client.get(address, {"cursor": "x"}).json()["errors"][0]["code"] == "cursor"


def test_a_day_begins_where_the_person_lives(program):
    factories.running()
    analysis = Analysis.objects.get()
    client = program()
    day = f"{analysis.started_at:%Y-%m-%d}"
    assert len(names(client.get(LIST, {"started_from": day}))) == 1
