"""A role that needs a second factor."""

import pytest
from allauth.mfa.totp.internal import auth as totp

from scans.encryption import unseal
from tests import factories
from tests.second_factor import APP, CODES, INDEX, code, logged_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_one_moment")]


@pytest.fixture
def ada():
    return factories.user("Submitter", username="ada")


def test_a_role_that_needs_a_second_factor_leads_there_first_and_refuses_what_is_no_page(ada, settings):
    settings.SCANS_TWO_FACTOR_ROLES = ["Submitter"]
    client = logged_in(ada)
    page = {"HTTP_ACCEPT": "text/html,*/*"}
    assert client.get("/analyses/", **page)["Location"] == INDEX
    assert "Your role needs a second factor" in client.get(INDEX, **page).content.decode()
    for answer in (
        client.get("/analyses/", HTTP_HX_REQUEST="true", **page),
        client.get("/analyses/export.csv", HTTP_ACCEPT="*/*"),
        client.post("/settings/theme/", {"value": "dark"}, **page),
    ):
        assert answer.status_code == 403 and answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.content.decode().startswith("Your role needs a second factor.")
    client.get(APP)
    secret = unseal(client.session[totp.SECRET_SESSION_KEY])
    assert client.post(APP, {"code": code(secret)})["Location"] == CODES
    assert client.get(CODES, **page).status_code == client.get("/analyses/", **page).status_code == 200
    client.post("/accounts/two-factor/totp/deactivate/")
    assert client.get("/analyses/", **page)["Location"] == INDEX


def test_other_roles_need_none_and_a_superuser_counts_as_administrator(settings):
    settings.SCANS_TWO_FACTOR_ROLES = ["Administrator"]
    page = {"HTTP_ACCEPT": "text/html"}
    assert logged_in(factories.user("Reviewer")).get("/analyses/", **page).status_code == 200
    assert logged_in(factories.user("", is_superuser=True)).get("/analyses/", **page)["Location"] == INDEX


def test_a_role_that_is_given_later_leads_to_the_second_factor_at_the_next_request(ada, settings):
    settings.SCANS_TWO_FACTOR_ROLES = ["Reviewer"]
    client = logged_in(ada)
    assert client.get("/analyses/", HTTP_ACCEPT="text/html").status_code == 200
    ada.groups.add(factories.Group.objects.get(name="Reviewer"))
    assert client.get("/analyses/", HTTP_ACCEPT="text/html").status_code == 302


def test_the_requirement_costs_no_query(ada, settings, django_assert_num_queries):
    client = logged_in(ada)
    with django_assert_num_queries(2):  # session, and account
        client.get("/accounts/login/")
    settings.SCANS_TWO_FACTOR_ROLES = ["Submitter"]
    with django_assert_num_queries(2):
        assert client.get("/statuses/", HTTP_ACCEPT="text/html").status_code == 302
