"""Where a page cannot lead the browser."""

import socket

import pytest

from scans.browser import play
from tests.browser.playing import played, step, task
from tests.sites.controllable import ControllableSite

pytestmark = pytest.mark.browser


@pytest.fixture
def bystander():
    """Another server on loopback, which no page may reach."""
    with ControllableSite(headers={"Access-Control-Allow-Origin": "*"}) as site:
        yield site


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "http://169.254.169.254/", "chrome://version", "http://127.0.0.1:1/"]
)
def test_addresses_that_are_not_the_targets_are_refused(site, address):
    played = play(task(site, ("open", address, "")))
    assert played.reason == "address_not_allowed" and played.line == 1


def test_nothing_in_a_page_reaches_another_port(site, bystander):
    other = f"127.0.0.1:{bystander.port}"
    site.pages["/hostile"] = f"""<body><img src="http://{other}/img"><iframe src="http://{other}/frame"></iframe>
        <script>fetch("http://{other}/fetch", {{mode: "no-cors"}}); new WebSocket("ws://{other}/socket");
        navigator.sendBeacon("http://{other}/beacon"); window.open("http://{other}/popup");
        fetch("http://localhost:{bystander.port}/name", {{mode: "no-cors"}})</script>"""
    played = play(
        task(
            site,
            ("open", "/hostile", ""),
            ("pause", "800", ""),
            ("executeScript", f"location = 'http://{other}/go'", ""),
            ("pause", "500", ""),
        )
    )
    assert not bystander.requests
    assert played.reason == "address_not_allowed", played.detail


def test_no_call_between_browsers_reaches_another_port(site):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bystander:
        bystander.bind(("127.0.0.1", 0))
        bystander.setblocking(False)
        port = bystander.getsockname()[1]
        site.pages["/call"] = f"""<script>
            const call = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.1:{port}"}}]}})
            call.createDataChannel("x"); call.createOffer().then(offer => call.setLocalDescription(offer))
            call.onicegatheringstatechange = () => document.title = call.iceGatheringState</script>"""
        told = played(site, step("open", "/call"), step("assertTitle", "complete"))
        assert told.ok, told.detail
        with pytest.raises(BlockingIOError):
            bystander.recv(100)


def test_a_redirect_elsewhere_is_refused(site, bystander):
    site.location = f"http://127.0.0.1:{bystander.port}/"
    try:
        played = play(task(site, ("open", "/", "")))
    finally:
        site.location = ""
    assert played.reason == "address_not_allowed" and not bystander.requests
