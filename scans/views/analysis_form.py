"""The form of a new or saved analysis, the preview of its starts, and the login of one of its URLs."""

from dataclasses import replace

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, View

from scans import activity, transitions
from scans.configuration.submission import Access, Submission, as_typed, configuration, once_more
from scans.forms.access import AccessForm
from scans.forms.schedule import ScheduleForm
from scans.forms.submission import SubmissionForm
from scans.models import Analysis, Series
from scans.reasons import NO_REASON
from scans.schedule.moments import time_zones
from scans.statuses import FAILED, Action, UrlScanStatus
from scans.views.access import SubmitterRequired, present_analysis, present_url_scan
from scans.views.form_review import review

SUBMITTED = UrlScanStatus.SUBMITTED
MAX_FAILED = 50  # URLs that are listed above the form


class AnalysisFormView(SubmitterRequired, FormView):
    """The form of an analysis. The button that was pressed decides: submit, save, prescan or preview."""

    form_class = SubmissionForm
    template_name = "scans/analysis_form/analysis_form.html"
    kind = ""  # for the template: edit, again or copy

    def form_valid(self, form: SubmissionForm) -> HttpResponse:
        """Store the analysis and redirect to its summary; for a preview, show the form with the next starts."""
        then = self.request.POST.get("then", "submit")
        if then == "preview":
            return self.render_to_response(self.get_context_data(form=form, coming=form.coming()))
        try:
            analysis = self.store(form.submission(), then)
        except transitions.TransitionRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        try:
            if then == "prescan":
                transitions.prescan_only(analysis, by=self.request.user)
        except transitions.TransitionRefused as refusal:
            messages.error(self.request, str(refusal))
            return redirect(analysis)
        _warn_of_scripts(self.request, form)
        messages.success(self.request, _BECAME.get(then, _BECAME["submit"]).format(analysis))
        return redirect(analysis)

    def form_invalid(self, form: SubmissionForm) -> HttpResponse:
        """Show the form again, with what was typed and the errors."""
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **context) -> dict:
        """Add the time zones, and the review of a form that was sent; a script asks for that of another one."""
        if (form := context.get("form")) and form.is_bound:
            context["review"] = review(form, form.data.get("name", ""), self.kind)
        return super().get_context_data(time_zones=sorted(time_zones()), kind=self.kind, **context)


def _warn_of_scripts(request: HttpRequest, form: AccessForm) -> None:
    """Say at once which script the checks will refuse."""
    for problem in form.unplayable():
        messages.warning(request, problem)


_BECAME = {
    "submit": _("“{}” was submitted."),
    "save": _("“{}” was saved for later."),
    "prescan": _("“{}” was saved, and its URLs are being checked."),
}


class AnalysisCreateView(AnalysisFormView):
    """A new analysis."""

    def store(self, submission: Submission, then: str) -> Analysis:
        """Submit or save it, and return it. Raises TransitionRefused."""
        verb = transitions.save if then in ("save", "prescan") else transitions.submit
        return verb(submission, by=self.request.user)


class FromAnalysisView(AnalysisFormView):
    """A form that is filled in from an analysis: saved secrets stay, unless others are typed."""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Find the analysis first. If this is not possible with it (any more), say so on its summary."""
        if not self.has_permission():
            return self.handle_no_permission()
        self.analysis = present_analysis(kwargs["pk"], whole=True)
        try:
            self.require_possible()
        except transitions.TransitionRefused as refusal:
            if request.method == "POST":
                transitions.note_refusal(self.asked, self.analysis, request.user, refusal)
            messages.error(request, str(refusal))
            return redirect(self.analysis)
        return super().dispatch(request, *args, **kwargs)

    def require_possible(self) -> None:
        """Raise TransitionRefused if the status of the analysis does not allow this."""

    def before(self) -> Submission:
        """The configuration that the form is filled in with."""
        return once_more(self.analysis)

    def get_form_kwargs(self) -> dict:
        """Pass the configuration to the form, also as initial values, with the logins that stay."""
        saved = self.before()
        given = super().get_form_kwargs()
        initial = as_typed(saved) | given["initial"]
        failed = self.analysis.url_scans.filter(status=UrlScanStatus.AUTHENTICATION_ERROR).values_list("url", flat=True)
        return {**given, "initial": initial, "saved": saved, "kept": saved.access, "failed": set(failed)}

    def get_context_data(self, **context) -> dict:
        """Add the analysis, and its URLs whose scan or last check failed."""
        scans = self.analysis.url_scans.filter(Q(status__in=FAILED) | ~Q(reason=NO_REASON) & Q(status=SUBMITTED))
        failed = list(scans.order_by("position")[:MAX_FAILED])
        for scan in failed:
            scan.analysis = self.analysis
        if with_login := next((scan for scan in self.analysis.url_scans.all() if scan.login_id), None):
            activity.note_secret_seen(with_login, self.request)
        return super().get_context_data(analysis=self.analysis, failed=failed, **context)


class AnalysisEditView(FromAnalysisView):
    """An analysis that was saved for later."""

    asked, kind = "change", "edit"

    def require_possible(self) -> None:
        transitions.require(self.analysis, Action.EDIT)

    def before(self) -> Submission:
        """The saved configuration, with its schedule."""
        return configuration(self.analysis)

    def get_initial(self) -> dict:
        return {**super().get_initial(), "authorised": True}

    def store(self, submission: Submission, then: str) -> Analysis:
        """Change it, submit it if the button says so, and return it. Raises TransitionRefused."""
        analysis = transitions.change(self.analysis, submission, by=self.request.user)
        if then == "submit":
            transitions.submit_again(analysis, by=self.request.user)
        return analysis


class EditAndRunAgainView(FromAnalysisView):
    """The next run of an analysis that has ended, with a changed configuration."""

    asked, kind = "run_changed", "again"

    def require_possible(self) -> None:
        transitions.require(self.analysis, Action.RUN_AGAIN)

    def store(self, submission: Submission, then: str) -> Analysis:
        """Submit the next run or save it, and return it. Raises TransitionRefused."""
        later = then in ("save", "prescan")
        return transitions.run_changed(self.analysis, submission, by=self.request.user, later=later)


class DuplicateView(FromAnalysisView):
    """Another analysis, filled in from this one: a series of its own."""

    asked, kind = "duplicate", "copy"

    def before(self) -> Submission:
        """The same under another name, which no series has."""
        return replace(once_more(self.analysis), name=Series.free_name(self.analysis.name))

    def store(self, submission: Submission, then: str) -> Analysis:
        """Submit the copy or save it, and return it. Raises TransitionRefused."""
        later = then in ("save", "prescan")
        return transitions.duplicate(self.analysis, submission, by=self.request.user, later=later)


class StartsView(SubmitterRequired, View):
    """The next starts of an analysis with this schedule, shown in the form while somebody types."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the fragment with the starts, or with the errors of the schedule."""
        form = ScheduleForm(request.GET)
        context = {"form": form, "coming": form.coming() if form.is_valid() else None}
        return render(request, "scans/analysis_form/_starts.html", context)


class AccessView(SubmitterRequired, FormView):
    """The form of the login and crawl script of one URL of a saved analysis."""

    asked = "change_access"
    form_class = AccessForm
    template_name = "scans/analysis_form/access_form.html"

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.has_permission():
            return self.handle_no_permission()
        self.url_scan = present_url_scan(kwargs["analysis_id"], kwargs["pk"], request.user)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict:
        """Pass the saved login and crawl script, whose secrets stay unless others are typed."""
        scan = self.url_scan
        access = Access(login=scan.login, crawl_script=scan.crawl_script)
        return {**super().get_form_kwargs(), "kept": {scan.url: access}}

    def get_context_data(self, **context) -> dict:
        """Add URL scan and analysis. The page says whether a login is stored, which the security log notes."""
        if self.url_scan.login_id or self.url_scan.crawl_script_id:
            activity.note_secret_seen(self.url_scan, self.request)
        return super().get_context_data(url_scan=self.url_scan, analysis=self.url_scan.analysis, **context)

    def form_valid(self, form: AccessForm) -> HttpResponse:
        """Replace login and crawl script. If the analysis was submitted meanwhile, show why that is refused."""
        try:
            transitions.change_access(self.url_scan, form.access(), by=self.request.user)
            _warn_of_scripts(self.request, form)
            messages.success(self.request, _("The login of {url_scan} was changed.").format(url_scan=self.url_scan))
        except transitions.TransitionRefused as refusal:
            messages.error(self.request, str(refusal))
        return redirect("scans:configuration", self.url_scan.analysis_id, self.url_scan.pk)

    def form_invalid(self, form: AccessForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
