"""The list as a file: all that is found and filtered, in its order."""

import json

import pytest

from tests import factories
from tests.exports.reading import body, listed

pytestmark = pytest.mark.django_db


def test_the_list_is_exported_whole_with_what_the_query_asks_for_and_in_its_order(client):
    for number in range(60):
        factories.scheduled(name=f"Shop {number:02}")
    factories.scheduled(name="Wiki")
    factories.running(name="Shop running")
    query = "?q=shop&status=scheduled&order=name&page=2"
    names = [f"Shop {number:02}" for number in range(60)]
    assert [row["name"] for row in listed(client.get(f"/analyses/export.csv{query}"))] == names
    exported = json.loads(body(client.get(f"/analyses/export.json{query}")))
    assert [row["name"] for row in exported["analyses"]] == names
    assert exported["query"] == "?q=shop&status=scheduled&order=name" and exported["notices"] == []


def test_a_row_holds_what_the_list_shows(client):
    factories.published(name="Shop", number_of_findings=2)
    [row] = listed(client.get("/analyses/export.csv"))
    assert row["label"] == "Completed - Results Available" and row["status"] == "completed_results_available"
    assert (row["urls"], row["urls_ended"], row["high"], row["critical"]) == ("1", "1", "2", "0")
    assert row["address"] == f"http://testserver/analyses/{row['id']}/"
    [same] = json.loads(body(client.get("/analyses/export.json")))["analyses"]
    assert same["high"] == 2 and same["ended_at"] == row["ended_at"]


def test_findings_under_verification_are_counted_for_reviewers_alone(as_role):
    factories.ended()
    for role, seen in (("Viewer", ("0", "1")), ("Reviewer", ("1", "0"))):
        [row] = listed(as_role(role).get("/analyses/export.csv"))
        assert (row["high"], row["urls_under_verification"]) == seen


def test_the_number_of_queries_grows_by_five_for_500_analyses(client, django_assert_num_queries):
    for _ in range(3):
        factories.scheduled()
    # Session and user; the order, the rows, and what their URL scans add up to; two for the next batch.
    with django_assert_num_queries(5):
        assert len(listed(client.get("/analyses/export.csv"))) == 3


def test_what_was_not_understood_is_said_in_the_file(client):
    exported = json.loads(body(client.get("/analyses/export.json?status=none_such")))
    assert exported["analyses"] == [] and "none_such" in exported["notices"][0]


def test_a_row_counts_the_url_scans_with_notices(client):
    factories.noticed()
    [row] = listed(client.get("/analyses/export.csv"))
    assert row["urls_with_notices"] == "1"


EVIL_VALUES = [
    "%00",
    "%ff",
    "%ed%a0%80",
    "%F0%9F%98%80",
    "9" * 400,
    "-1",
    "NaN",
    "1e999",
    "%0d%0a",
    "=1%2B1",
    "[]",
    "x" * 3000,
]
PARAMETERS = (
    "q status owner severity started_from started_to ended_from engine latest review order page view v none_such"
).split()


@pytest.mark.parametrize("value", EVIL_VALUES)
def test_page_csv_and_json_agree_about_any_query(client, value):
    factories.scheduled(name="Shop")
    for query in [*(f"{name}={value}" for name in PARAMETERS), "&".join(f"{name}={value}" for name in PARAMETERS)]:
        page = client.get(f"/analyses/?{query}").context["filterset"]
        exported = json.loads(body(client.get(f"/analyses/export.json?{query}")))
        names = [analysis["name"] for analysis in exported["analyses"]]
        assert [row["name"] for row in listed(client.get(f"/analyses/export.csv?{query}"))] == names, query
        assert (exported["query"], exported["notices"], len(names)) == (page.address(), page.notices(), page.shown), (
            query
        )


def test_a_text_to_find_that_no_name_can_hold_gives_the_whole_list_with_a_notice_in_every_language(client):
    factories.scheduled(name="Shop")
    for language in ("en", "de"):
        exported = json.loads(body(client.get("/analyses/export.json?q=%00", headers={"Accept-Language": language})))
        assert [row["name"] for row in exported["analyses"]] == ["Shop"] and len(exported["notices"]) == 1
