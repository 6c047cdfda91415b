"""The legend of all statuses."""

from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES
from scans.summaries.status_flow import analysis_flow, url_scan_flow
from scans.views.access import ViewerRequired


class StatusListView(ViewerRequired, TemplateView):
    """Every status with its icon, meaning and next step; before them the order in which they follow each other."""

    template_name = "scans/statuses/status_list.html"

    def get_context_data(self, **kwargs) -> dict:
        analysis = ("analysis", _("Analyses"), ANALYSIS_STATUSES.values(), analysis_flow())
        url_scan = ("url-scan", _("URL scans"), URL_SCAN_STATUSES.values(), url_scan_flow())
        return super().get_context_data(**kwargs) | {"catalogues": [analysis, url_scan]}
