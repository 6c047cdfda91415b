"""The review beside the form of an analysis: what would happen, before anything is submitted."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.generic import View

from scans.configuration.options import OPTIONS
from scans.forms.options import form_of
from scans.forms.schedule import ScheduleForm
from scans.forms.targets import TargetsForm
from scans.login.base import Method
from scans.models import Analysis, ScanSettings, UrlScan
from scans.views.access import SubmitterRequired

MAX_LINES = 20  # with something to correct, that are listed


class ReviewForm(
    TargetsForm,
    form_of(option for option in OPTIONS if option.name == "duration" or option.section == "when"),
    ScheduleForm,
):
    """The parts of the form of an analysis that its review tells of."""


def review(form: ReviewForm, name: str, kind: str) -> dict[str, Any]:
    """Return the meaning of a checked form: its lines, the run it would be, and whether there is room for it.

    `kind` is that of the form: an analysis that is edited keeps its run.
    """
    wrong = [line for line in form.lines if line.problem]
    return {
        "ready": len(form.lines) - len(wrong),
        "wrong": len(wrong),
        "lines": wrong[:MAX_LINES],
        "more": len(wrong[MAX_LINES:]),
        "problems": [*form.errors.get("url_file", ()), *(() if form.lines else form.errors.get("urls", ()))],
        "empty": not form.data.get("urls", "").strip() and not form.files,
        "own_logins": sum(line.own.has_login for line in form.lines),
        "login": dict(Method.choices).get(form.data.get("login_method"), ""),
        "username": form.data.get("login_username", ""),
        "duration": form.cleaned_data.get("duration"),
        "start": _later_start(form),
        "running": UrlScan.objects.holding_slot().count(),
        "waiting": UrlScan.objects.waiting_for_capacity().count(),
        "capacity": ScanSettings.current().capacity,
        **({} if kind == "edit" else _run(name.strip())),
    }


def _later_start(form: ReviewForm) -> datetime | None:
    """Return the first start, after blackout windows, if it is not at once."""
    if form.errors.keys() & ScheduleForm.base_fields.keys():
        return None
    start = next((real for _planned, real in form.coming(1)), None)
    return start if start and start > timezone.now() else None


def _run(name: str) -> dict[str, Any]:
    """The number of the run that an analysis of this name would be, and the last one of its series that there is."""
    if not name:
        return {}
    last = Analysis.objects.filter(series__name=name).order_by("-run").only("run").first()
    present = Analysis.objects.present().filter(series__name=name).order_by("-run").first()
    return {"name": name, "run": last.run + 1 if last else 1, "last": present}


class ReviewView(SubmitterRequired, View):
    """The review of a form while somebody types."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Return the fragment with the review; the form sends what it tells of, and no password."""
        form = ReviewForm(request.POST, request.FILES)
        form.full_clean()
        what = review(form, request.POST.get("name", ""), request.POST.get("kind", ""))
        return render(request, "scans/analysis_form/_review_body.html", {"review": what})
