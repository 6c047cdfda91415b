"""The admin of analyses: everything is read-only, except that the password of a saved login can be changed.

Its actions go through `transitions`, as everywhere.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Case, OuterRef, Subquery, When
from django.http import HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

from scans import activity, transitions
from scans.activity import SENTENCES, sentence, sentence_without_facts, status_labels
from scans.admin.base import SafeAdmin
from scans.encryption import KeyLost
from scans.models import (
    ActivityLogEntry,
    Analysis,
    CrawlScript,
    Finding,
    RecurringSchedule,
    Series,
    StopMode,
    SystemPart,
    TargetLogin,
    UrlScan,
)
from scans.models.lean import large
from scans.models.querysets import sees_everything
from scans.schedule.moments import time_span
from scans.statuses import Action, AnalysisStatus


class ReadOnlyAdmin(SafeAdmin):
    """Shows rows without what is encrypted, and cannot add, change or delete any."""

    encrypted_fields: list[str] = []

    def has_add_permission(self, request, obj=None) -> bool:
        """Never."""
        return False

    has_change_permission = has_delete_permission = has_add_permission

    worded_fields: dict[str, str] = {}  # column → the method that shows it in words

    path_to_analysis = ""  # from a row to an analysis that the page names

    def get_queryset(self, request):
        """All rows, each with the analysis that the page names, but for its large columns."""
        rows, path = super().get_queryset(request), self.path_to_analysis
        return rows.select_related(*self.list_select_related).defer(*large(Analysis, path)) if path else rows

    def get_fields(self, request, obj=None) -> list[str]:
        """All columns that are not encrypted, also those that no form can edit, such as the status.

        The numbers of findings are for those who may see every finding.
        """
        names = [field.name for field in self.opts.concrete_fields if not field.primary_key]
        if not sees_everything(request.user):
            names = [name for name in names if not name.startswith("findings_")]
        return [self.worded_fields.get(name, name) for name in names if name not in self.encrypted_fields]


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    """Analyses, with the actions to stop and publish them."""

    encrypted_fields = ["headers"]
    worded_fields = {"duration": "longest", "run_time": "ran_for"}
    list_display = ["name", "run", "status", "owner", "started_at", "ended_at", "changed_at", "page"]
    list_filter = ["status", "publication", ("removal_failed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["owner"]
    search_fields = ["name", "url_scans__url"]
    actions = ["stop_saving", "stop_deleting", "publish"]

    @admin.display(description=_("Summary"))
    def page(self, analysis: Analysis) -> str:
        """The link to its summary page."""
        return format_html('<a href="{}">{}</a>', analysis.get_absolute_url(), _("Open"))

    @admin.display(description=_("duration"))
    def longest(self, analysis: Analysis) -> str:
        """The duration in words."""
        return time_span(analysis.duration)

    @admin.display(description=_("run time"))
    def ran_for(self, analysis: Analysis) -> str:
        """The run time in words; empty until it has ended."""
        return time_span(analysis.run_time)

    @admin.action(description=StopMode.SAVE.label, permissions=["submit"])
    def stop_saving(self, request, queryset) -> None:
        """Stop the chosen analyses and save their results."""
        self._apply(request, queryset, lambda one: transitions.stop_analysis(one, StopMode.SAVE, by=request.user))

    @admin.action(description=StopMode.DELETE.label, permissions=["submit"])
    def stop_deleting(self, request, queryset) -> None:
        """Stop the chosen analyses and delete their results."""
        self._apply(request, queryset, lambda one: transitions.stop_analysis(one, StopMode.DELETE, by=request.user))

    @admin.action(description=Action.PUBLISH.label, permissions=["review"])
    def publish(self, request, queryset) -> None:
        """Publish the verified results of the chosen analyses."""
        self._apply(request, queryset, lambda one: transitions.publish(one, by=request.user))

    def has_submit_permission(self, request) -> bool:
        """Whether this user may stop analyses."""
        return request.user.has_perm("scans.submit_analysis")

    def has_review_permission(self, request) -> bool:
        """Whether this user may publish results."""
        return request.user.has_perm("scans.review_analysis")

    def _apply(self, request, queryset, verb) -> None:
        """Apply the verb to each; report how many succeeded, and why each of the others was refused."""
        done = 0
        for analysis in queryset:
            try:
                verb(analysis)
                done += 1
            except transitions.TransitionRefused as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
        text = _("Done for {done} of {all}.").format(done=done, all=len(queryset))
        self.message_user(request, text, messages.SUCCESS if done else messages.INFO)


@admin.register(UrlScan)
class UrlScanAdmin(ReadOnlyAdmin):
    """URL scans."""

    worded_fields = {"notices": "noticed", "login": "login_method", "crawl_script": "script_file"}
    path_to_analysis = "analysis"
    list_display = ["url", "analysis", "status", "reason", "started_at", "ended_at", "lease_holder"]
    list_filter = ["status"]
    list_select_related = ["analysis"]
    ordering = ["-pk"]
    search_fields = ["url", "analysis__name"]

    @admin.display(description=_("notices"))
    def noticed(self, url_scan: UrlScan) -> str:
        """Its notices as sentences."""
        return "\n".join(map(str, url_scan.notices))

    @admin.display(description=_("login"))
    def login_method(self, url_scan: UrlScan) -> str:
        """The method of its login."""
        return str(TargetLogin.objects.filter(pk=url_scan.login_id).first() or "")

    @admin.display(description=_("file of the crawl script"))
    def script_file(self, url_scan: UrlScan) -> str:
        """The name of its crawl script."""
        return str(CrawlScript.objects.filter(pk=url_scan.crawl_script_id).first() or "")


class NewPasswordForm(forms.ModelForm):
    """Shows nothing secret; takes a new password."""

    new_password = forms.CharField(
        label=_("New password"),
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted, and never shown again."),
    )


@admin.register(TargetLogin)
class TargetLoginAdmin(SafeAdmin):
    """The logins of URL scans. While an analysis is saved for later, the password can be changed."""

    form = NewPasswordForm
    list_display = ["used_for", "method", "username"]
    search_fields = ["url_scans__url", "username"]
    readonly_fields = ["used_for", *TargetLogin.OPEN_FIELDS]
    fields = [*readonly_fields, "new_password"]
    # The URL scan that stands for all that refer to a login: one whose analysis can be changed, if there is one.
    _FIRST = UrlScan.objects.filter(login=OuterRef("pk")).order_by(
        Case(When(analysis__status=AnalysisStatus.SAVED_FOR_LATER, then=0), default=1), "-pk"
    )

    def get_queryset(self, request):
        """Each with `url_scan` and its `url`."""
        first = {"url_scan": Subquery(self._FIRST.values("pk")[:1]), "url": Subquery(self._FIRST.values("url")[:1])}
        return super().get_queryset(request).annotate(**first)

    @admin.display(description=_("URL scan"))
    def used_for(self, login: TargetLogin) -> str:
        """The URL of one URL scan that uses it."""
        return login.url or ""

    def has_add_permission(self, request, obj=None) -> bool:
        """Never: logins are submitted with their analysis."""
        return False

    has_delete_permission = has_add_permission

    def has_change_permission(self, request, obj=None) -> bool:
        """Whether this user may submit analyses."""
        return request.user.has_perm("scans.submit_analysis")

    has_view_permission = has_change_permission

    def save_model(self, request, obj, form, change) -> None:
        """Store the new password through its verb, which seals it and writes the log; remember a refusal."""
        try:
            transitions.change_password(
                UrlScan.objects.get(pk=obj.url_scan), form.cleaned_data["new_password"], by=request.user
            )
        except (transitions.TransitionRefused, KeyLost) as refusal:
            obj.refusal = refusal

    def response_change(self, request, obj):
        """Report success, or show the page again with the reason why the password was refused."""
        refusal = getattr(obj, "refusal", None)
        if refusal is None:
            return super().response_change(request, obj)
        self.message_user(request, str(refusal), messages.ERROR)
        return HttpResponseRedirect(request.path)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of one login. The security log has who saw it."""
        login = self.get_object(request, unquote(object_id))
        if login is not None and self.has_view_permission(request, login):
            for url_scan in UrlScan.objects.filter(pk=login.url_scan):
                activity.note_secret_seen(url_scan, request)
        return super().change_view(request, object_id, form_url, extra_context)

    def log_change(self, request, obj, message) -> None:
        """Write nothing: the activity log has the entry."""


class ActionFilter(admin.SimpleListFilter):
    """Filters the log by action, in words. The choices come from no query: the log may be long."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request, model_admin) -> list[tuple[str, str]]:
        """Every action with its sentence, which has “…” for each fact."""
        return [(action, sentence_without_facts(action)) for action in SENTENCES]

    def queryset(self, request, queryset):
        """Keep the entries of the chosen action."""
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(ActivityLogEntry)
class ActivityLogEntryAdmin(ReadOnlyAdmin):
    """The activity log of all analyses."""

    worded_fields = {"from_status": "status_before", "to_status": "status_after"}
    path_to_analysis = "analysis"
    list_display = ["at", "what", "analysis", "url_scan", "actor", "user", "status_before", "status_after", "reason"]
    list_filter = ["actor", ActionFilter]
    list_select_related = ["analysis", "url_scan", "user"]
    search_fields = ["analysis__name", "url_scan__url", "reason"]
    date_hierarchy = "at"

    def get_queryset(self, request):
        """The rows that this user may see."""
        return super().get_queryset(request).visible_to(request.user)

    def get_fields(self, request, obj=None) -> list[str]:
        """All columns, after the sentence of the entry."""
        return ["what", *super().get_fields(request, obj)]

    @admin.display(description=_("What happened"))
    def what(self, entry: ActivityLogEntry) -> str:
        """The sentence of the entry."""
        return sentence(entry)

    @admin.display(description=_("status before"))
    def status_before(self, entry: ActivityLogEntry) -> str:
        """The label of the status before."""
        return status_labels(entry)[0]

    @admin.display(description=_("status after"))
    def status_after(self, entry: ActivityLogEntry) -> str:
        """The label of the status after."""
        return status_labels(entry)[1]


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    """Findings. Only reviewers see those under verification."""

    list_display = ["category", "severity", "method", "url", "parameter", "replay", "url_scan", "found_at"]
    list_filter = ["severity", "replay"]
    list_select_related = ["url_scan"]
    search_fields = ["category", "url", "parameter"]

    def get_queryset(self, request):
        """The rows that this user may see."""
        return super().get_queryset(request).visible_to(request.user)


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin):
    """Series."""

    search_fields = ["name"]


@admin.register(SystemPart)
class SystemPartAdmin(ReadOnlyAdmin):
    """The schedulers and workers, as they last reported. The page Workers drains and resumes them."""

    list_display = ["kind", "name", "host", "zones", "version", "engine", "clock_ahead", "drain", "seen_at"]
    list_filter = ["kind", "drain"]


@admin.register(RecurringSchedule)
class RecurringScheduleAdmin(ReadOnlyAdmin):
    """Recurring schedules. The summary page of a run switches them off and on."""

    path_to_analysis = "template"
    list_display = ["__str__", "next_at", "runs_made", "switched_off_at", "switched_off_reason"]
    list_select_related = ["series", "template"]


admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class BackgroundTaskAdmin(SafeAdmin, DBTaskResultAdmin):
    """The queue of background tasks. The library's own page has a heading that nobody can translate."""

    list_display = ["id", "name", *DBTaskResultAdmin.list_display[2:]]

    @admin.display(description=_("task name"))
    def name(self, task: DBTaskResult) -> str:
        """The name of the function that the worker calls."""
        return task.task_name
