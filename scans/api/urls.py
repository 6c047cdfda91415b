"""The addresses of the API."""

from django.urls import path, re_path

from scans.api import analyses, creating, findings, installation, reference, verbs

app_name = "api"

ANALYSIS = "analyses/<id:analysis>/"
URL_SCAN = f"{ANALYSIS}scans/<id:scan>/"
FINDING = f"{ANALYSIS}findings/<id:finding>/"

urlpatterns = [
    path("", reference.ReferenceView.as_view(), name="reference"),
    path("schema/", reference.SchemaView.as_view(), name="schema"),
    path("me/", installation.MeView.as_view(), name="me"),
    path("statuses/", installation.StatusesView.as_view(), name="statuses"),
    path("capacity/", installation.CapacityView.as_view(), name="capacity"),
    path("schedules/", installation.SchedulesView.as_view(), name="schedules"),
    path("analyses/", creating.CreatingAnalysesView.as_view(), name="analyses"),
    path(ANALYSIS, creating.ChangingAnalysisView.as_view(), name="analysis"),
    path(f"{ANALYSIS}activity/", analyses.ActivityView.as_view(), name="activity"),
    path(f"{ANALYSIS}findings/", findings.FindingsView.as_view(), name="findings"),
    path(FINDING, findings.FindingView.as_view(), name="finding"),
    path(f"{ANALYSIS}scans/", analyses.UrlScansView.as_view(), name="url-scans"),
    path(URL_SCAN, analyses.UrlScanView.as_view(), name="url-scan"),
    path(f"{URL_SCAN}coverage/", findings.CoverageView.as_view(), name="coverage"),
    *[path(f"{ANALYSIS}{name}/", view.as_view(), name=f"analysis-{name}") for name, view in verbs.OF_ANALYSIS.items()],
    *[path(f"{URL_SCAN}{name}/", view.as_view(), name=f"url-scan-{name}") for name, view in verbs.OF_SCAN.items()],
    *[path(f"{FINDING}{name}/", view.as_view(), name=f"finding-{name}") for name, view in verbs.OF_FINDING.items()],
    re_path(r"", reference.NoSuchAddressView.as_view()),
]
