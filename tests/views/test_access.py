"""Roles: who may see a page, and what everybody else is told."""

import pytest

from scans import transitions
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["edit/", "scans/{scan}/login/"])
def test_who_may_see_nothing_learns_no_name(as_role, page):
    running = factories.running(name="Secret target")
    deleted = factories.published(name="Secret target")
    transitions.delete(deleted, by=factories.user())
    nobody = as_role("")
    for analysis in (running, deleted):
        address = analysis.get_absolute_url() + page.format(scan=analysis.url_scans.get().pk)
        answer = nobody.get(address)
        assert answer.status_code == 403 and "Secret" not in text(answer)
    assert "Secret" not in text(nobody.get("/settings/"))


def test_what_was_deleted_says_when_instead_of_a_bare_404(client):
    analysis = factories.published()
    client.post(f"/analyses/{analysis.pk}/delete/")
    page = text(client.get(analysis.get_absolute_url(), headers={"accept-language": "de"}))
    assert "gelöscht" in page and analysis.name in page


def test_who_may_not_is_told_who_gives_roles(as_role):
    for client in (as_role("Viewer"), as_role("")):
        response = client.get("/analyses/new/")
        assert response.status_code == 403
        assert "An administrator" in text(response) and "in the admin under Users" in text(response)
        assert 'href="/analyses/"' in text(response)
