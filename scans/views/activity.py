"""The activity log of an analysis as a file."""

from django.http import HttpRequest, StreamingHttpResponse
from django.views.generic import View

from scans.activity import BY_TOKEN, sentence, status_labels
from scans.exports.tables import csv_lines
from scans.filtersets import ActivityLogFilterSet
from scans.models import ActivityLogEntry
from scans.views.access import ViewerRequired, present_analysis
from scans.views.downloads import attachment, language_of

HEAD = [
    *("when", "actor", "user", "url", "action", "what", "from", "to", "reason"),
    *("id", "url_scan", "actor_code", "from_status", "to_status", "reason_code", "token"),
]


class ActivityLogFileView(ViewerRequired, View):
    """CSV of all log entries that match the page's filter, oldest first."""

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        analysis = present_analysis(pk)
        entries = ActivityLogEntry.objects.filter(analysis=analysis).visible_to(request.user).newest_first().reverse()
        urls = [(str(scan_id), url) for scan_id, url in analysis.url_scans.values_list("pk", "url")]
        chosen = ActivityLogFilterSet(request.GET, entries, urls=urls).qs
        with language_of("csv"):
            lines = csv_lines(HEAD, map(_cells, chosen.iterator(chunk_size=500)))
            return attachment(lines, f"activity-log-{analysis.pk}", "csv")


def _cells(entry: ActivityLogEntry) -> list:
    """The texts, and then the codes that stand for them."""
    url = entry.url_scan.url if entry.url_scan else ""
    who = [entry.get_actor_display(), str(entry.user or "")]
    texts = [entry.at.isoformat(), *who, url, entry.action, sentence(entry), *status_labels(entry), str(entry.reason)]
    codes = [entry.pk, entry.url_scan_id, entry.actor, entry.from_status, entry.to_status, entry.reason.code]
    codes.append(entry.data.get(BY_TOKEN, ""))
    return texts + codes
