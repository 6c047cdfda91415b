"""The names of the checks of a target, as their codes are stored."""

from scans.reasons.core import Reason


def check_name(step: str) -> Reason:
    """The name of a check, for a sentence; of two that failed together, both. An unknown one stands as it is."""
    first, _, second = step.partition(" and ")
    if second:
        return Reason("both_checks", first=check_name(first), second=check_name(second))
    try:
        return Reason(f"check_{step.replace(' ', '_').lower()}")
    except KeyError:
        return Reason("text", text=step)
