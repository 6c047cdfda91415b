"""Decodes the bodies of answers within bounds, for the product and for its engine, which imports this file by path.

A site decides how it packs its answers: a kilobyte can become a megabyte, and packed twice a gigabyte.
"""

import zlib

import httpx

ACCEPTED = "gzip, deflate"  # what requests ask for; anything else cannot be decoded within bounds
MOST_LAYERS = 3  # of packing; an answer with more stays as it is
_GZIP, _ZLIB, _RAW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class BoundedDecoder:
    """Decodes one body piece by piece, up to `limit` bytes; the rest is left out. A decoder as httpx has."""

    def __init__(self, content_encoding: str, limit: int):
        """Prepare for a body with this Content-Encoding; one that is not known leaves the body as it is."""
        names = [name.strip().lower() for name in content_encoding.split(",", MOST_LAYERS + 1)]
        names = [name for name in names if name not in ("", "identity")]
        known = len(names) <= MOST_LAYERS and all(name in _WINDOWS for name in names)
        self._layers = [_Layer(_WINDOWS[name], limit) for name in reversed(names)] if known else []
        self._left = limit

    def decode(self, data: bytes) -> bytes:
        """Return what this piece decodes to. Raises httpx.DecodingError for a broken body."""
        for layer in self._layers:
            data = layer.decode(data)
        data = data[: self._left]
        self._left -= len(data)
        return data

    def flush(self) -> bytes:
        """Return what is left at the end: nothing."""
        return b""


class _Layer:
    """One layer of packing."""

    def __init__(self, window: int, limit: int):
        self._left = limit
        self._inflater = zlib.decompressobj(window)
        self._may_be_raw = window == _ZLIB  # some sites send “deflate” without its head, and browsers accept it

    def decode(self, data: bytes) -> bytes:
        if not self._left or not data:
            return b""
        try:
            found = self._inflater.decompress(data, self._left)
        except zlib.error as error:
            if not self._may_be_raw:
                raise httpx.DecodingError(str(error)) from error
            self._inflater, self._may_be_raw = zlib.decompressobj(_RAW), False
            return self.decode(data)
        self._may_be_raw = False
        self._left -= len(found)
        return found
