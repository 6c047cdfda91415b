"""Rules for every format."""

import pytest

from scans import transitions
from scans.exports.formats import FORMATS
from scans.login.base import Login, Method
from scans.models import TargetLogin
from scans.statuses import EndedBy
from scans.transitions import Access
from tests import factories
from tests.exports.reading import body

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/"
EVERY_FORMAT = [pytest.param(form, marks=pytest.mark.browser) if form == "pdf" else form for form in FORMATS]
TEXTS = [form for form in FORMATS if form != "pdf"]  # which is printed from one of them


@pytest.mark.parametrize("form", EVERY_FORMAT)
def test_every_format_takes_a_role_and_a_present_analysis(as_role, form):
    analysis = factories.published()
    scan = analysis.url_scans.get()
    for address in (
        f"/analyses/{analysis.pk}/results.{form}",
        f"/analyses/{analysis.pk}/scans/{scan.pk}/results.{form}",
    ):
        assert as_role("").get(address).status_code == 403
        assert as_role("Viewer").get(address).status_code == 200
    assert as_role("Viewer").get(f"/analyses/999999/results.{form}").status_code == 404


@pytest.mark.parametrize("form", TEXTS)
def test_no_secret_of_a_login_is_in_any_file(as_role, form):
    password, token = "owls-fly-at-night", "session-of-alice"
    login = TargetLogin.of(Login(method=Method.FORM, username="alice", password=password))
    analysis = factories.running(URL, access={URL: Access(login=login)})
    scan = analysis.url_scans.get()
    factories.find(
        scan,
        info=f"The password {password} is shown",
        http_request=f"POST /?{password} HTTP/1.1\nCookie: sid={token}\nAuthorization: Bearer {token}\n\n{password}",
        evidence_headers=(("Set-Cookie", f"sid={token}; Path=/"), ("X-Echo", password)),
        evidence_body=f"<p>{password}</p>",
    )
    transitions.end(scan, EndedBy.SITE, reason=f"No answer to {password}")
    file = body(as_role("Reviewer").get(f"/analyses/{analysis.pk}/results.{form}"))
    assert "is shown" in file
    assert password not in file and token not in file
