"""How findings are ranked and counted: the severities, worst first, their labels and weight, and the dismissing marks.

Every page counts *open weaknesses*, and the dismissed ones beside them: a weakness counts once, at however many places,
and it is dismissed while a reviewer's mark says that nothing is left to do about it.
"""

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
DISMISSING_MARKS = ("false_positive", "accepted", "fixed")
DISMISSED = "dismissed"  # the key beside the severities in a count
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


def total(counts: Mapping[str, int]) -> int:
    """Return the number of all severities together, without what else a count has, such as dismissed weaknesses."""
    return sum(counts[severity] for severity in SEVERITIES)
