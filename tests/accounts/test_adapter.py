"""The rules that django-allauth asks for."""

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from scans.accounts.adapter import AccountAdapter
from tests import factories

pytestmark = pytest.mark.django_db


def test_nobody_signs_up_or_has_mail_sent():
    assert not AccountAdapter().is_open_for_signup(None)
    for address in ("signup/", "password/reset/", "email/", "confirm-email/"):
        assert Client().get(f"/accounts/{address}").status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


@pytest.mark.parametrize("address", ["//evil.example/", "https://testserver/", "/a\nb", "javascript:alert(1)", "a", ""])
def test_a_login_leads_to_a_path_of_ours_alone(address):
    assert not AccountAdapter().is_safe_url(address)
    assert AccountAdapter().is_safe_url("/analyses/?q=%20")


def test_a_login_answers_with_a_page_even_to_a_script():
    headers = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}
    answer = Client().post("/accounts/login/", {"username": "ada", "password": "x"}, headers=headers)
    assert answer["Content-Type"].startswith("text/html")


def test_logging_in_and_out_needs_no_message():
    factories.user(username="ada")
    client = Client()
    client.post("/accounts/login/", {"username": "ada", "password": "password"})
    assert not list(client.get("/").context["messages"])
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert not list(client.get("/accounts/login/").context["messages"])
