"""Bodies are decoded within bounds."""

import gzip
import tracemalloc
import zlib

import httpx
import pytest

from scans.engines.shared.bodies import BoundedDecoder
from tests.sites.bombs import MEGABYTE, bombs

OWLS = b"owls " * 1000
_PACKER = zlib.compressobj(wbits=-zlib.MAX_WBITS)
WITHOUT_HEAD = _PACKER.compress(OWLS) + _PACKER.flush()


def decode(encoding, body, limit=MEGABYTE, size=64 * 1024):
    decoder = BoundedDecoder(encoding, limit)
    pieces = [decoder.decode(body[start : start + size]) for start in range(0, len(body), size)]
    return b"".join([*pieces, decoder.flush()])


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", OWLS),
        ("identity", OWLS),
        ("gzip", gzip.compress(OWLS)),
        ("X-GZip", gzip.compress(OWLS)),
        ("deflate", zlib.compress(OWLS)),
        ("deflate", WITHOUT_HEAD),
        ("gzip, gzip", gzip.compress(gzip.compress(OWLS))),
        ("deflate,gzip", gzip.compress(zlib.compress(OWLS))),
        ("no-such-encoding", OWLS),
        ("br", OWLS),
    ],
)
@pytest.mark.parametrize("size", [7, 64 * 1024])
def test_a_body_is_decoded_and_an_unknown_packing_stays(encoding, body, size):
    assert decode(encoding, body, size=size) == OWLS


def test_a_long_body_is_cut():
    assert decode("gzip", gzip.compress(OWLS), limit=10) == OWLS[:10] == decode("", OWLS, limit=10)


@pytest.mark.parametrize("path", [path for path in bombs() if path != "/broken"])
def test_no_bomb_takes_more_memory_than_the_limit_allows(path):
    encoding, body = bombs()[path]
    tracemalloc.start()
    try:
        found = decode(encoding, body)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) <= MEGABYTE and most < 8 * MEGABYTE


def test_a_broken_body_is_an_error_of_http():
    with pytest.raises(httpx.DecodingError):
        decode("gzip", b"no gzip at all")
