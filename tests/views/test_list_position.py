"""From a finding to the next one of the list that a person came from, and back to exactly that list."""

from urllib.parse import urlencode

import pytest

from tests import factories
from tests.views.page import elements, text, values
from tests.views.triage import mark, of_all_urls, two_urls

pytestmark = pytest.mark.django_db


def links(page) -> dict[str, str]:
    """The addresses of the neighbours by their relation."""
    return {e["rel"]: e["href"] for e in elements(page, "rel") if e["rel"] in ("prev", "next")}


def three():
    """A published analysis with three weaknesses, in the order of the list."""
    analysis = factories.published(number_of_findings=3)
    return analysis, list(analysis.url_scans.get().findings.order_by("url"))


def test_a_finding_leads_to_its_neighbours_and_back_to_the_same_list(client):
    analysis, (first, second, third) = three()
    here = f"{of_all_urls(analysis)}?severity=high"
    page = client.get(second.get_absolute_url(), {"next": here})
    listed = urlencode({"next": here})
    assert links(page) == {
        "prev": f"{first.get_absolute_url()}?{listed}",
        "next": f"{third.get_absolute_url()}?{listed}",
    }
    assert "2 of 3" in text(page) and here.replace("&", "&amp;") in values(page, "href")
    assert set(links(client.get(first.get_absolute_url(), {"next": here}))) == {"next"}
    assert set(links(client.get(third.get_absolute_url()))) == {"prev"}  # in the list of its URL scan


def test_the_filter_of_the_list_decides_about_the_neighbours(client):
    analysis, (_, second, _) = three()
    only = client.get(second.get_absolute_url(), {"next": f"{of_all_urls(analysis)}?q=page2"})
    assert links(only) == {} and "1 of 1" in text(only)
    other = client.get(second.get_absolute_url(), {"next": f"{of_all_urls(analysis)}?q=page3"})
    assert links(other) == {}  # it is not in that list at all


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "/nowhere/", "/analyses/", "/analyses/9999/findings/", "x"]
)
def test_an_address_that_is_no_list_of_this_analysis_has_no_neighbours(client, address):
    _, (first, *_) = three()
    page = client.get(first.get_absolute_url(), {"next": address})
    assert page.status_code == 200 and "evil.example" not in "".join(values(page, "href"))


def test_save_and_next_leads_on_although_the_marked_one_leaves_the_list(as_role):
    analysis, (first, second, third) = three()
    reviewer, here = as_role("Reviewer"), of_all_urls(analysis) + "?mark=unreviewed"
    page = reviewer.get(first.get_absolute_url(), {"next": here})
    answer = mark(reviewer, first, then=links(page)["next"], seen=0)
    assert answer["Location"].startswith(second.get_absolute_url())
    marked = reviewer.get(first.get_absolute_url(), {"next": here})
    assert links(marked)["next"].startswith(second.get_absolute_url()) and "1 of 2" not in text(marked)
    last = reviewer.get(third.get_absolute_url(), {"next": here})
    assert here in values(last, "value")  # of the button that leads back
    assert mark(reviewer, third, then="https://evil.example/")["Location"] == third.get_absolute_url()


def test_a_weakness_at_many_places_is_one_step(client):
    analysis = two_urls()
    here = of_all_urls(analysis)
    steps = [
        client.get(finding.get_absolute_url(), {"next": here}) for finding in analysis.url_scans.last().findings.all()
    ]
    assert ["1 of 2" in text(steps[0]), "2 of 2" in text(steps[1])] == [True, True]
