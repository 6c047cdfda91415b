"""Each person reads the pages in their own language."""

import pytest
from django.test import Client

from tests import factories
from tests.pages.page import text

pytestmark = pytest.mark.django_db
GERMAN = {"accept-language": "de"}


@pytest.mark.parametrize(
    ("accepts", "language"), [("de-CH,de;q=0.9,en;q=0.8", "de"), ("en-US", "en-gb"), ("xx", "en-gb")]
)
def test_the_browser_chooses_the_language_where_no_person_did(accepts, language):
    page = text(Client(headers={"accept-language": accepts}).get("/accounts/login/"))
    assert f'<html lang="{language}"' in page


def test_a_refusal_is_said_in_the_reader_s_language_and_logged_in_english(client):
    analysis = factories.published()
    client.post(f"/analyses/{analysis.pk}/pause/", headers=GERMAN)
    assert "ist nicht möglich" in text(client.get(f"/analyses/{analysis.pk}/", headers=GERMAN))
    entry = analysis.activity.get(action="analysis.refused")
    assert entry.reason.startswith("“Pause” is not possible")
    assert entry.reason.endswith("is “Completed - Results Available”.")
