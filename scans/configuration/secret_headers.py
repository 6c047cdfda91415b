"""The headers of an analysis as its column holds them: opened for a scan, sealed anew, or looked for in evidence."""

from scans import encryption
from scans.models import Analysis
from scans.targets.request_rules import RequestRules, rules


def opened(column: dict[str, str] | None) -> tuple[tuple[str, str], ...]:
    """The headers with their values; raises KeyLost."""
    return tuple((name, encryption.unseal(sealed)) for name, sealed in (column or {}).items())


def resealed(column: dict[str, str]) -> dict[str, str]:
    """The same headers under the newest key; raises KeyLost."""
    return {name: encryption.reseal(sealed) for name, sealed in column.items()}


def rules_of(analysis: Analysis) -> RequestRules:
    """Return the rules for every request of this analysis' scans; raises KeyLost."""
    return rules(opened(analysis.headers), analysis.left_out or ())
