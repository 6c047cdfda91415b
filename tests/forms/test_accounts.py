"""The forms of accounts."""

import pytest
from django.test import Client

from tests import factories
from tests.views.page import elements

pytestmark = pytest.mark.django_db


def test_the_login_form_has_the_names_that_programs_know():
    page = Client().get("/accounts/login/?next=/statuses/")
    fields = {field["name"]: field for field in elements(page, "name") if "viewport" not in field["name"]}
    assert fields["username"]["id"] == "id_username" and fields["password"]["type"] == "password"
    assert fields["next"]["value"] == "/statuses/"


@pytest.mark.parametrize("typed", ["ada", " ada ", "\N{FULLWIDTH LATIN SMALL LETTER A}da"])
def test_a_name_is_normalised_as_when_it_was_given(typed):
    factories.user(username="ada")
    assert Client().post("/accounts/login/", {"username": typed, "password": "password"})["Location"] == "/"


@pytest.mark.parametrize("typed", ["", "Ada", "x" * 1000, "\0", "ada\N{NULL}"])
def test_any_other_name_is_refused_in_the_same_words(typed):
    factories.user(username="ada")
    answer = Client().post("/accounts/login/", {"username": typed, "password": "password"})
    assert answer.status_code == 200 and "Wrong user name or password" in answer.content.decode()
