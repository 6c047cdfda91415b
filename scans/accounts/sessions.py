"""The end of sessions: without activity, at a certain age, or because the person ended all others.

Django ends the other sessions when the password changes. Three values in the session say the rest: when it began, when
the person last did something, and how often the person had ended all others by then. Nothing here needs a query.
"""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from scans.accounts.passwords import may_be_put_off, must_change
from scans.activity import note
from scans.models import PersonSettings
from scans.schedule.moments import time_span

BEGAN, ACTIVE, OTHERS_ENDED = "began", "active", "others_ended"
POLL = "X-Poll"  # the header of requests that a page makes by itself (static/js/polling.js)
WRITTEN_AT_MOST_EVERY = timedelta(minutes=5)  # a shorter time would write with every page
_AGE = _("You were logged out, because the login was {} old. Log in again.")
_IDLE = _("You were logged out after {} without activity. Log in again.")
_ENDED = _("This session was ended from another one, or by an administrator. Log in again.")


class SessionMiddleware:
    """Ends sessions, and holds a person at the page for a new password. Comes before the check of the login."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; `process_view` does the work."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args, kwargs) -> HttpResponse | None:
        """Log out whose session is over. Lead to the new password whoever must choose one."""
        if not getattr(view, "login_required", True) or SESSION_KEY not in request.session:
            return None
        if reason := _over(request):
            request.session.flush()
            request.user = AnonymousUser()
            messages.info(request, reason)
            return HttpResponseClientRefresh() if request.htmx else None
        _note_activity(request)
        held = must_change(request.user) and not may_be_put_off()
        return _to_new_password(request) if held and not getattr(view, "with_any_password", False) else None


def end_others(request: HttpRequest) -> None:
    """End all sessions of this person but the one of the request."""
    person = PersonSettings.of(request.user)
    person.sessions_ended += 1
    person.save()
    request.session[OTHERS_ENDED] = person.sessions_ended
    note("login.others_ended", request=request, subject=request.user)


def end_all(user: AbstractBaseUser, *, request: HttpRequest) -> None:
    """End all sessions of this person, as an administrator asks for; at their next request they log in again."""
    person = PersonSettings.of(user)
    person.sessions_ended += 1
    person.save()
    note("login.all_ended", request=request, subject=user)


@receiver(user_logged_in)
def _begin(sender, request: HttpRequest, user, **values) -> None:
    now = timezone.now().timestamp()
    request.session.update({BEGAN: now, ACTIVE: now, OTHERS_ENDED: PersonSettings.of(user).sessions_ended})


def _over(request: HttpRequest) -> str:
    """The reason why the session is over; empty while it is not. A session without times is of an older version."""
    now = timezone.now().timestamp()
    session, oldest, idle = request.session, settings.SCANS_SESSION_AGE, settings.SCANS_SESSION_IDLE
    if now - session.get(BEGAN, now) > oldest.total_seconds():
        return format_lazy(_AGE, time_span(oldest))
    if now - session.get(ACTIVE, now) > idle.total_seconds():
        return format_lazy(_IDLE, time_span(idle))
    if request.user.is_authenticated and session.get(OTHERS_ENDED, 0) != PersonSettings.of(request.user).sessions_ended:
        return _ENDED
    return ""


def _note_activity(request: HttpRequest) -> None:
    """Remember that the person did something. A page that asks for news by itself is no activity."""
    now, session = timezone.now().timestamp(), request.session
    session.setdefault(BEGAN, now)
    session.setdefault(ACTIVE, now)
    step = min(WRITTEN_AT_MOST_EVERY, settings.SCANS_SESSION_IDLE / 10).total_seconds()
    if POLL not in request.headers and now - session[ACTIVE] > step:
        session[ACTIVE] = now


def _to_new_password(request: HttpRequest) -> HttpResponse:
    """Redirect to the page for a new password, which leads on to where the person wanted to go."""
    page = reverse("scans:password")
    if request.htmx:
        return HttpResponseClientRedirect(page)
    wanted = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
    return redirect(f"{page}?{wanted}" if wanted else page)
