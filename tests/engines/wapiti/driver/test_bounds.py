"""The bounds of an answer of the site in the engine."""

import gzip
import ssl
from pathlib import Path

import httpx
import pytest

from scans.engines.wapiti import adapter
from tests.sites.bombs import bombs


@pytest.fixture
def bounds(imported_flat):
    return imported_flat(Path(adapter.DRIVER).parent / "bounds.py")


def answered(body, encoding="gzip"):
    headers = {"content-type": "text/html; charset=latin-1", "content-encoding": encoding}
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))


def test_a_body_is_read_as_its_site_packed_and_spelled_it(bounds):
    body = gzip.compress("Eule ü".encode("latin-1"))
    assert bounds.decoded(answered(body), body) == "Eule ü"


def test_a_broken_body_has_no_text(bounds):
    assert bounds.decoded(answered(b"no gzip at all"), b"no gzip at all") == ""


@pytest.mark.parametrize("path", ["/gzip", "/nested"])
def test_a_bomb_has_a_text_of_bounded_length(bounds, path):
    encoding, body = bombs()[path]
    assert len(bounds.decoded(answered(body, encoding), body)) <= bounds.LARGEST_BODY


def test_old_versions_of_tls_are_taken_and_certificates_are_verified_as_told(bounds):
    strict, lenient = bounds.lenient_tls(True), bounds.lenient_tls(False)
    assert (strict.verify_mode, lenient.verify_mode) == (ssl.CERT_REQUIRED, ssl.CERT_NONE)
    assert strict.minimum_version == ssl.TLSVersion.MINIMUM_SUPPORTED
