"""The headers of an analysis as its column holds them: opened for a scan, sealed again, or looked for in evidence."""

from scans import encryption
from scans.configuration.per_url import holding, joined
from scans.configuration.usual_patterns import patterns_for
from scans.encryption import KeyLost
from scans.models import UrlScan
from scans.targets.request_rules import HeaderRefused, RequestRules
from scans.targets.shared_rules import is_of_connection

CANNOT_BE_USED = (KeyLost, HeaderRefused)  # the errors of `rules_of`


def values(column: dict[str, str] | None) -> list[str]:
    """The values of all headers; raises KeyLost."""
    return [encryption.unseal(sealed) for sealed in (column or {}).values()]


def resealed(column: dict[str, str]) -> dict[str, str]:
    """The same headers under the newest key; raises KeyLost."""
    return {name: encryption.reseal(sealed) for name, sealed in column.items()}


def names_for(url_scan: UrlScan) -> list[str]:
    """The names of the headers that requests of this URL scan carry."""
    return sorted({name for _, name in holding(url_scan.analysis.headers or (), url_scan.url)})


def rules_of(url_scan: UrlScan) -> RequestRules:
    """Return the rules for every request of this URL scan; what is given for its URL alone wins.

    Raises KeyLost, and HeaderRefused for a header that an older version stored and this one refuses.
    """
    column, headers = url_scan.analysis.headers or {}, {}
    for url, name in holding(column, url_scan.url):
        if is_of_connection(name):
            raise HeaderRefused("stored_header_refused", name=name)
        headers[name.lower()] = name, encryption.unseal(column[joined(url, name)])
    left_out = tuple(pattern for _, pattern in patterns_for(url_scan.analysis.left_out or (), url_scan.url))
    return RequestRules(url=url_scan.url, headers=tuple(headers.values()), left_out=left_out)
