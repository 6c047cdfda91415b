"""Zones: networks whose workers reach targets that others cannot reach. A target belongs to one zone.

The default zone has no name in the database; people write it as `default`.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from scans.targets.policy import address_or_none, parse_pattern

DEFAULT_ZONE, DEFAULT_NAME = "", "default"
MAX_ZONE_CHARACTERS = 16  # a queue of tasks, whose name has 32 characters, is named by kind, zone and owner
_NAME = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{MAX_ZONE_CHARACTERS - 2}}}[a-z0-9])?")


def parse_zone(name: str) -> str:
    """Return a zone as it is stored. Raises ValueError for what is no name of a zone."""
    text = name.strip().lower()
    if text in (DEFAULT_ZONE, DEFAULT_NAME):
        return DEFAULT_ZONE
    if not _NAME.fullmatch(text):
        raise ValueError(f"{name!r} is not the name of a zone.")
    return text


def shown_zone(zone: str) -> str:
    """Return the name of a zone for people and programs."""
    return zone or DEFAULT_NAME


class ZoneRules:
    """Tells the zone of a target: that of the most specific pattern which matches its host as it is written.

    For a name that is the name itself, then the longest wildcard; for an address, the smallest network. Names are not
    resolved, because often only workers of the zone can. Without a match, a target is in the default zone.
    """

    def __init__(self, rules: Iterable[tuple[str, str]]):
        parsed = [(parse_pattern(pattern), zone) for pattern, zone in rules]
        self._names = {pattern: zone for pattern, zone in parsed if isinstance(pattern, str)}
        networks = [(pattern, zone) for pattern, zone in parsed if not isinstance(pattern, str)]
        self._networks = sorted(networks, key=lambda rule: -rule[0].prefixlen)

    def of(self, url: str) -> str:
        """Return the zone of a normalised URL."""
        host = urlsplit(url).hostname or ""
        if address := address_or_none(host):
            return next((zone for network, zone in self._networks if address in network), DEFAULT_ZONE)
        labels = host.split(".")
        above = (f"*.{'.'.join(labels[number:])}" for number in range(1, len(labels)))
        return next((self._names[name] for name in (host, *above) if name in self._names), DEFAULT_ZONE)
