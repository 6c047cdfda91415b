"""Views of the list: the system's, saved ones, shared ones, and the one that it opens with."""

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User

from scans.analysis_list.saved_views import SYSTEM_VIEWS
from scans.models import PersonSettings, SavedView
from tests import factories
from tests.views.page import elements, text, values

pytestmark = pytest.mark.django_db
LIST, VIEWS, NEW = "/analyses/", "/analyses/views/", "/analyses/views/new/"
SETTINGS = {"time_zone": "UTC", "theme": "auto", "page_size": "50"}


def save(client, name="Mine to watch", query="?status=queued", **fields) -> SavedView:
    client.post(NEW, {"name": name, "query": query, **fields})
    return SavedView.objects.get(name=name)


def tabs(response) -> dict[str, str]:
    """The addresses of the tabs above the list, and which is current."""
    links = [
        link for link in elements(response, "hx-get") if link.get("href", "").startswith("?") and "class" not in link
    ]
    return {link["href"]: link.get("aria-current", "") for link in links if "title" not in link}


def current(response) -> list[str]:
    return [address for address, is_current in tabs(response).items() if is_current]


@pytest.mark.parametrize("view", SYSTEM_VIEWS, ids=lambda view: view.key)
def test_each_view_of_the_system_is_a_tab_that_leads_to_itself(client, view):
    assert view.query in tabs(client.get(LIST))
    response = client.get(LIST + view.query)
    assert response.status_code == 200
    assert not response.context["filterset"].notices()
    assert current(response) == [view.query]
    assert current(client.get(f"{LIST}{view.query}&order=name")) == [view.query]


def test_without_a_query_all_is_current(client):
    assert current(client.get(LIST)) == ["?"]


def test_what_no_view_shows_can_be_saved(client):
    link = "/analyses/views/new/?query=%3Fq%3Dshop"
    assert link in values(client.get(f"{LIST}?q=shop"), "href")
    assert "“shop”" in text(client.get(link))


def test_a_saved_view_is_a_tab_from_then_on(client):
    response = client.post(NEW, {"name": "Shops", "query": "?q=shop&v=7&page=3&status=bogus"})
    assert (response.status_code, response["Location"]) == (303, f"{LIST}?q=shop")
    shown = client.get(f"{LIST}?q=shop")
    assert current(shown) == ["?q=shop"]
    assert "The view “Shops” was saved." in text(shown)


@pytest.mark.parametrize("name", ["", "x", "y" * 41, "Taken"])
def test_a_name_has_to_be_free_and_fit(client, name):
    save(client, "Taken")
    response = client.post(NEW, {"name": name, "query": "?q=shop"})
    assert response.status_code == 422
    assert "field-error" in text(response)
    assert SavedView.objects.count() == 1


def test_own_views_are_seen_by_nobody_else_and_shared_ones_by_all(client, as_role):
    save(client, "Secret")
    save(client, "For all", "?status=paused", shared="on")
    other = as_role("Viewer").get(LIST)
    assert "?status=paused" in tabs(other)
    assert "?status=queued" not in tabs(other)
    assert "Secret" not in text(other)


def test_sharing_takes_the_role_submitter(as_role):
    viewer = as_role("Viewer")
    assert "shared" not in values(viewer.get(NEW), "name")
    assert not save(viewer, shared="on").shared


def test_a_view_is_renamed_shared_and_deleted_by_its_owner(client):
    view = save(client)
    address = f"{VIEWS}{view.pk}/"
    client.post(address, {"name": "Another name", "shared": "on"})
    changed = SavedView.objects.get()
    assert (changed.name, changed.shared, changed.query) == ("Another name", True, "?status=queued")
    assert client.get(f"{address}delete/").status_code == 405
    assert client.post(f"{address}delete/")["Location"] == VIEWS
    assert not SavedView.objects.exists()


def test_others_may_not_change_it_and_are_told_who_may(client, as_role):
    private, shared = save(client, "Private"), save(client, "Shared", shared="on")
    submitter, administrator = as_role("Submitter"), as_role("Administrator")
    for address in (f"{VIEWS}{shared.pk}/", f"{VIEWS}{shared.pk}/delete/"):
        response = submitter.post(address, {"name": "Stolen"})
        assert response.status_code == 403
        assert "they can change it, or an administrator" in text(response)
    for other in (submitter, administrator):
        assert other.post(f"{VIEWS}{private.pk}/", {"name": "Stolen"}).status_code == 404
    administrator.post(f"{VIEWS}{shared.pk}/", {"name": "Corrected", "shared": "on"})
    assert set(SavedView.objects.values_list("name", flat=True)) == {"Private", "Corrected"}


def test_an_account_without_a_role_saves_none(as_role):
    assert as_role("").post(NEW, {"name": "Mine", "query": ""}).status_code == 403
    assert not SavedView.objects.exists()


def test_page_of_views_lists_them_with_whose_they_are(client, as_role):
    save(client, "Of the first", shared="on")
    mine = as_role("Submitter")
    view = save(mine, "Of the second")
    shown = mine.get(VIEWS)
    assert f"{VIEWS}{view.pk}/" in values(shown, "href")
    owner = User.objects.get(pk=SavedView.objects.get(name="Of the first").owner_id)
    assert f"shared by {owner}" in text(shown) and "only yours" in text(shown)


@pytest.mark.parametrize("kind", ["system", "saved"])
def test_the_list_opens_with_the_persons_first_view(client, kind):
    view = save(client)
    key, query = ("running", SYSTEM_VIEWS[0].query) if kind == "system" else (str(view.pk), view.query)
    assert client.post("/settings/", {**SETTINGS, "default_view": key}).status_code == 302
    response = client.get(LIST)
    assert (response.status_code, response["Location"]) == (302, LIST + query)


def test_everything_stays_one_click_away(client, htmx_headers):
    analysis = factories.submitted()
    client.post("/settings/", {**SETTINGS, "default_view": "running"})
    response = client.get(f"{LIST}?status=in_progress")
    assert "?view=all" in tabs(response)
    everything = client.get(f"{LIST}?view=all", headers=htmx_headers)
    assert values(everything, "data-analysis-id") == [str(analysis.pk)]
    assert current(everything) == ["?view=all"]
    # Taking the last filter away leads to everything, in the address bar too.
    assert "?view=all" in [chip["href"] for chip in elements(response, "title") if chip.get("class") == "chip"]
    assert client.get(f"{LIST}?q=", headers=htmx_headers)["HX-Push-Url"] == f"{LIST}?view=all"


def test_a_first_view_that_is_gone_is_everything(client, as_role):
    view = save(client, shared="on")
    other = as_role("Viewer", username="other")
    other.post("/settings/", {**SETTINGS, "default_view": str(view.pk)})
    client.post(f"{VIEWS}{view.pk}/", {"name": "No longer shared"})
    assert other.get(LIST).status_code == 200
    client.post(f"{VIEWS}{view.pk}/delete/")
    assert PersonSettings.objects.get(user__username="other").default_view == ""


@pytest.mark.parametrize("key", ["bogus", "999", "-1"])
def test_a_view_that_does_not_exist_cannot_be_the_first(client, key):
    assert client.post("/settings/", {**SETTINGS, "default_view": key}).status_code == 422


def test_saved_views_cost_one_query(client, django_assert_num_queries):
    client.get(LIST)
    save(client, "One", "?q=one")
    client.get(LIST)  # takes the message
    with django_assert_num_queries(6):
        client.get(LIST)
    for name in ("Two", "Three"):
        save(client, name, f"?q={name}")
    client.get(LIST)
    with django_assert_num_queries(6):
        client.get(LIST)


def test_a_view_of_long_words_is_saved_on_every_database(client):
    words = "漢" * 250  # nine letters each in an address
    answer = client.post("/analyses/views/new/", {"name": "Long", "query": "?" + urlencode({"q": words})})
    assert answer.status_code == 303
    assert words in text(client.get(answer["Location"]))
