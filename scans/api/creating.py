"""Creating and changing analyses: the form of the page checks what a program sends."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import FileField, MultipleChoiceField
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from scans import transitions
from scans.api import shapes
from scans.api.analyses import AnalysesView, AnalysisView
from scans.api.base import ApiView, error, operation
from scans.api.description import KEY, schema_of
from scans.api.problems import Problem, wrong_values
from scans.api.verbs import SUBMITTER, VerbView, checked, key_of, made_before
from scans.configuration.submission import as_typed, configuration
from scans.forms.submission import SubmissionForm
from scans.models import Analysis, Scope
from scans.statuses import Action
from scans.views.access import present_analysis

TYPES_OF_BODIES = ("application/json", "multipart/form-data")
THEN = ("submit", "save", "prescan")
_UNBOUND = SubmissionForm()
_EXTRA = {"then": {"type": "string", "enum": list(THEN), "default": "submit"}}
BODY = {kind: schema_of(SubmissionForm, ["name", "urls", "authorised"], _EXTRA) for kind in TYPES_OF_BODIES}
BODY_OF_CHANGE = {"application/json": schema_of(SubmissionForm, [], {})}
_FILES = {name for name, field in _UNBOUND.fields.items() if isinstance(field, FileField)}


def form_of(given: dict[str, Any], initial: dict[str, Any], **kwargs) -> SubmissionForm:
    """The page's form, filled in with what a program sent, and with what the page would show for the rest."""
    data, files = QueryDict(mutable=True), MultiValueDict()
    shown = {name: _UNBOUND.get_initial_for_field(field, name) for name, field in _UNBOUND.fields.items()}
    for name, value in {**shown, **initial, **given}.items():
        if name in _FILES:
            if value:
                files[name] = _file(name, value)
        elif isinstance(value, bool):
            data.update({name: "on"} if value else {})
        elif isinstance(value, list | tuple) and isinstance(_UNBOUND.fields.get(name), MultipleChoiceField):
            data.setlist(name, [str(one) for one in value])
        elif value is not None:
            data[name] = "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return SubmissionForm(data, files, **kwargs)


def _file(name: str, value: Any):
    """A file: as one part of a form, or as a text in JSON."""
    ending = "txt" if name == "url_file" else "side"
    return value if hasattr(value, "read") else SimpleUploadedFile(f"{name}.{ending}", str(value).encode())


def _sent(request) -> tuple[dict[str, Any], str]:
    """The fields that were sent, and what is to become of the analysis. Raises Problem for a wrong `then`."""
    given = dict(request.data.items()) if isinstance(request.data, QueryDict) else dict(request.data)
    then = given.pop("then", "submit")
    if then not in THEN:
        raise wrong_values(422, [error("then", then, "invalid_choice", f"One of: {', '.join(THEN)}.")])
    return given, then


class CreatingAnalysesView(VerbView, AnalysesView):
    """The list, and new analyses."""

    verb = staticmethod(transitions.submit)

    def refused_by_scope(self, method, why) -> None:
        """Note it in the security log: there is no analysis yet that has a log."""
        ApiView.refused_by_scope(self, method, why)

    @operation(
        scope=Scope.SUBMIT,
        permission=SUBMITTER,
        name="analyses_create",
        tag="Analyses",
        summary="Create an analysis",
        text=(
            "Takes every field of the form, under the names that the form has; what is left out is as the form shows "
            "it. `then` says whether it is submitted, saved for later, or saved and checked (`prescan`). Scripts are "
            "texts in JSON, or files of a multipart form. `authorised` says that you may scan these sites."
        ),
        status=201,
        query_parameters=[KEY],
        body=BODY,
        example={"name": "Shop", "urls": ["http://127.0.0.1:9/"], "authorised": True, "then": "save"},
        answer=shapes.AnalysisShape,
    )
    def post(self, request):
        key = key_of(request)
        if made := made_before(key):
            return self.created(made, 200)
        given, then = _sent(request)
        form = form_of(given, {"key": key})
        checked(form, given)
        verb = transitions.submit if then == "submit" else transitions.save
        try:
            analysis = verb(form.submission(), by=request.user)
        except transitions.NotPermitted:
            raise
        except transitions.TransitionRefused as refusal:
            raise Problem(409, refusal.why.code, str(refusal)) from refusal
        if then == "prescan":
            self.act(analysis, transitions.prescan_only)
        return self.created(analysis)


class ChangingAnalysisView(VerbView, AnalysisView):
    """One analysis, and its configuration while it is saved for later."""

    verb = staticmethod(transitions.change)

    @operation(
        scope=Scope.SUBMIT,
        name="analyses_change",
        tag="Analyses",
        summary="Change an analysis that was saved for later",
        text="Takes the fields that `analyses_create` takes; what is left out stays. Name and series stay.",
        role=SUBMITTER,
        body=BODY_OF_CHANGE,
        example={"depth": 5},
        answer=shapes.AnalysisShape,
    )
    def patch(self, request, analysis: int):
        found = present_analysis(analysis, whole=True)
        return self.act(found, self._change)

    def _change(self, analysis: Analysis, *, by) -> None:
        given = dict(self.request.data.items())
        try:
            transitions.permit(by, "submit_analysis")
            transitions.require(analysis, Action.EDIT)
        except transitions.TransitionRefused as refusal:
            transitions.note_refusal("change", analysis, by, refusal)
            raise
        saved = configuration(analysis)
        form = form_of(given, as_typed(saved) | {"authorised": True}, saved=saved)
        checked(form, given)
        transitions.change(analysis, form.submission(), by=by)
