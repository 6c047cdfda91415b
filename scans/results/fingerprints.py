"""The fingerprint of a weakness: the same in every run of a series, however its evidence changes.

It tells apart what a person tells apart: category, place, parameter, engine module (the technique), and where the
engine says so subject and kind. An observation about a whole site has no place and no technique.
"""

import hashlib
import json
import re
from urllib.parse import urlsplit

# What sites and frameworks invent anew for each session: identifiers, hashes, and the cookies of old ASP.
_TOKEN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(?<![0-9a-z])(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{16,}(?![0-9a-z])"
    r"|(?<=aspsessionid)[a-z]{8}",
    re.IGNORECASE,
)
# Sessions that a site without cookies writes into its paths: Java's and ASP.NET's.
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*|/\(S\([^/]*\)\)", re.IGNORECASE)


def fingerprint(
    *, category: str, method: str, url: str, parameter: str, module: str, subject: str, kind: str, site_wide: bool
) -> str:
    """Return the fingerprint as 64 hexadecimal digits. The arguments are those of a FindingReported."""
    place = urlsplit(url)
    site = f"{place.scheme}://{place.netloc}".lower()
    if site_wide:
        parts = [category, site]
    else:
        path = _SESSION_IN_PATH.sub("", place.path)
        parts = [category, site, method, path, _steady(parameter), module]
    return hashlib.sha256(json.dumps([*parts, _steady(subject), kind]).encode()).hexdigest()


def _steady(name: str) -> str:
    return _TOKEN.sub("*", name)
