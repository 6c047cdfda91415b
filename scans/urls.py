"""The product's addresses."""

from django.urls import include, path

from scans.views import (
    accounts,
    actions,
    activity,
    analysis_detail,
    analysis_form,
    analysis_list,
    api_tokens,
    bulk,
    comparison,
    coverage,
    exports,
    finding_lists,
    findings,
    form_review,
    home,
    saved_views,
    schedules,
    security_log,
    settings,
    statuses,
    url_scan_bulk,
    url_scans,
    webhooks,
    workers,
)
from scans.views.addresses import ANALYSIS, API, URL_SCAN

app_name = "scans"


urlpatterns = [
    path("", home.HomeView.as_view(), name="home"),
    path(API, include("scans.api.urls")),
    path("schedules/", schedules.ScheduleListView.as_view(), name="schedule-list"),
    path("statuses/", statuses.StatusListView.as_view(), name="status-list"),
    path("settings/password/", accounts.password, name="password"),
    path("settings/end-other-sessions/", accounts.EndOtherSessionsView.as_view(), name="end-other-sessions"),
    path("settings/sessions/<id:pk>/end/", accounts.EndSessionView.as_view(), name="end-session"),
    path("settings/", settings.SettingsView.as_view(), name="settings"),
    *[
        path(f"settings/{name}/", settings.SettingView.as_view(name=name), name=f"setting-{name}")
        for name in settings.SWITCHES
    ],
    path("settings/tokens/new/", api_tokens.ApiTokenCreateView.as_view(), name="api-token-create"),
    path("settings/tokens/<id:pk>/revoke/", api_tokens.ApiTokenRevokeView.as_view(), name="api-token-revoke"),
    path("settings/security-log/", security_log.SecurityLogView.as_view(), name="security-log"),
    path("settings/workers/", workers.WorkersView.as_view(), name="workers"),
    *[
        path(f"settings/workers/<id:pk>/{name}/", workers.WorkerActionView.as_view(action=name), name=f"worker-{name}")
        for name in workers.ACTIONS
    ],
    path("settings/webhooks/", webhooks.WebhookListView.as_view(), name="webhook-list"),
    path("settings/webhooks/new/", webhooks.WebhookCreateView.as_view(), name="webhook-create"),
    path("settings/webhooks/<id:pk>/", webhooks.WebhookView.as_view(), name="webhook"),
    path("settings/webhooks/<id:pk>/edit/", webhooks.WebhookEditView.as_view(), name="webhook-edit"),
    path("settings/webhooks/<id:pk>/new-secret/", webhooks.WebhookRotateView.as_view(), name="webhook-rotate"),
    path("settings/webhooks/<id:pk>/delete/", webhooks.WebhookDeleteView.as_view(), name="webhook-delete"),
    *[
        path(
            f"settings/webhooks/<id:pk>/{name}/",
            webhooks.WebhookActionView.as_view(action=name),
            name=f"webhook-{name}",
        )
        for name in webhooks.ACTIONS
    ],
    path(
        "settings/webhooks/<id:pk>/deliveries/<id:delivery_id>/",
        webhooks.WebhookDeliveryView.as_view(),
        name="webhook-delivery",
    ),
    path(
        "settings/webhooks/<id:pk>/deliveries/<id:delivery_id>/again/",
        webhooks.WebhookSendAgainView.as_view(),
        name="webhook-send-again",
    ),
    path("settings/security-log.csv", security_log.SecurityLogFileView.as_view(), name="security-log-file"),
    path("analyses/", analysis_list.AnalysisListView.as_view(), name="analysis-list"),
    *[
        path(f"analyses/export.{form}", exports.AnalysisListFileView.as_view(form=form), name=f"analysis-list-{form}")
        for form in exports.LIST_FORMATS
    ],
    *[
        path(f"analyses/bulk/{name}/", bulk.BulkView.as_view(question=name), name=f"bulk-{name}")
        for name in bulk.QUESTIONS
    ],
    path("analyses/bulk/<id:pk>/", bulk.BulkActionView.as_view(), name="bulk-action"),
    path("analyses/submitters/", analysis_list.SubmittersView.as_view(), name="submitters"),
    path("analyses/views/", saved_views.SavedViewListView.as_view(), name="saved-view-list"),
    path("analyses/views/new/", saved_views.SavedViewCreateView.as_view(), name="saved-view-create"),
    path("analyses/views/<id:pk>/", saved_views.SavedViewEditView.as_view(), name="saved-view-edit"),
    path("analyses/views/<id:pk>/delete/", saved_views.SavedViewDeleteView.as_view(), name="saved-view-delete"),
    path("analyses/new/", analysis_form.AnalysisCreateView.as_view(), name="analysis-create"),
    path("analyses/new/review/", form_review.ReviewView.as_view(), name="review"),
    path("analyses/new/starts/", analysis_form.StartsView.as_view(), name="starts"),
    path(ANALYSIS + "edit/", analysis_form.AnalysisEditView.as_view(), name="analysis-edit"),
    path(ANALYSIS + "edit-and-run-again/", analysis_form.EditAndRunAgainView.as_view(), name="analysis-edit-again"),
    path(ANALYSIS + "duplicate/", analysis_form.DuplicateView.as_view(), name="analysis-duplicate"),
    path(ANALYSIS + "extend/", actions.AnalysisExtendView.as_view(), name="analysis-extend"),
    path(ANALYSIS, analysis_detail.AnalysisDetailView.as_view(), name="analysis-detail"),
    path(ANALYSIS + "activity-log.csv", activity.ActivityLogFileView.as_view(), name="activity-log-file"),
    *[
        path(f"{ANALYSIS}results.{form}", exports.ResultsFileView.as_view(form=form), name=f"results-{form}")
        for form in exports.RESULTS_FORMATS
    ],
    path(ANALYSIS + "comparison/", comparison.ComparisonView.as_view(), name="comparison"),
    path(ANALYSIS + "findings/", finding_lists.AnalysisFindingListView.as_view(), name="analysis-finding-list"),
    path(ANALYSIS + "findings/mark/", finding_lists.BulkMarkView.as_view(), name="bulk-mark"),
    path(ANALYSIS + "findings/verify-again/", finding_lists.BulkVerifyView.as_view(), name="bulk-verify"),
    path(ANALYSIS + "stop/", actions.AnalysisStopView.as_view(), name="analysis-stop"),
    path(ANALYSIS + "delete/", actions.AnalysisDeleteView.as_view(), name="analysis-delete"),
    *[
        path(f"{ANALYSIS}{name}/", actions.AnalysisActionView.as_view(action=name), name=f"analysis-{name}")
        for name in actions.ANALYSIS_ACTIONS
    ],
    *[
        path(f"{ANALYSIS}scans/{name}/", url_scan_bulk.UrlScanBulkView.as_view(question=name), name=f"url-scans-{name}")
        for name in url_scan_bulk.QUESTIONS
    ],
    path(URL_SCAN, url_scans.UrlScanDetailView.as_view(), name="url-scan-detail"),
    path(URL_SCAN + "findings/", finding_lists.FindingListView.as_view(), name="finding-list"),
    path(URL_SCAN + "findings/<id:finding_id>/", findings.FindingDetailView.as_view(), name="finding-detail"),
    path(URL_SCAN + "findings/<id:finding_id>/mark/", findings.MarkView.as_view(), name="finding-mark"),
    path(URL_SCAN + "findings/<id:finding_id>/take-back/", findings.TakeBackView.as_view(), name="finding-take-back"),
    path(URL_SCAN + "findings/<id:finding_id>/assign/", findings.AssignView.as_view(), name="finding-assign"),
    path(URL_SCAN + "findings/<id:finding_id>/verify-again/", findings.VerifyView.as_view(), name="finding-verify"),
    *[
        path(
            f"{URL_SCAN}results.{form}",
            exports.UrlScanResultsFileView.as_view(form=form),
            name=f"url-scan-results-{form}",
        )
        for form in exports.RESULTS_FORMATS
    ],
    path(URL_SCAN + "coverage/", coverage.CoverageView.as_view(), name="coverage"),
    path(URL_SCAN + "coverage.csv", coverage.CoverageFileView.as_view(), name="coverage-file"),
    path(URL_SCAN + "log/", url_scans.EngineLogView.as_view(), name="engine-log"),
    path(URL_SCAN + "log/piece/", url_scans.EngineLogPieceView.as_view(), name="engine-log-piece"),
    path(URL_SCAN + "screenshots/<id:screenshot_id>/", url_scans.ScreenshotView.as_view(), name="screenshot"),
    path(URL_SCAN + "log/engine.log", url_scans.EngineLogFileView.as_view(), name="engine-log-file"),
    path(URL_SCAN + "configuration/", url_scans.ConfigurationView.as_view(), name="configuration"),
    path(URL_SCAN + "login/", analysis_form.AccessView.as_view(), name="access"),
    path(URL_SCAN + "stop/", actions.UrlScanStopView.as_view(), name="url-scan-stop"),
    *[
        path(f"{URL_SCAN}{name}/", actions.UrlScanActionView.as_view(action=name), name=f"url-scan-{name}")
        for name in actions.URL_SCAN_ACTIONS
    ],
]
