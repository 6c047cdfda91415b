"""The connection checks against real sockets: every reason is brought about by what it names."""

import socket
from contextlib import ExitStack, contextmanager

import pytest
from httpx import Headers

from scans.prescan import connection
from scans.prescan.connection import MAX_REDIRECTS, REASONS, check_connection, in_scope
from scans.reasons import Reason
from scans.statuses import UrlScanStatus as U
from scans.targets import http_client
from scans.targets.http_client import Answer
from scans.targets.own_mark import HEADER, own_mark
from scans.targets.policy import TargetPolicy
from scans.targets.request_rules import RequestRules
from tests.sites.controllable import ControllableSite, certificate

LOOPBACK = TargetPolicy(["localhost", "127.0.0.0/8", "owls.example", "255.255.255.255"])
STEPS = ["target policy", "name resolution", "connection", "TLS", "page"]


@pytest.fixture(autouse=True)
def _little_patience(settings, monkeypatch):
    settings.SCANS_CONNECT_TIMEOUT_SECONDS = 10  # a busy machine's
    monkeypatch.setattr(connection, "_SECONDS_BETWEEN_TRIES", 0.01)


@pytest.fixture
def site():
    with ControllableSite() as site:
        yield site


@pytest.fixture
def dns(monkeypatch):
    """What the network's DNS answers is not ours: the edge where it comes in."""
    table = {}
    monkeypatch.setattr(connection, "resolve", lambda host: table[host])
    return table


def refreshes(to):
    """A page that says nothing but where else to go."""
    return f'<html><head><meta http-equiv="refresh" content="0; url={to}"></head><body></body></html>'


def frameset(*addresses):
    """A page that shows nothing but other pages."""
    return "<frameset>" + "".join(f"<frame src='{address}'>" for address in addresses) + "</frameset>"


def names(report):
    return [step.name for step in report.steps]


@pytest.mark.parametrize("status", [200, 302, 400, 502])
def test_the_dashboard_recognises_its_own_answers_behind_a_proxy_of_any_name_and_port(site, monkeypatch, status):
    answer = Answer(status, Headers({HEADER: own_mark(), "location": "/accounts/login/"}), "", 0.1)
    monkeypatch.setattr(connection.SiteClient, "send", lambda *_: answer)
    failure = check_connection(site.url, LOOPBACK).failure
    assert (failure.name, failure.reason, failure.detail.code) == ("page", "target_not_allowed", "is_this_dashboard")


# --- Each reason, by a real event ---------------------------------------------------------------------


@contextmanager
def answering(**switches):
    with ControllableSite(**switches) as site:
        yield site.url


@contextmanager
def not_allowed():
    with ControllableSite() as site:
        yield site.url.replace("127.0.0.1", "crows.example")
    assert not site.requests


@contextmanager
def unknown_name():
    yield f"http://{'o' * 64}.localhost/"  # longer than DNS can carry: nobody is asked


@contextmanager
def nobody_listening():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}/"


@contextmanager
def full_backlog():
    """A port whose queue is full: further connections are neither taken nor refused."""
    with ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            filler = open_sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


@contextmanager
def no_way_there():
    yield "http://255.255.255.255/"


@contextmanager
def without_tls():
    with ControllableSite() as site:
        yield site.url.replace("http:", "https:")


@contextmanager
def another_port():
    with ControllableSite() as other, answering(location=other.url) as url:
        yield url
    assert not other.requests


EVENTS = [
    ("target_not_allowed", not_allowed, "target policy"),
    ("name_not_resolved", unknown_name, "name resolution"),
    ("connection_refused", nobody_listening, "connection"),
    ("connection_timed_out", full_backlog, "connection"),
    ("connection_failed", no_way_there, "connection"),
    ("tls_impossible", without_tls, "TLS"),
    ("certificate_refused", lambda: answering(tls=True), "TLS"),
    ("no_answer", lambda: answering(hang=True), "page"),
    ("no_answer", lambda: answering(close=True), "page"),
    ("no_answer", lambda: answering(drip_head=0.1), "page"),
    ("only_server_errors", lambda: answering(status=503), "page"),
    ("redirect_out_of_scope", lambda: answering(location="http://elsewhere.example/"), "page"),
    ("redirect_out_of_scope", lambda: answering(location="//elsewhere.example/"), "page"),
    ("redirect_out_of_scope", lambda: answering(location="javascript:alert(1)"), "page"),
    ("redirect_out_of_scope", another_port, "page"),
    ("redirect_out_of_scope", lambda: answering(body=refreshes("http://moved.example/app/")), "page"),
    ("redirect_out_of_scope", lambda: answering(body="", headers={"Refresh": "0; url=//moved.example/"}), "page"),
    ("redirect_out_of_scope", lambda: answering(body="<script>location='//moved.example'</script>"), "page"),
    ("redirect_out_of_scope", lambda: answering(body=frameset("http://moved.example/app/")), "page"),
    ("left_out", lambda: answering(body=refreshes("/left-out")), "page"),
    ("left_out", lambda: answering(location="/left-out"), "page"),
    ("too_many_redirects", lambda: answering(loop=True), "page"),
    ("login_required", lambda: answering(status=401), "page"),
    ("no_usable_page", lambda: answering(status=404), "page"),
    ("no_usable_page", lambda: answering(status=403), "page"),
    ("no_usable_page", lambda: answering(body=" \n"), "page"),
    ("no_usable_page", lambda: answering(status=302, headers={"Location": "http://[::1"}), "page"),
    ("refused", lambda: answering(status=429), "page"),
]


@pytest.mark.parametrize(("reason", "event", "step"), EVENTS)
def test_each_reason_has_its_event_and_leads_to_its_status(reason, event, step, settings):
    if reason in ("no_answer", "connection_timed_out"):
        settings.SCANS_CONNECT_TIMEOUT_SECONDS = 0.5
    policy = TargetPolicy(["*.localhost", "127.0.0.0/8", "255.255.255.255"])
    with event() as url:
        report = check_connection(url, policy, rules=RequestRules(url=url, left_out=("/left-out",)))
    assert report.failure and report.failure.reason == reason, report.steps
    assert report.failure.name == step and report.status == REASONS[reason]
    assert names(report) == STEPS[: STEPS.index(step) + 1]
    assert report.failure.detail and all(not passed.reason for passed in report.steps[:-1])


def test_every_reason_has_an_event_here():
    assert {reason for reason, *_ in EVENTS} == set(REASONS)


def test_the_reasons_lead_where_the_product_says():
    by_status = {status: {reason for reason in REASONS if REASONS[reason] == status} for status in REASONS.values()}
    assert by_status == {
        U.VERIFICATION_FAILED: {"target_not_allowed", "certificate_refused", "redirect_out_of_scope"}
        | {"too_many_redirects", "no_usable_page", "left_out", "refused"},
        U.CONNECTION_ERROR: {"name_not_resolved", "connection_refused", "connection_timed_out", "connection_failed"}
        | {"tls_impossible", "no_answer", "only_server_errors"},
        U.AUTHENTICATION_ERROR: {"login_required"},
    }


# --- What passes --------------------------------------------------------------------------------------


def test_a_good_site_passes_every_step_in_order(site):
    report = check_connection(site.url, LOOPBACK)
    assert names(report) == STEPS and report.failure is None and report.status is None
    assert report.addresses == ("127.0.0.1",) and site.paths == ["/"]
    assert report.steps[-1].detail == Reason("page_answers", url=site.url, status=200)


@pytest.mark.parametrize("location", ["/search?q=owl", "search", "/search#top", "?page=1"])
def test_a_redirect_within_the_scope_passes(site, location):
    site.location = location
    report = check_connection(site.url, LOOPBACK)
    assert report.failure is None and len(site.requests) == 2
    assert all("#" not in path for path in site.paths)


def test_a_redirect_to_the_other_scheme_is_out_of_scope(site):
    site.location = site.url.replace("http:", "https:")
    assert check_connection(site.url, LOOPBACK).failure.reason == "redirect_out_of_scope"


def test_a_redirect_above_the_folder_is_out_of_scope(site):
    site.location = "/"
    report = check_connection(f"{site.url}shop/start", LOOPBACK)
    assert report.failure.reason == "redirect_out_of_scope" and site.paths == ["/shop/start"]
    assert "submit that address" in str(report.failure.detail)


def test_a_page_that_leads_to_another_host_says_where_and_what_to_do(site):
    site.body = refreshes("http://moved.example/app/")
    report = check_connection(site.url, LOOPBACK)
    assert report.status == U.VERIFICATION_FAILED and report.led_to == ""
    assert f"{site.url} leads to http://moved.example/app/, which is not below it" in str(report.failure.detail)


def test_a_page_of_frames_of_another_host_says_which_and_what_to_do(site):
    site.body = frameset("http://moved.example/app/", "//ads.example/")
    report = check_connection(site.url, LOOPBACK)
    assert report.status == U.VERIFICATION_FAILED
    shown = "http://moved.example/app/, http://ads.example/"
    assert f"{site.url} has nothing of its own: it only shows {shown} in a frame" in str(report.failure.detail)
    assert "submit that address" in str(report.failure.detail)


def test_a_page_of_frames_is_scanned_if_one_of_them_shows_a_page_of_the_target(site):
    site.body = frameset("http://moved.example/", "menu")
    assert check_connection(site.url, LOOPBACK).failure is None


def test_a_page_of_frames_may_be_another_page_for_members(site):
    site.body = frameset("http://login.example/")
    assert check_connection(site.url, LOOPBACK, has_login=True).failure is None


def test_a_page_that_leads_within_the_scope_is_followed_and_says_so(site):
    site.body = refreshes("search?q=owl")
    report = check_connection(site.url, LOOPBACK)
    assert report.failure is None and site.paths == ["/", "/search?q=owl"]
    assert report.led_to == f"{site.url}search?q=owl"
    assert f"leads to another page, as in a browser. {report.led_to} answers 200." in str(report.steps[-1].detail)


def test_a_page_that_leads_to_no_page_is_not_usable(site):
    site.body = refreshes("gone")
    assert check_connection(site.url, LOOPBACK).failure.reason == "no_usable_page"


def test_a_page_that_leads_to_another_port_is_out_of_scope_with_a_login_too(site):
    with ControllableSite() as other:
        site.body = refreshes(other.url)
        assert check_connection(site.url, LOOPBACK, has_login=True).failure.reason == "redirect_out_of_scope"
    assert not other.requests


def test_redirects_end_after_so_many(site):
    site.loop = True
    check_connection(site.url, LOOPBACK)
    assert len(site.requests) == MAX_REDIRECTS + 1


def test_a_site_that_wants_its_cookie_back_before_it_shows_a_page_passes(site):
    site.needs_cookie = True
    assert check_connection(site.url, LOOPBACK).failure is None


def test_a_cookie_of_the_same_name_for_another_path_takes_nothing_away_from_it(site):
    site.needs_cookie = True
    site.headers = {"set-cookie": "seen=no; Path=/elsewhere"}
    assert check_connection(site.url, LOOPBACK).failure is None


def test_only_5xx_means_every_try(site):
    site.status = 503
    assert check_connection(site.url, LOOPBACK).failure.reason == "only_server_errors"
    assert len(site.requests) == 3


def test_one_server_error_is_forgiven(site, monkeypatch):
    site.status = 500
    monkeypatch.setattr(connection, "sleep", lambda seconds: setattr(site, "status", 0))
    assert check_connection(site.url, LOOPBACK).failure is None and len(site.requests) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_site_that_asks_for_a_pause_gets_it(site, monkeypatch, status):
    waited = []
    site.status, site.headers = status, {"Retry-After": "7"}

    def wait(seconds):
        waited.append(seconds)
        site.status = 0

    monkeypatch.setattr(connection, "sleep", wait)
    assert check_connection(site.url, LOOPBACK).failure is None and waited == [7]


def test_it_gets_no_pause_of_an_hour(site, monkeypatch):
    waited = []
    site.status, site.headers = 429, {"Retry-After": "3600"}
    monkeypatch.setattr(connection, "sleep", waited.append)
    assert check_connection(site.url, LOOPBACK).failure.reason == "refused" and max(waited) <= 15


def test_the_urls_own_first_answer_is_kept_to_compare_later_ones_with(site):
    site.location = "/search?q=owl"
    usual = check_connection(site.url, LOOPBACK).usual
    assert (usual.status, usual.location) == (302, "/search?q=owl")


@pytest.mark.parametrize("switch", [{"status": 403}, {"status": 406}, {"body": "<h1>Access denied</h1>"}])
def test_a_page_that_turns_us_away_now_is_told_by_what_an_earlier_check_saw(site, switch):
    usual = check_connection(site.url, LOOPBACK).usual
    vars(site).update(switch)
    report = check_connection(site.url, LOOPBACK, usual=usual)
    assert report.failure.reason == "refused" and "turns us away" in str(report.failure.detail)
    assert check_connection(site.url, LOOPBACK).failure is None or site.status


@pytest.mark.parametrize("charset", ["hex", "undefined"])
def test_a_page_with_a_senseless_charset_is_a_page(site, charset):
    site.content_type = f"text/html; charset={charset}"
    assert check_connection(site.url, LOOPBACK).failure is None


@pytest.mark.parametrize("location", ["/\x7f", "/\x01", "/%", "http://127.0.0.1:99999/", "http://", "\\\\x"])
def test_no_location_a_site_can_send_breaks_the_checks(site, location):
    site.status, site.headers = 302, {"Location": location}
    assert check_connection(site.url, LOOPBACK).failure.name == "page"


@pytest.fixture
def trusting_the_certificate(monkeypatch):
    """This machine trusts the certificate of the tests' sites."""
    monkeypatch.setenv("SSL_CERT_FILE", certificate()[0])
    http_client._context.cache_clear()
    yield
    http_client._context.cache_clear()


def test_tls_is_accepted_where_the_certificate_is_trusted(trusting_the_certificate):
    with ControllableSite(tls=True) as site:
        report = check_connection(site.url, LOOPBACK)
    assert report.failure is None and str(report.steps[3].detail).startswith("TLS")


def test_tls_is_accepted_where_nobody_asks_for_certificates(settings):
    settings.SCANS_TLS_VERIFY = False
    with ControllableSite(tls=True) as site:
        assert check_connection(site.url, LOOPBACK).failure is None


# --- Addresses ----------------------------------------------------------------------------------------


def test_the_request_goes_to_the_pinned_address_under_the_sites_name(site, dns):
    dns["owls.example"] = ("127.0.0.1",)
    policy = TargetPolicy(["owls.example", "127.0.0.1"])
    assert check_connection(f"http://owls.example:{site.port}/", policy).failure is None
    assert site.requests[0].headers["host"] == f"owls.example:{site.port}"


def test_an_allowed_name_that_leads_to_a_private_address_is_refused_and_nothing_is_sent(site, dns):
    dns["owls.example"] = ("127.0.0.1",)
    report = check_connection(f"http://owls.example:{site.port}/", TargetPolicy(["owls.example"]))
    assert report.failure.reason == "target_not_allowed" and names(report) == STEPS[:2]
    assert "a private address that is not allowed" in str(report.failure.detail) and not site.requests


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "0.0.0.0"])  # noqa: S104
def test_one_bad_address_among_good_ones_is_enough(site, dns, address):
    dns["owls.example"] = ("127.0.0.1", address)
    policy = TargetPolicy(["owls.example", "0.0.0.0/0", "::/0"])
    assert check_connection(f"http://owls.example:{site.port}/", policy).failure.reason == "target_not_allowed"
    assert not site.requests


def test_an_internationalised_site_can_be_checked(site, dns):
    dns["xn--mnchen-3ya.de"] = ("127.0.0.1",)
    policy = TargetPolicy(["münchen.de", "127.0.0.1"])
    assert check_connection(f"http://xn--mnchen-3ya.de:{site.port}/", policy).failure is None


def test_a_name_whose_first_address_nobody_answers_is_reached_at_its_second(site, dns):
    dns["owls.example"] = ("127.0.0.3", "127.0.0.1")
    policy = TargetPolicy(["owls.example", "127.0.0.0/8"])
    report = check_connection(f"http://owls.example:{site.port}/", policy)
    assert report.failure is None and report.addresses == ("127.0.0.1", "127.0.0.3")


def test_dns_is_asked_once(site, monkeypatch):
    asked = []
    monkeypatch.setattr(connection, "resolve", lambda host: asked.append(host) or ("127.0.0.1",))
    check_connection(f"http://localhost:{site.port}/", LOOPBACK)
    assert asked == ["localhost"]


@pytest.mark.parametrize(
    ("url", "target", "expected"),
    [
        ("http://a/x", "http://a/", True),
        ("http://a", "http://a/", True),
        ("http://A:80/x", "http://a/", True),
        ("http://a/shop/b", "http://a/shop/a?q", True),
        ("http://a/shopping", "http://a/shop/", False),
        ("https://a/", "http://a/", False),
        ("http://a:81/", "http://a/", False),
        ("http://b/", "http://a/", False),
        ("http://a@b/", "http://a/", False),
        ("mailto:a@b", "http://a/", False),
        ("http://a:x/", "http://a/", False),
    ],
)
def test_the_scope_is_the_origin_and_the_folder(url, target, expected):
    assert in_scope(url, target) is expected
