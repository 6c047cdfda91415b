"""The security log: a page for administrators, and the same as a file."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from scans import htmx
from scans.activity import note
from scans.activity.security import sentence
from scans.exports.streams import json_text
from scans.exports.tables import csv_lines
from scans.filtersets import SecurityLogFilterSet
from scans.models import SecurityEvent
from scans.views.downloads import attachment

PAGE_SIZE = 50
COLUMNS = ["event", "kind", "actor", "who", "subject_type", "subject", "address", "request_id"]
HEAD = ["when", *COLUMNS, "message", "facts"]


class AdministratorRequired(PermissionRequiredMixin):
    """For those who may read the security log."""

    permission_required = "scans.view_securityevent"
    permission_denied_message = _("The security log is for administrators.")


class SecurityLogView(AdministratorRequired, View):
    """The events that match the filter, newest first. A page costs the same however long the log is."""

    def get(self, request: HttpRequest) -> HttpResponse:
        filterset = SecurityLogFilterSet(request.GET, SecurityEvent.objects.all())
        events, newer, older = _page(filterset)
        context = {"filterset": filterset, "events": [(event, sentence(event)) for event in events]}
        context |= {"newer": newer, "older": older, "query": filterset.query()}
        return htmx.respond(request, "scans/settings/security_log.html", "scans/settings/_security_log.html", context)


def _page(filterset: SecurityLogFilterSet) -> tuple[list[SecurityEvent], int | None, int | None]:
    """One page, and the ids before and after which the neighbouring pages begin; None where there is none."""
    chosen, position = filterset.qs, filterset.position
    if position.get("after") is not None:
        found = list(chosen.filter(pk__gt=position["after"]).order_by("pk")[: PAGE_SIZE + 1])
        events, has_newer, has_older = found[:PAGE_SIZE][::-1], len(found) > PAGE_SIZE, True
    else:
        before = position.get("before")
        found = list((chosen if before is None else chosen.filter(pk__lt=before)).order_by("-pk")[: PAGE_SIZE + 1])
        events, has_newer, has_older = found[:PAGE_SIZE], before is not None, len(found) > PAGE_SIZE
    if not events:
        return [], None, None
    return events, events[0].pk if has_newer else None, events[-1].pk if has_older else None


class SecurityLogFileView(AdministratorRequired, View):
    """CSV of all events that match the page's filter, oldest first: in English and UTC, for programs."""

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        """Stream the file. That somebody downloads it is an event itself."""
        chosen = SecurityLogFilterSet(request.GET, SecurityEvent.objects.order_by("pk")).qs
        note("log.exported", request=request)
        return attachment(csv_lines(HEAD, map(_cells, chosen.iterator(chunk_size=500))), "security-log", "csv")


def _cells(event: SecurityEvent) -> list[str]:
    texts = [getattr(event, name) for name in COLUMNS]
    return [event.at.isoformat(), *texts, sentence(event).in_english(), json_text(event.facts)]
