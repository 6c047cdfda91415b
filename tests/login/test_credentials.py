"""HTTP authentication, headers and cookies: what goes along, and what proves that it is accepted."""

import pytest

from scans.engines.base import Cookie
from scans.login.base import Login, Method
from scans.login.credentials import session_of
from scans.login.logging_in import log_in
from scans.login.outcome import LoginFailed
from scans.targets.policy import TargetPolicy
from tests.sites.guarded import PASSWORD, TOKEN, USER, GuardedSite, ntlm_accounts

SCHEMES = [("Basic", Method.BASIC), ("Digest", Method.DIGEST), ("NTLM", Method.NTLM)]


@pytest.fixture(autouse=True)
def _ntlm_knows_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("NTLM_USER_FILE", str(ntlm_accounts(tmp_path)))


def entered(site, method, **login):
    values = {"method": method, "username": USER, "password": PASSWORD, **login}
    return log_in(Login(**values), site.url, ("127.0.0.1",), TargetPolicy(["127.0.0.0/8"]))


def reason(site, method, **login):
    with pytest.raises(LoginFailed) as failed:
        entered(site, method, **login)
    assert PASSWORD not in str(failed.value) and TOKEN not in str(failed.value)
    return failed.value.reason


@pytest.mark.parametrize(("scheme", "method"), SCHEMES)
def test_http_authentication_is_proven_by_the_page_that_was_closed(scheme, method):
    with GuardedSite(scheme=scheme) as site:
        logged_in = entered(site, method)
    assert "Alice" in logged_in.html and "asked for a login before" in str(logged_in.detail)
    assert bool(logged_in.session.headers) == (method == Method.BASIC)


@pytest.mark.parametrize(("scheme", "method"), SCHEMES)
def test_a_wrong_password_is_refused_after_one_attempt(scheme, method):
    with GuardedSite(scheme=scheme) as site:
        assert reason(site, method, password="wrong") == "wrong_credentials"
        given = [request for request in site.requests if "authorization" in request.headers]
    assert len(given) == (2 if scheme == "NTLM" else 1)  # NTLM's handshake has two messages


@pytest.mark.parametrize(("scheme", "method"), SCHEMES[:2])
def test_a_site_that_asks_at_one_address_and_then_knows_its_visitor_by_a_cookie(scheme, method):
    with GuardedSite(scheme=scheme, asks_at="/login", open=True) as site:
        assert reason(site, method) == "cannot_tell"
        logged_in = entered(site, method, login_url="/login")
        assert reason(site, method, login_url="/login", password="wrong") == "wrong_credentials"
    assert "offers to log out" in str(logged_in.detail)
    assert [(cookie.name, cookie.http_only) for cookie in logged_in.session.cookies] == [("session", False)]


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "NTLM", "Bearer"])
@pytest.mark.parametrize("method", [Method.BASIC, Method.DIGEST, Method.NTLM])
def test_a_site_that_asks_for_something_else_gets_nothing(scheme, method):
    if scheme == method.label.removeprefix("HTTP "):
        return
    with GuardedSite(scheme=scheme) as site:
        assert reason(site, method) == "method_not_offered"
        assert not any("authorization" in request.headers for request in site.requests)


def test_a_page_that_is_open_to_all_cannot_tell():
    with GuardedSite(open=True) as site:
        assert reason(site, Method.BASIC) == "cannot_tell"


def test_a_header_with_a_token_is_proven_and_kept():
    with GuardedSite(scheme="Bearer") as site:
        logged_in = entered(site, Method.HEADERS, headers=f"\nX-Owl: 1\n Authorization:  Bearer {TOKEN} \n")
        assert reason(site, Method.HEADERS, headers="Authorization: Bearer wrong") == "wrong_credentials"
    assert logged_in.session.headers == (("X-Owl", "1"), ("Authorization", f"Bearer {TOKEN}"))


def test_cookies_are_proven_and_kept():
    with GuardedSite(sessions={"abc"}) as site:
        logged_in = entered(site, Method.HEADERS, cookies="theme=dark; session=abc")
        assert entered(site, Method.HEADERS, headers="Cookie: session=abc").session.headers == ()
        assert reason(site, Method.HEADERS, cookies="session=old") == "not_let_in"
    kept = {(cookie.name, cookie.value) for cookie in logged_in.session.cookies}
    assert kept == {("session", "abc"), ("theme", "dark")}
    assert {cookie.domain for cookie in logged_in.session.cookies} == {"127.0.0.1"}
    assert {cookie.http_only for cookie in logged_in.session.cookies} == {None}  # nobody saw the site set them


def test_cookies_belong_to_the_targets_host():
    login = Login(method=Method.HEADERS, cookies="a=1; b=x=y;")
    first, second = session_of(login, "https://owls.example:8443/below/").cookies
    assert first == Cookie(name="a", value="1", domain="owls.example", path="/", secure=True)
    assert (second.name, second.value) == ("b", "x=y")


@pytest.mark.parametrize(
    "given",
    [
        {"headers": "no colon here"},
        {"headers": "Fine: 1\nNot fine: 2"},
        {"headers": "X: a\x00b"},
        {"headers": ": dns_failed"},
        {"headers": "X-Name: Grüße"},
        {"cookies": "abc123"},
        {"cookies": "=abc123"},
    ],
)
def test_malformed_headers_and_cookies_are_refused_without_quoting_them(given):
    with pytest.raises(LoginFailed) as failed:
        session_of(Login(method=Method.HEADERS, **given), "http://127.0.0.1/")
    assert failed.value.reason == "malformed_headers"
    assert not any(value in str(failed.value) for value in given.values())


def test_a_page_that_proves_the_login_is_asked_for_on_the_targets_host_and_port_alone():
    with GuardedSite(scheme="Basic") as site, GuardedSite(scheme="Basic") as another:
        assert reason(site, Method.BASIC, logged_in=f"{another.url}admin/") == "out_of_scope"
        assert not another.requests
        assert reason(site, Method.BASIC, logged_in="http://www.example.com/me") == "out_of_scope"


@pytest.mark.parametrize("address", ["http://[", "http://\u2100/", "http://a:99999/"])
def test_a_page_of_no_address_proves_nothing(address):
    with GuardedSite(scheme="Basic") as site:
        assert reason(site, Method.BASIC, logged_in=address) in ("out_of_scope", "login_page_unreachable")


def test_headers_that_change_nothing_are_told_to_need_no_login():
    with GuardedSite(open=True) as site, pytest.raises(LoginFailed, match="give them as “Headers of every request”"):
        entered(site, Method.HEADERS, headers="X-Scan-Id: ticket-4711")
