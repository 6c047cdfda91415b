"""The views above the list of analyses: the system's, declared here, and those that users saved."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from scans.models import PersonSettings, SavedView
from scans.statuses import ANALYSIS_STATUSES, AnalysisStatus, Phase, in_phase


@dataclass(frozen=True, kw_only=True)
class ListView:
    """A name for a query string of the list; `saved` is None for a view of the system."""

    key: str
    name: str | Promise
    query: str
    saved: SavedView | None = None


def _system(key: str, name: Promise, **parameters) -> ListView:
    return ListView(key=key, name=name, query=f"?{urlencode(parameters, doseq=True)}")


NEED_ATTENTION = [
    code
    for code, status in ANALYSIS_STATUSES.items()
    if status.tone == "danger" or code == AnalysisStatus.IN_PROGRESS_WITH_WARNING
]

SYSTEM_VIEWS = [
    _system("running", _("Running now"), status=in_phase(ANALYSIS_STATUSES, Phase.ACTIVE)),
    # A failed analysis that was run again needs no attention.
    _system("attention", _("Needs attention"), status=NEED_ATTENTION, latest="1"),
    _system("stuck", _("Stuck"), stuck="1", order="changed"),
    _system("review", _("Waiting for review"), review="1"),
    _system("today", _("Finished today"), ended_from="today"),
    _system("mine", _("Mine"), owner="me"),
]


def views_of(user) -> list[ListView]:
    """Every view that this user sees: the system's, then saved ones by name; one query."""
    saved = SavedView.objects.seen_by(user)
    return SYSTEM_VIEWS + [ListView(key=str(view.pk), name=view.name, query=view.query, saved=view) for view in saved]


def first_query(user) -> str:
    """The query string that the list opens with for this user; empty for the whole list, without a query then."""
    key = PersonSettings.of(user).default_view
    views = views_of(user) if key.isdigit() else SYSTEM_VIEWS if key else []
    return next((view.query for view in views if view.key == key), "")
