"""How findings are ranked: the severities, worst first, their labels, and their weight as one number."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from scans.engines.events import Severity

SEVERITIES = tuple(severity.value for severity in Severity)  # worst first
_LABELS = {
    Severity.CRITICAL: _("Critical"),
    Severity.HIGH: _("High"),
    Severity.MEDIUM: _("Medium"),
    Severity.LOW: _("Low"),
    Severity.INFO: _("Info"),
}
SEVERITY_CHOICES = [(severity.value, _LABELS[severity]) for severity in Severity]
_ROOM = 4096  # the count of one severity stays below this, so that it never outweighs the next
MOST_WEIGHED = _ROOM - 1


def weigh(counts: Mapping[str, int]) -> int:
    """Turn findings by severity into one number to sort by: worst severity first; over 4,095 of one count as 4,095."""
    weight = 0
    for severity in SEVERITIES:
        weight = weight * _ROOM + min(counts[severity], MOST_WEIGHED)
    return weight


def unweigh(weight: int) -> dict[str, int]:
    """Return the findings by severity that `weigh` turned into this number; 4,095 of one may be more."""
    counts = {}
    for severity in reversed(SEVERITIES):
        weight, counts[severity] = divmod(weight, _ROOM)
    return {severity: counts[severity] for severity in SEVERITIES}
