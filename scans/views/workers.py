"""The page of all schedulers and workers, for administrators: live, with buttons that drain and resume a worker."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from scans import htmx, transitions
from scans.models import SystemPart
from scans.summaries.workers import notices, version_of, workers
from scans.transitions.workers import ADMINISTER
from scans.views.actions import refused
from scans.views.redirects import see

SECONDS_BETWEEN_POLLS = 5  # as often as workers report

ACTIONS: dict[str, tuple[Callable, str]] = {
    "drain": (transitions.drain, _("{} takes nothing new and finishes what it runs.")),
    "hand-over": (partial(transitions.drain, hand_over=True), _("{} takes nothing new and hands over what it runs.")),
    "resume": (transitions.resume_worker, _("{} takes tasks again.")),
}


class AdministratorRequired(PermissionRequiredMixin):
    """For those who look after the installation."""

    permission_required = f"scans.{ADMINISTER}"
    permission_denied_message = _("Workers are for administrators.")


class WorkersView(AdministratorRequired, View):
    """Every process that reported lately, with host, zones, versions, clock, and what it runs."""

    def get(self, request: HttpRequest) -> HttpResponse:
        found = workers()
        version = version_of(found)
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        context = {"workers": found, "notices": notices(found), "version": version}
        context |= {"every": SECONDS_BETWEEN_POLLS, "here": request.path}
        return htmx.respond(request, "scans/settings/workers.html", "scans/settings/_workers.html", context)


class WorkerActionView(AdministratorRequired, View):
    """One of ACTIONS on POST, then back to the page."""

    http_method_names = ["post"]
    action = ""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Call the verb; 409 with the reason if it is refused."""
        verb, done = ACTIONS[self.action]
        part, page = get_object_or_404(SystemPart, pk=pk), resolve_url("scans:workers")
        try:
            verb(part, by=request.user)
        except transitions.NotPermitted as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except transitions.TransitionRefused as refusal:
            return refused(request, page, str(refusal))
        messages.success(request, done.format(part.name))
        return see(page)
