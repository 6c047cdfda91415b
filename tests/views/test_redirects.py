"""Where an action leads back to: the product's own pages alone."""

import pytest
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/a\nb", "/a\r\nX: y"])
def test_an_address_of_two_lines_leads_to_our_own(client, address):
    analysis = factories.running()
    answer = client.post(f"{analysis.get_absolute_url()}pause/", {"next": address})
    assert (answer.status_code, answer["Location"]) == (303, analysis.get_absolute_url())


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_nobody_is_led_away_after_logging_in_or_acting(client, address):
    factories.user(username="ada")
    login = Client().post("/accounts/login/", {"username": "ada", "password": "password", "next": address})
    assert login["Location"].startswith("/") and "evil" not in login["Location"]
    analysis = factories.running()
    done = client.post(f"/analyses/{analysis.pk}/pause/", {"next": address})
    assert done["Location"] == analysis.get_absolute_url()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"HX-Request": "true", "HX-Current-URL": "http://testserver/analyses/?order=name"}, "/analyses/?order=name"),
        ({"Referer": "http://testserver/analyses/?q=shop"}, "/analyses/?q=shop"),
        ({"Referer": "http://evil.example/analyses/?q=shop"}, ""),
        ({"HX-Request": "true", "HX-Current-URL": "http://evil.example/"}, ""),
        ({"Referer": "http://testserver//evil.example/"}, ""),
        ({"Referer": "http://[", "HX-Current-URL": "http://["}, ""),
    ],
)
def test_a_question_from_a_row_leads_back_to_the_page_that_the_browser_names(client, headers, expected):
    analysis = factories.running()
    question = client.get(f"{analysis.get_absolute_url()}stop/", headers=headers).content.decode()
    assert f'name="next" value="{expected or analysis.get_absolute_url()}"' in question
