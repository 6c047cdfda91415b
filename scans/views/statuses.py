"""The legend of all statuses."""

from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES
from scans.views.access import ViewerRequired


class StatusListView(ViewerRequired, TemplateView):
    """Every status with its icon, meaning and next step."""

    template_name = "scans/statuses/status_list.html"
    extra_context = {
        "catalogues": [
            ("analysis", _("Analyses"), ANALYSIS_STATUSES.values()),
            ("url-scan", _("URL scans"), URL_SCAN_STATUSES.values()),
        ]
    }
