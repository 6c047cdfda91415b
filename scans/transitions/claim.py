"""The beginning of most verbs that users ask for: may they, and does the status allow it?"""

from typing import TypeVar

from scans.models import Analysis, UrlScan
from scans.statuses import Action
from scans.transitions.core import By, locked, locked_scan, permit, require

Thing = TypeVar("Thing", Analysis, UrlScan)


def claim(thing: Thing, action: Action, by: By, permission: str = "submit_analysis") -> Thing:
    """Return the analysis or URL scan as it is now, with the analysis locked until the transaction ends.

    Raises NotPermitted if the user does not have this permission, TransitionRefused if the status does not allow the
    action or the analysis is deleted.
    """
    permit(by, permission)
    fresh = locked(thing.pk) if isinstance(thing, Analysis) else locked_scan(thing)
    require(fresh, action)
    return fresh
