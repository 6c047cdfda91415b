"""Cookies are kept and sent as browsers do, in the product and in the engine's driver alike."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict

import httpx
import pytest

from scans.engines.base import Cookie, Session
from scans.login.base import Login, Method
from scans.login.credentials import session_of
from scans.login.visit import Sites, Visit
from scans.results.verification import carrying
from scans.targets.cookies import SiteCookies
from tests.engines.shared.test_cookie_rules import NAMES, TABLE
from tests.engines.wapiti.driver.test_network import DRIVER_FOLDER
from tests.sites.controllable import ControllableSite
from tests.sites.neighbours import Neighbours

OWLS = "https://owls.example"
LOOPBACK = ("127.0.0.1",)


def of_the_product(cookies, sets, url, before=""):
    """What goes along with a request for `url`, after answers from these addresses set these lines."""
    kept = SiteCookies(cookies)
    for address, line in sets:
        kept.follow(address, httpx.Headers([(b"set-cookie", line.encode())]))
    return kept.headers(url, before).get("cookie", "")


def driver_cookies():
    """The driver's module."""
    spec = importlib.util.spec_from_file_location("driver_cookies", DRIVER_FOLDER / "cookies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_the_driver(cookies, sets, url, before=""):
    """The same."""
    kept = driver_cookies().Cookies([asdict(cookie) for cookie in cookies])
    for address, line in sets:
        kept.follow(httpx.Request("GET", address), line)
    request = httpx.Request("GET", url, headers={"cookie": before} if before else {})
    kept.dress(request)
    request.headers.encoding = "utf-8"
    return request.headers.get("cookie", "")


@pytest.fixture(params=[of_the_product, of_the_driver], ids=["product", "driver"])
def sent(request):
    """What goes along, on both sides of the pipe."""
    return request.param


def sid(value="1", domain="owls.example", **values):
    return Cookie(name="sid", value=value, domain=domain, **values)


@pytest.mark.parametrize(
    ("cookie", "url", "goes_along"),
    [
        (sid(), f"{OWLS}/", True),
        (sid(), "https://OWLS.example/a/b?c", True),
        (sid(path="/a"), f"{OWLS}/a", True),
        (sid(path="/a"), f"{OWLS}/a/b", True),
        (sid(path="/a"), f"{OWLS}/ab", False),
        (sid(path="/a/"), f"{OWLS}/a/b", True),
        (sid(path="/a/"), f"{OWLS}/b", False),
        (sid(), "https://night.owls.example/", False),
        (sid(domain=".owls.example"), "https://night.owls.example/", True),
        (sid(domain=".owls.example"), f"{OWLS}/", True),
        (sid(domain=".owls.example"), "https://snowyowls.example/", False),
        (sid(), "https://crows.example/", False),
        (sid(secure=True), f"{OWLS}/", True),
        (sid(secure=True), "http://owls.example/", False),
        (sid(domain="127.0.0.1", secure=True), "http://127.0.0.1:8000/", True),  # as browsers trust it
        (sid(domain="localhost", secure=True), "http://localhost:8000/", True),
        (sid(domain="127.0.0.1.owls.example", secure=True), "http://127.0.0.1.owls.example/", False),
        (sid(domain="[::1]"), "http://[::1]:8000/", True),
        (sid(domain="nest"), "http://nest/", True),
    ],
)
def test_a_cookie_goes_to_its_own_addresses(sent, cookie, url, goes_along):
    assert sent([cookie], [], url) == ("sid=1" if goes_along else "")


def test_of_several_with_one_name_the_longest_path_comes_first(sent):
    cookies = [sid("root"), sid("deep", path="/a/b"), sid("middle", path="/a"), sid("other", path="/b")]
    assert sent(cookies, [], f"{OWLS}/a/b/c") == "sid=deep; sid=middle; sid=root"


@pytest.mark.parametrize(
    ("line", "here", "there"),
    [
        ("sid=new; Path=/", "sid=new", "sid=new"),
        ("sid=new; Path=/a", "sid=new; sid=1", "sid=1"),
        ("sid=new", "sid=new; sid=1", "sid=1"),  # the path of the address that sets it
        ("sid=gone; Path=/; Max-Age=0", "", ""),
        ("sid=gone; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "", ""),
        ("sid=gone; Path=/a; Max-Age=0", "sid=1", "sid=1"),
        ("sid=new; Path=/; Domain=crows.example", "sid=1", "sid=1"),
        ("sid=ü; Path=/", "sid=ü", "sid=ü"),
        ("=", "sid=1", "sid=1"),
    ],
)
def test_what_the_site_sets_takes_the_place_of_the_same_name_and_path_alone(sent, line, here, there):
    sets = [(f"{OWLS}/a/b", line)]
    assert (sent([sid()], sets, f"{OWLS}/a/b"), sent([sid()], sets, f"{OWLS}/b")) == (here, there)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
@pytest.mark.parametrize("dot", ["", "."])
def test_a_host_that_can_be_no_domain_may_name_itself_as_one(sent, host, dot):
    url = f"http://{host}:8000/"
    line = f"sid=new; domain = {dot}{host} ;HttpOnly; Path=/"
    assert sent([sid(domain=host)], [(url, line)], url) == "sid=new"


def test_other_cookies_of_the_request_stay_as_they_are_and_those_of_these_names_do_not(sent):
    assert sent([sid(path="/a")], [], f"{OWLS}/b", "theme=dark; sid=masked") == "theme=dark"
    assert sent([sid()], [], f"{OWLS}/b", "theme=dark; sid=masked") == "theme=dark; sid=1"
    attack = "() { :;}; echo;echo owl"
    assert sent([], [], f"{OWLS}/", attack) == attack


def of_wapiti(sets, url):
    """What Wapiti's own client sends, after the same."""
    driver, kept = driver_cookies(), httpx.Cookies()
    for address, lines in sets:
        headers = [(b"set-cookie", line.encode()) for line in lines]
        driver.extract_cookies(kept, httpx.Response(200, headers=headers, request=httpx.Request("GET", address)))
    request = httpx.Request("GET", url)
    driver.set_cookie_header(httpx.Cookies(kept), request)
    return request.headers.get("cookie", ""), kept.jar


@pytest.mark.parametrize(("url", "lines", "goes_along"), TABLE, ids=NAMES)
def test_wapiti_itself_keeps_and_sends_cookies_by_the_same_rules(url, lines, goes_along):
    assert of_wapiti([(url, lines)], url)[0] == goes_along


def test_wapiti_still_sees_the_flags_of_a_cookie():
    _, jar = of_wapiti([(f"{OWLS}/", ["a=1; Domain=; HttpOnly; Secure", "b=2; Domain=owls.example"])], f"{OWLS}/")
    seen = {one.name: (one.secure, one.has_nonstandard_attr("HttpOnly"), one.domain) for one in jar}
    assert seen == {"a": (True, True, "owls.example"), "b": (False, False, ".owls.example")}


def test_a_cookie_without_a_name_is_the_login_s_as_any_other(sent):
    nameless = Cookie(name="", value="alone", domain="owls.example")
    assert sent([nameless], [], f"{OWLS}/") == "alone"
    assert sent([nameless], [(f"{OWLS}/", "renewed; Path=/")], f"{OWLS}/") == "renewed"


def test_one_cookie_in_another_encoding_does_not_spoil_those_beside_it():
    kept = SiteCookies()
    lines = [(b"set-cookie", "a=ü".encode()), (b"set-cookie", "b=ü".encode("latin-1"))]
    kept.follow(f"{OWLS}/", httpx.Headers(lines))
    assert kept.headers(f"{OWLS}/") == {"cookie": "a=ü; b=ü"}


def test_the_product_tells_its_cookies_as_they_came():
    cookies = [sid(domain="nest", path="/a", secure=True), sid(domain="[::1]"), sid(domain=".owls.example")]
    kept = SiteCookies(cookies)
    kept.follow("http://nest/x/y", httpx.Headers({"set-cookie": "other=2"}))
    assert list(kept) == [*cookies, Cookie(name="other", value="2", domain="nest", path="/x", http_only=False)]


def test_cookies_given_by_hand_go_to_the_whole_site_at_an_ipv6_address_too():
    session = session_of(Login(method=Method.HEADERS, cookies="sid=1"), "http://[::1]:8000/a/")
    assert SiteCookies(session.cookies).headers("http://[::1]:8000/b") == {"cookie": "sid=1"}


def test_what_is_no_address_is_refused_as_our_client_does():
    with pytest.raises(ValueError, match="cannot be asked for"):
        SiteCookies().headers("http://owls.example/\x7f")


def test_a_visitor_of_one_application_stays_the_other_s_visitor():
    with Neighbours() as site, Visit(Sites({site.url: LOOPBACK})) as visitor:
        for root in (site.first, site.second, site.first, site.second):
            visitor.get(f"{site.url}{root[1:]}", "page")
        assert {cookie.path for cookie in visitor.cookies} == {site.first, site.second}
        assert [len(begun) for begun in site.begun.values()] == [1, 1]


def test_a_cookie_that_is_not_ascii_comes_back_to_the_byte():
    value = "owner=Jürgen".encode().decode("latin-1")
    with (
        ControllableSite(headers={"Set-Cookie": f"{value}; Path=/"}) as site,
        Visit(Sites({site.url: LOOPBACK})) as visitor,
    ):
        visitor.get(site.url, "page")
        visitor.get(site.url, "page")
    assert site.requests[1].headers["cookie"] == value


def test_a_replay_carries_the_cookies_of_its_address():
    session = Session(cookies=(sid("first", path="/first"), sid("second", path="/second")))
    masked = {"Cookie": "sid=***; theme=dark", "X-Owl": "1"}
    assert carrying(session, f"{OWLS}/second/x", masked) == {"X-Owl": "1", "cookie": "theme=dark; sid=second"}
    assert carrying(session, f"{OWLS}/third", masked) == {"X-Owl": "1", "cookie": "theme=dark"}
    assert carrying(Session(), f"{OWLS}/", masked) == {"X-Owl": "1", "cookie": "sid=***; theme=dark"}
