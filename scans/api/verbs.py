"""Acting: each verb is an address of its own, and calls the function that the button of the page calls."""

import uuid
from collections.abc import Callable
from functools import partial

from django.forms import Form
from django.shortcuts import get_object_or_404
from rest_framework.response import Response

from scans import transitions
from scans.api import shapes
from scans.api.analyses import analysis_data, scan_rows
from scans.api.base import ApiView, error, operation
from scans.api.description import KEY, ROLES
from scans.api.findings import finding_whole, findings_of
from scans.api.problems import Problem, wrong_values
from scans.forms.actions import ExtendForm, MarkForm, StopForm
from scans.models import Analysis, Mark, Scope, StopMode, UrlScan
from scans.transitions import NotPermitted, TransitionRefused
from scans.views.access import present_analysis, present_url_scan

LONGEST_KEY = 200
_OF_KEYS = uuid.UUID("6f1c9a52-4f1e-4f0c-9b3f-0d6b7f6b8a11")
S, C, R = Scope.SUBMIT, Scope.CONTROL, Scope.REVIEW
SUBMITTER, REVIEWER = "scans.submit_analysis", "scans.review_analysis"


class VerbView(ApiView):
    """The base of all verbs: what a refusal leaves, and what the answer is."""

    verb: Callable = None

    def require(self, method: Callable) -> None:
        """As for all operations; who lacks the role is refused before the body is read, and both logs say so."""
        super().require(method)
        permission = method.described.get("role", "")
        if permission and not self.request.user.has_perm(permission):
            refusal = NotPermitted("role_missing", by=self.request.user, role=ROLES[permission])
            self.refused_by_scope(method, refusal)
            raise refusal

    def refused_by_scope(self, method: Callable, why: TransitionRefused) -> None:
        """Note it where the page notes a refusal: in both logs."""
        transitions.note_refusal(self.verb.__name__, self.thing(), self.request.user, why)

    def thing(self) -> Analysis | UrlScan:
        """The analysis or URL scan that the address names."""
        ids = self.kwargs
        if "scan" in ids:
            return present_url_scan(ids["analysis"], ids["scan"], self.request.user)
        return present_analysis(ids["analysis"])

    def state(self, thing: Analysis | UrlScan) -> dict:
        """The thing as it is now."""
        if isinstance(thing, UrlScan):
            scans = UrlScan.objects.filter(pk=thing.pk).marking_visible_results(self.request.user)
            return scan_rows(scans, self.request.user)[0]
        return analysis_data(present_analysis(thing.pk, whole=True), self.request)

    def act(self, thing: Analysis | UrlScan, verb: Callable) -> Response:
        """Call the verb. 200 with the fresh state, 201 with the new run that it made; 409 with the state if refused."""
        try:
            made = verb(thing, by=self.request.user)
        except NotPermitted:
            raise
        except TransitionRefused as refusal:
            raise Problem(409, refusal.why.code, str(refusal), state=self.state(thing)) from refusal
        if isinstance(made, Analysis):
            return self.created(made)
        return Response(self.state(thing))

    def created(self, analysis: Analysis, status: int = 201) -> Response:
        """The answer with an analysis that was made."""
        address = self.request.build_absolute_uri(f"/api/v1/analyses/{analysis.pk}/")
        return Response(self.state(analysis), status, headers={"Location": address})

    def checked(self, form: Form) -> dict:
        """The cleaned values of a form. Raises Problem with each wrong one."""
        return checked(form, self.request.data)


def checked(form: Form, sent: dict) -> dict:
    """The cleaned values of a form of the pages. Raises Problem with each wrong value, and with unknown names."""
    known = {*form.fields} - {"key"}
    errors = [error(name, told(name, sent), "unknown", "There is no such field.") for name in sent if name not in known]
    errors += [error(name, None, "type", "No object may stand here.") for name in sent if isinstance(sent[name], dict)]
    if not errors and not form.is_valid():
        errors = [
            error("" if name == "__all__" else name, told(name, sent), each.code or "invalid", text)
            for name, found in form.errors.as_data().items()
            for each in found
            for text in each.messages
        ]
    if errors:
        raise wrong_values(422, errors)
    return form.cleaned_data


def told(name: str, sent: dict):
    """The value as it was sent, unless it is a secret or a file."""
    value = sent.get(name)
    secret = any(word in name for word in ("password", "headers", "cookies", "script"))
    return None if secret or not isinstance(value, str | int | float | bool | list | type(None)) else value


def key_of(request) -> uuid.UUID | None:
    """The submission key that an Idempotency-Key stands for: another one for each person."""
    text = request.headers.get("Idempotency-Key", "")
    if len(text) > LONGEST_KEY:
        raise wrong_values(400, [error("Idempotency-Key", None, "max_length", f"At most {LONGEST_KEY} characters.")])
    return uuid.uuid5(_OF_KEYS, f"{request.user.pk} {text}") if text else None


def made_before(key: uuid.UUID | None) -> Analysis | None:
    """The analysis that an earlier request with this key made."""
    return Analysis.objects.filter(submission_key=key).first() if key else None


def plain(verb: Callable, scope: Scope, name: str, summary: str, *, of_scan: bool = False, role: str = "") -> type:
    """The view of a verb that takes nothing but the analysis, or the URL scan."""

    class PlainVerbView(VerbView):
        """One verb."""

        @operation(
            scope=scope,
            name=name,
            tag="URL scans" if of_scan else "Analyses",
            summary=summary,
            role=role or SUBMITTER,
            answer=shapes.UrlScanShape if of_scan else shapes.AnalysisShape,
        )
        def post(self, request, **ids):
            self.checked(Form(request.data))
            return self.act(self.thing(), verb)

    PlainVerbView.verb = staticmethod(verb)
    return PlainVerbView


def making(verb: Callable, name: str, summary: str) -> type:
    """The view of a verb that makes a new run; with an Idempotency-Key once, however often it is sent."""

    class MakingVerbView(VerbView):
        """One verb that makes a run."""

        @operation(
            scope=S,
            name=name,
            tag="Analyses",
            summary=summary,
            role=SUBMITTER,
            status=201,
            query_parameters=[KEY],
            answer=shapes.AnalysisShape,
        )
        def post(self, request, **ids):
            self.checked(Form(request.data))
            key = key_of(request)
            if made := made_before(key):
                return self.created(made, 200)
            return self.act(self.thing(), partial(verb, key=key))

    MakingVerbView.verb = staticmethod(verb)
    return MakingVerbView


class StopView(VerbView):
    """Stop a whole analysis."""

    verb = staticmethod(transitions.stop_analysis)

    @operation(
        scope=C,
        name="analyses_stop",
        tag="Analyses",
        summary="Stop an analysis, and save or delete its results",
        role=SUBMITTER,
        body=shapes.StopBody,
        example={"mode": "save", "reason": "the wrong site"},
        answer=shapes.AnalysisShape,
    )
    def post(self, request, **ids):
        given = self.checked(StopForm(request.data))
        return self.act(self.thing(), partial(self.verb, mode=StopMode(given["mode"]), reason=given["reason"]))


class ScanStopView(StopView):
    """Stop the scan of one URL."""

    verb = staticmethod(transitions.stop)

    @operation(
        scope=C,
        name="url_scans_stop",
        tag="URL scans",
        summary="Stop the scan of one URL, and save or delete its results",
        role=SUBMITTER,
        body=shapes.StopBody,
        example={"mode": "save", "reason": "the wrong site"},
        answer=shapes.UrlScanShape,
    )
    def post(self, request, **ids):
        return super().post(request, **ids)


class ExtendView(VerbView):
    """Give a running analysis more time."""

    verb = staticmethod(transitions.extend)

    @operation(
        scope=C,
        name="analyses_extend",
        tag="Analyses",
        summary="Give a running analysis more time",
        text="`extra` is a number of minutes, or such as `90m`, `8h`, `2d`.",
        role=SUBMITTER,
        body=shapes.ExtendBody,
        example={"extra": "2h", "reason": "a large site"},
        answer=shapes.AnalysisShape,
    )
    def post(self, request, **ids):
        analysis = self.thing()
        given = self.checked(ExtendForm(request.data, duration=analysis.duration))
        return self.act(analysis, partial(self.verb, **given))


class MarkView(VerbView):
    """A reviewer's decision about a weakness."""

    verb = staticmethod(transitions.mark)

    @operation(
        scope=R,
        name="findings_mark",
        tag="Findings",
        summary="Mark a weakness",
        text="The mark holds for the same weakness in every run of the series.",
        role=REVIEWER,
        body=shapes.MarkBody,
        example={"mark": "false_positive", "comment": "a test page"},
        answer=shapes.FindingShape,
    )
    def post(self, request, analysis: int, finding: int):
        given = self.checked(MarkForm(request.data))
        one = self.finding(analysis, finding)
        self.act(one, partial(self.verb, **{**given, "mark": Mark(given["mark"])}))
        return Response(finding_whole(self.finding(analysis, finding)))

    def finding(self, analysis: int, finding: int):
        """The finding, if this person may see it."""
        found = findings_of(present_analysis(analysis), self.request.user)
        return get_object_or_404(found.select_related("url_scan__analysis").defer(None), pk=finding)

    def state(self, thing) -> dict:
        return {"finding": thing.pk}


class VerifyFindingView(MarkView):
    """Verify one finding again."""

    verb = staticmethod(transitions.verify_again)

    @operation(
        scope=C,
        name="findings_verify_again",
        tag="Findings",
        summary="Verify one finding again",
        role=SUBMITTER,
        answer=shapes.FindingShape,
    )
    def post(self, request, analysis: int, finding: int):
        self.checked(Form(request.data))
        one = self.finding(analysis, finding)
        self.act(one.url_scan, partial(self.verb, findings=[one.pk]))
        return Response(finding_whole(self.finding(analysis, finding)))


OF_ANALYSIS = {
    "submit": plain(transitions.submit_again, S, "analyses_submit", "Submit a saved analysis, or retry its set-up"),
    "prescan": plain(transitions.prescan_only, S, "analyses_prescan", "Check the URLs of a saved analysis"),
    "run-again": making(transitions.run_again, "analyses_run_again", "Run the analysis again"),
    "continue": making(transitions.continue_expired, "analyses_continue", "Continue from the saved sessions"),
    "pause": plain(transitions.pause_analysis, C, "analyses_pause", "Pause an analysis"),
    "resume": plain(transitions.resume_analysis, C, "analyses_resume", "Resume an analysis"),
    "stop": StopView,
    "extend": ExtendView,
    "schedule-off": plain(transitions.switch_schedule_off, C, "analyses_schedule_off", "Switch the schedule off"),
    "schedule-on": plain(transitions.switch_schedule_on, C, "analyses_schedule_on", "Switch the schedule on again"),
    "verify-again": plain(
        transitions.verify_again_analysis, C, "analyses_verify_again", "Verify all findings of an analysis again"
    ),
    "publish": plain(transitions.publish, R, "analyses_publish", "Publish the results", role=REVIEWER),
}
OF_SCAN = {
    "submit": plain(transitions.submit_scan_again, S, "url_scans_submit", "Retry the set-up of a URL", of_scan=True),
    "pause": plain(transitions.pause, C, "url_scans_pause", "Pause the scan of a URL", of_scan=True),
    "resume": plain(transitions.resume, C, "url_scans_resume", "Resume the scan of a URL", of_scan=True),
    "stop": ScanStopView,
    "verify-again": plain(
        transitions.verify_again, C, "url_scans_verify_again", "Verify the findings of a URL again", of_scan=True
    ),
}


class DeleteView(VerbView):
    """Delete an ended analysis, except for its log."""

    verb = staticmethod(transitions.delete)

    @operation(
        scope=C,
        name="analyses_delete",
        tag="Analyses",
        summary="Delete an ended analysis",
        text="Its log stays. The analysis itself is 404 from then on.",
        role=SUBMITTER,
        status=204,
        answer=None,
    )
    def post(self, request, **ids):
        self.checked(Form(request.data))
        analysis = self.thing()
        try:
            self.verb(analysis, by=request.user)
        except NotPermitted:
            raise
        except TransitionRefused as refusal:
            raise Problem(409, refusal.why.code, str(refusal), state=self.state(analysis)) from refusal
        return Response(status=204)


OF_ANALYSIS["delete"] = DeleteView
OF_FINDING = {"mark": MarkView, "verify-again": VerifyFindingView}
