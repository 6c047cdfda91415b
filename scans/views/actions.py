"""The actions on one analysis or URL scan: each view calls one verb of `transitions` and shows the result."""

from collections.abc import Callable
from copy import copy
from functools import partial

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render, resolve_url
from django.urls import resolve
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from scans import htmx, transitions
from scans.forms.actions import ExtendForm, StopForm
from scans.models import Analysis, StopMode, UrlScan
from scans.models.querysets import sees_everything
from scans.statuses import Action
from scans.transitions import NotPermitted, TransitionRefused
from scans.views.access import Gone, SubmitterRequired, ViewerRequired, present_analysis, present_url_scan
from scans.views.redirects import page_asked_from, see

# Actions without a form: the verb, and the message on success.
ANALYSIS_ACTIONS: dict[str, tuple[Callable, str]] = {
    "submit-again": (transitions.submit_again, _("“{}” was submitted.")),
    "prescan": (transitions.prescan_only, _("The URLs of “{}” are being checked.")),
    "continue": (transitions.continue_expired, _("This run continues from what was saved of “{}”.")),
    "schedule-off": (transitions.switch_schedule_off, _("“{}” makes no further runs.")),
    "schedule-on": (transitions.switch_schedule_on, _("“{}” makes further runs again.")),
    "pause": (transitions.pause_analysis, _("“{}” is being paused.")),
    "resume": (transitions.resume_analysis, _("“{}” continues.")),
    "verify-again": (transitions.verify_again_analysis, _("The findings of “{}” are being verified again.")),
    "publish": (transitions.publish, _("The results of “{}” are published.")),
    "run-again": (transitions.run_again, _("This is a new run of “{}”.")),
    "run-failed-again": (transitions.run_failed_again, _("This is a new run of “{}”, only of the URLs that failed.")),
}
URL_SCAN_ACTIONS: dict[str, tuple[Callable, str]] = {
    "submit-again": (transitions.submit_scan_again, _("The scan of {} was submitted again.")),
    "pause": (transitions.pause, _("The scan of {} is being paused.")),
    "resume": (transitions.resume, _("The scan of {} continues.")),
    "verify-again": (transitions.verify_again, _("The findings of {} are being verified again.")),
    "run-again": (transitions.run_scan_again, _("This is a new run, of {} alone.")),
}
_STOPS = {StopMode.SAVE: Action.STOP_SAVE, StopMode.DELETE: Action.STOP_DELETE}
_STOPPED = {
    StopMode.SAVE: _("“{}” is being stopped; what was found is kept."),
    StopMode.DELETE: _("“{}” is being stopped; what was found is deleted."),
}


class ActionView(ViewerRequired, View):
    """Does one thing on POST, then redirects to the page that the request came from."""

    http_method_names = ["post"]
    action = ""

    def dispatch(self, request: HttpRequest, *args, **ids: int) -> HttpResponse:
        """Handle the request; if the analysis was deleted meanwhile, say so on the page that the request came from."""
        try:
            return super().dispatch(request, *args, **ids)
        except Gone as gone:
            if request.method != "POST" or not htmx.wants_fragment(request):
                raise
            return refused(request, page_that_stays(request, ids.get("analysis_id", ids["pk"])), str(gone))

    def perform(self, thing: Analysis | UrlScan, verb: Callable, done: str, then: str = "") -> HttpResponse:
        """Call the verb; redirect to `then`, to the new run that the verb made, or to the previous page."""
        try:
            made = verb(thing, by=self.request.user)
        except NotPermitted as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except transitions.MarkedMeanwhile:
            raise  # its page shows both decisions
        except TransitionRefused as refusal:
            return refused(self.request, back(self.request, thing), str(refusal))
        messages.success(self.request, done.format(thing))
        address = then or (made and made.get_absolute_url()) or back(self.request, thing)
        return HttpResponseClientRedirect(address) if _is_elsewhere(self.request, address) else see(address)


def back(request: HttpRequest, thing: Analysis | UrlScan) -> str:
    """The page that the request came from, if it is one of ours; otherwise the page of the analysis or URL scan."""
    return page_asked_from(request, resolve_url(thing))


def page_that_stays(request: HttpRequest, analysis_id: int) -> str:
    """The page that the request came from, or the list if that page is deleted with the analysis."""
    everything = resolve_url("scans:analysis-list")
    address = page_asked_from(request, everything)
    return everything if address.startswith(resolve_url("scans:analysis-detail", analysis_id)) else address


def refused(request: HttpRequest, address: str, why: str) -> HttpResponse:
    """Show why the action was refused, on the page as it is now: with 409 for htmx, otherwise after a redirect."""
    messages.error(request, why)
    if not htmx.wants_fragment(request):
        return see(address)
    elsewhere = _is_elsewhere(request, address)
    response = HttpResponseClientRedirect(address) if elsewhere else _fresh(request, address)
    response.status_code = 409
    return response


def _is_elsewhere(request: HttpRequest, address: str) -> bool:
    """Whether htmx shows another page than the one at this address, so that its fragment would not fit."""
    shown = htmx.wants_fragment(request) and htmx.shown_address(request)
    return bool(shown) and shown.partition("?")[0] != address.partition("?")[0]


def _fresh(request: HttpRequest, address: str) -> HttpResponse:
    """The answer of GET at one of our addresses for the same person."""
    get = copy(request)
    get.method, (get.path, _, query) = "GET", address.partition("?")
    get.GET = QueryDict(query)
    view, args, kwargs = resolve(get.path)
    return view(get, *args, **kwargs)


class AnalysisActionView(ActionView):
    """One of ANALYSIS_ACTIONS."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.perform(present_analysis(pk), *ANALYSIS_ACTIONS[self.action])


class UrlScanActionView(ActionView):
    """One of URL_SCAN_ACTIONS."""

    def post(self, request: HttpRequest, analysis_id: int, pk: int) -> HttpResponse:
        scan = present_url_scan(analysis_id, pk, request.user)
        return self.perform(scan, *URL_SCAN_ACTIONS[self.action])


class QuestionView(ActionView):
    """Asks for confirmation first: on a page of its own, or in the dialog with htmx."""

    http_method_names = ["get", "post"]
    page = dialog = ""

    def ask(self, thing: Analysis | UrlScan, **context) -> HttpResponse:
        """Render the question about this analysis or URL scan. Raises PermissionDenied without the role.

        A POST without the role is refused by the verb, which also logs it.
        """
        if not self.request.user.has_perms(SubmitterRequired.permission_required):
            raise PermissionDenied(SubmitterRequired.permission_denied_message)
        in_dialog = htmx.wants_fragment(self.request)
        context |= {"thing": thing, "next": back(self.request, thing), "in_dialog": in_dialog}
        status = 422 if self.request.method == "POST" else 200
        response = render(self.request, self.dialog if in_dialog else self.page, context, status=status)
        return reswap(retarget(response, "#dialog"), "innerHTML") if in_dialog else response


class StopView(QuestionView):
    """Stop and save results, or stop and delete results."""

    page, dialog = "scans/actions/stop.html", "scans/actions/_stop.html"

    def ask_how(self, thing: Analysis | UrlScan, form: StopForm) -> HttpResponse:
        """Ask which of the two, and show the number of findings."""
        choices = [(mode, thing.info.allows(action)) for mode, action in _STOPS.items()]
        return self.ask(thing, form=form, found=_found(thing, self.request.user), choices=choices)

    def stop(self, thing: Analysis | UrlScan, verb: Callable) -> HttpResponse:
        """Stop it, or ask again if the choice is missing."""
        form = StopForm(self.request.POST)
        if not form.is_valid():
            return self.ask_how(thing, form)
        mode = StopMode(form.cleaned_data["mode"])
        return self.perform(thing, partial(verb, mode=mode, reason=form.cleaned_data["reason"]), _STOPPED[mode])


class AnalysisStopView(StopView):
    """Stop a whole analysis."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.ask_how(present_analysis(pk), StopForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.stop(present_analysis(pk), transitions.stop_analysis)


class UrlScanStopView(StopView):
    """Stop the scan of one URL."""

    def get(self, request: HttpRequest, analysis_id: int, pk: int) -> HttpResponse:
        return self.ask_how(present_url_scan(analysis_id, pk, request.user), StopForm())

    def post(self, request: HttpRequest, analysis_id: int, pk: int) -> HttpResponse:
        return self.stop(present_url_scan(analysis_id, pk, request.user), transitions.stop)


def _found(thing: Analysis | UrlScan, user: AbstractBaseUser) -> int | None:
    """The number of findings; None if this user may not see all of them yet."""
    if isinstance(thing, UrlScan):
        return thing.findings_total if thing.results_visible else None
    return sum(thing.count_findings().values()) if thing.info.final or sees_everything(user) else None


class AnalysisExtendView(QuestionView):
    """Give a running analysis more time."""

    page, dialog = "scans/actions/extend.html", "scans/actions/_extend.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        analysis = present_analysis(pk)
        return self.ask(analysis, form=ExtendForm(duration=analysis.duration))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        analysis = present_analysis(pk)
        form = ExtendForm(request.POST, duration=analysis.duration)
        if not form.is_valid():
            return self.ask(analysis, form=form)
        return self.perform(analysis, partial(transitions.extend, **form.cleaned_data), _("“{}” has more time now."))


class AnalysisDeleteView(QuestionView):
    """Delete an ended analysis, except for its log."""

    page, dialog = "scans/actions/delete.html", "scans/actions/_delete.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        analysis = present_analysis(pk)
        schedule = getattr(analysis.series, "schedule", None)
        repeats = schedule is not None and schedule.next_at is not None and not schedule.switched_off_at
        ends = repeats and transitions.is_last_run(analysis)
        return self.ask(analysis, found=_found(analysis, request.user), ends_schedule=ends)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete it, then redirect to the previous page or to the list."""
        done, then = _("“{}” was deleted."), page_that_stays(request, pk)
        return self.perform(present_analysis(pk), transitions.delete, done, then)
