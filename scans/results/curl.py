"""The command that repeats a finding's request.

The scanned site chose parts of that request, and a person pastes the command into a shell. So each word is quoted for
the shell, and curl reads no text of the site as the name of a file.
"""

import re
from shlex import quote
from urllib.parse import urlsplit

from scans.results.stored_request import HOP_HEADERS
from scans.targets.request_rules import is_header_name

_FORM = "multipart/form-data"
_PART = re.compile(
    r'-+boundarystring\nContent-Disposition: form-data; name="(.*?)"(?:; filename="(.*?)")?\n\n', re.DOTALL
)
_END = re.compile(r"\n?-+boundarystring--\s*\Z")
_PLAIN = re.compile(r"[\w.\[\]() -]+")  # curl reads = ; " and , in a file's part


def curl_of(url: str, request: str) -> str:
    """Return the curl command that sends a finding's request, as the engine kept it, to the site of `url`.

    Empty if no request is kept. A file that was sent is not kept: the command names `your_file` instead.
    """
    head, _, body = request.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        return ""
    method, target, site = words[0], words[1], urlsplit(url)
    # Without globbing and without shortening ../, as the request was sent.
    options = ["-g", "--path-as-is", *_method(method, bool(body))]
    parts = _FORM in head.lower()
    for name, _, value in (line.partition(": ") for line in lines):
        if is_header_name(name) and name.lower() not in HOP_HEADERS and not (parts and name.lower() == "content-type"):
            options += ["-H", f"{name}: {value}" if value else f"{name};"]
    options += _parts(body) if parts else ["--data-raw", body] if body else []
    return " ".join(map(quote, ["curl", f"{site.scheme}://{site.netloc}{target}", *options]))


def _method(method: str, has_body: bool) -> list[str]:
    if method == "HEAD":
        return ["-I"]
    return [] if method == ("POST" if has_body else "GET") else ["-X", method]


def _parts(body: str) -> list[str]:
    """Return the options that send the parts of a form, in their order."""
    pieces = _PART.split(_END.sub("", body))[1:]
    options = []
    for name, file, value in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        if file is None:
            options += ["--form-string", f"{name}={value.removesuffix(chr(10))}"]
        elif _PLAIN.fullmatch(name) and _PLAIN.fullmatch(file):
            options += ["-F", f"{name}=@your_file;filename={file}"]
    return options
