"""The form of a new or saved analysis, the preview of its starts, and the login of one of its URLs."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, View

from scans import activity, transitions
from scans.configuration.submission import Submission, as_typed, configuration
from scans.forms.access import AccessForm
from scans.forms.schedule import ScheduleForm
from scans.forms.submission import SubmissionForm
from scans.models import Analysis
from scans.schedule.moments import time_zones
from scans.statuses import Action
from scans.views.access import SubmitterRequired, present_analysis, present_url_scan


class AnalysisFormView(SubmitterRequired, FormView):
    """The form of an analysis. The button that was pressed decides: submit, save, prescan or preview."""

    form_class = SubmissionForm
    template_name = "scans/analysis_form/analysis_form.html"

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
        return super().get_context_data(time_zones=sorted(time_zones()), **context)


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


class AnalysisEditView(AnalysisFormView):
    """An analysis that was saved for later."""

    asked = "change"

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Find the analysis first. If its status does not allow editing any more, say so on its summary."""
        if not self.has_permission():
            return self.handle_no_permission()
        self.analysis = present_analysis(kwargs["pk"])
        try:
            transitions.require(self.analysis, Action.EDIT)
        except transitions.TransitionRefused as refusal:
            if request.method == "POST":
                transitions.note_refusal(self.asked, self.analysis, request.user, refusal)
            messages.error(request, str(refusal))
            return redirect(self.analysis)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict:
        """Pass the saved configuration to the form, also as initial values."""
        saved = configuration(self.analysis)
        initial = as_typed(saved) | {"authorised": True}
        return {**super().get_form_kwargs(), "initial": initial, "saved": saved}

    def get_context_data(self, **context) -> dict:
        """Add the analysis, and whether any of its URLs has a login or a crawl script."""
        scans = self.analysis.url_scans.filter(Q(login__isnull=False) | Q(crawl_script__isnull=False))
        return super().get_context_data(analysis=self.analysis, has_access=scans.exists(), **context)

    def store(self, submission: Submission, then: str) -> Analysis:
        """Change it, submit it if the button says so, and return it. Raises TransitionRefused."""
        analysis = transitions.change(self.analysis, submission, by=self.request.user)
        if then == "submit":
            transitions.submit_again(analysis, by=self.request.user)
        return analysis


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
