"""The origin of a request: nobody but a trusted proxy says another address or id."""

import pytest
from django.test import RequestFactory, override_settings

from scans.origin import address_of, request_id_of

behind_a_proxy = override_settings(SCANS_TRUSTED_PROXIES=["10.0.0.0/8"])


def request(peer="10.0.0.7", **headers):
    return RequestFactory().get(
        "/", REMOTE_ADDR=peer, headers={name.replace("_", "-"): v for name, v in headers.items()}
    )


def test_the_address_is_the_peers_while_no_proxy_is_trusted():
    assert address_of(request("127.0.0.1", x_forwarded_for="1.2.3.4")) == "127.0.0.1"


@behind_a_proxy
def test_a_trusted_proxy_says_the_address_of_its_client():
    assert address_of(request(x_forwarded_for="192.0.2.1")) == "192.0.2.1"
    assert address_of(request(x_forwarded_for="192.0.2.1, 10.0.0.9")) == "192.0.2.1", "through two proxies"


@behind_a_proxy
def test_a_client_cannot_put_an_address_before_that_of_the_proxy():
    assert address_of(request(x_forwarded_for="192.0.2.66, 192.0.2.1")) == "192.0.2.1"
    assert address_of(request("192.0.2.1", x_forwarded_for="192.0.2.66")) == "192.0.2.1", "from no proxy at all"


@behind_a_proxy
@pytest.mark.parametrize("nonsense", ["", ",,", "unknown", "<script>", "1.2.3.4:80", "\x1b[31m", "1.2.3.4, x"])
def test_nonsense_from_a_proxy_leaves_the_proxys_address(nonsense):
    assert address_of(request(x_forwarded_for=nonsense)) == "10.0.0.7"


def test_an_address_is_written_in_one_way():
    assert address_of(request("::ffff:192.0.2.1")) == "192.0.2.1"
    assert address_of(request("")) == ""


def test_an_id_is_made_once_for_each_request():
    first, second = request(), request()
    assert request_id_of(first) == request_id_of(first) != request_id_of(second)


@behind_a_proxy
def test_only_a_trusted_proxy_gives_an_id_and_only_a_well_formed_one():
    assert request_id_of(request(x_request_id="edge-0123.4567_89")) == "edge-0123.4567_89"
    assert request_id_of(request("192.0.2.1", x_request_id="edge-0123456789")) != "edge-0123456789"
    for wrong in (
        "short",
        "x" * 65,
        "with blank 123",
        "line\nbreak-123",
        'quote"12345',
        "ünïcode-123456",
        "x" * 8 + "\n",
    ):
        assert request_id_of(request(x_request_id=wrong)) != wrong
