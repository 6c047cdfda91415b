"""Addresses that are none: in a redirect, or made by a module."""

import asyncio
import subprocess
from pathlib import Path

import httpx
import pytest

from scans.engines.wapiti import adapter
from tests.engines.wapiti.driver.test_network import DRIVER_FOLDER

NO_ADDRESSES = ["http://[::1", "http://shop.example:80~/", "mailto:owl@shop.example", "a:b", "\x01", "x" * 70_000]
ADDRESSES = ["/", "", "next?page=2", "//other.example/", "https://other.example:8443/a", "\u2603", "#top", "'\"><b>"]


@pytest.fixture
def answered(imported_flat, monkeypatch):
    """A function that returns the answer of a site that redirects to what it is given, and the number of requests."""
    monkeypatch.setattr(httpx.Response, "has_redirect_location", httpx.Response.has_redirect_location)
    imported_flat(Path(adapter.DRIVER).parent / "addresses.py").install()

    def answer(location, follow):
        asked = []

        def site(request):
            asked.append(request)
            if len(asked) > 1:
                return httpx.Response(200)
            return httpx.Response(302, headers=[(b"location", location.encode())], text="This way")

        async def ask():
            async with httpx.AsyncClient(transport=httpx.MockTransport(site), follow_redirects=follow) as client:
                return await client.get("http://shop.example/go")

        return asyncio.run(ask()), len(asked)

    return answer


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("location", NO_ADDRESSES, ids=lambda text: text[:30])
def test_the_answer_of_a_redirect_to_no_address_is_not_lost(answered, location, follow):
    response, asked = answered(location, follow)
    assert (response.status_code, response.text, asked) == (302, "This way", 1)
    assert response.headers["location"] == location


@pytest.mark.parametrize("location", ADDRESSES)
def test_a_redirect_to_an_address_is_followed(answered, location):
    response, asked = answered(location, True)
    assert (response.status_code, asked) == (200, 2)


def test_a_login_scan_takes_a_redirect_to_no_address_for_no_logout(alone):
    driver = alone(lambda path: httpx.Response(302, headers={"location": "http://[::1"}, text="This way"))
    driver.traffic.login.rule = {"login_url": "http://shop.example/login", "on_401": False}
    response = driver.run(driver.traffic.handle(None, httpx.Request("GET", "http://shop.example/go")))
    assert driver.traffic.login.doubtful(response, "", "http://shop.example/go") == ""


# What modules make of addresses: none is an error, and none is sent.
MADE_UP = """
import asyncio, sys
sys.path.insert(0, {folder!r})
from pathlib import Path
from types import SimpleNamespace
import hooks

passed = []
scan = SimpleNamespace(
    job={{"url": "http://h/", "read_timeout_seconds": 1}}, passed=lambda *args: passed.append(args[-1]),
    channel=SimpleNamespace(log=lambda *_: None),
)
hooks.Hooks(scan, Path("nowhere")).install()

async def main():
    client = hooks.httpx.AsyncClient(transport=hooks.httpx.MockTransport(lambda request: hooks.httpx.Response(200)))
    crawler = hooks.AsyncCrawler(hooks.web.Request("http://h/"), client)
    for address in ("http://h:8972~/72~", "http://[::1~]/1~", "http://h/\\ud800", "http://h/a"):
        try:
            print((await crawler.async_send(hooks.web.Request(address))).status)
        except hooks.httpx.RequestError as error:
            print(type(error).__name__)
    print(set(passed))

asyncio.run(main())
"""


@pytest.mark.engine
def test_an_address_that_no_request_can_carry_is_refused_as_modules_expect_it(wapiti):
    program = MADE_UP.format(folder=str(DRIVER_FOLDER))
    done = subprocess.run(
        [wapiti.python, "-B", "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.splitlines() == [*["Refused"] * 3, "200", "{'no_address'}"], done.stderr
