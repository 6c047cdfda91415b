"""The activity log of an analysis as a file."""

from django.http import HttpRequest, StreamingHttpResponse
from django.views.generic import View

from scans.activity import sentence, status_labels
from scans.exports.tables import csv_lines
from scans.models import ActivityLogEntry
from scans.views.access import ViewerRequired, present_analysis

HEAD = ["when", "actor", "user", "url", "action", "what", "from", "to", "reason"]


class ActivityLogFileView(ViewerRequired, View):
    """Every entry, oldest first, as CSV; made while it is sent, so that its length costs no memory."""

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """The file."""
        analysis = present_analysis(pk)
        entries = ActivityLogEntry.objects.filter(analysis=analysis).newest_first().reverse()
        return StreamingHttpResponse(
            csv_lines(HEAD, map(_cells, entries.iterator(chunk_size=500))),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="activity-log-{analysis.pk}.csv"'},
        )


def _cells(entry: ActivityLogEntry) -> list[str]:
    url = entry.url_scan.url if entry.url_scan else ""
    who = [entry.get_actor_display(), str(entry.user or "")]
    return [entry.at.isoformat(), *who, url, entry.action, sentence(entry), *status_labels(entry), entry.reason]
