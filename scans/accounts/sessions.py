"""The end of sessions: without activity, at a certain age, or because the person ended all others.

Django ends the other sessions when the password changes. Three values in the session say the rest: when it began, when
the person last did something, and how often the person had ended all others by then. No request needs a query for it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from scans.accounts.passwords import may_be_put_off, must_change
from scans.activity import note
from scans.database import clock
from scans.database.patience import if_possible
from scans.harmless import one_line
from scans.models import PersonSettings
from scans.schedule.moments import time_span

BEGAN, ACTIVE, OTHERS_ENDED = "began", "active", "others_ended"
POLL = "X-Poll"  # the header of requests that a page makes by itself (static/js/polling.js)
WRITTEN_AT_MOST_EVERY = timedelta(minutes=5)  # a shorter time would write with every page
# In this order: Edge and Opera call themselves Chrome, too, and Chrome calls itself Safari.
_BROWSERS = {
    **{"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "CriOS/": "Chrome"},
    **{"FxiOS/": "Firefox", "Safari/": "Safari", "curl/": "curl"},
}
_SYSTEMS = {
    **{"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS X": "macOS"},
    **{"CrOS": "ChromeOS", "Linux": "Linux"},
}
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
        if reason := is_over(request):
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


class OwnSession(NamedTuple):
    """One login of a person that has not ended: its id, where it was begun and with which browser."""

    pk: int
    browser: str
    address: str
    began: datetime
    active: datetime
    is_current: bool


def own_sessions(request: HttpRequest) -> list[OwnSession]:
    """Return the sessions of this person that have not ended, the newest first. Two queries."""
    logins = {login.session_key: login for login in _logins_of(request.user)}
    stored = Session.objects.filter(session_key__in=logins, expire_date__gt=clock.now())
    # Django ends a session whose hash is that of an earlier password, at its next request.
    hashes = {request.user.get_session_auth_hash(), *request.user.get_session_auth_fallback_hash()}
    found = []
    for session in stored:
        values, login = session.get_decoded(), logins[session.session_key]
        if values.get(HASH_SESSION_KEY) not in hashes or _why_over(values, request.user):
            continue
        began, active = (_moment(values.get(name, login.created_at.timestamp())) for name in (BEGAN, ACTIVE))
        is_current = session.session_key == request.session.session_key
        found.append(OwnSession(login.pk, browser_name(login.user_agent), login.ip, began, active, is_current))
    return sorted(found, key=lambda session: session.began, reverse=True)


def end_one(request: HttpRequest, pk: int) -> bool:
    """End one session of this person. Returns False if there is no such session any more."""
    login = _logins_of(request.user).filter(pk=pk).first()
    if login is None:
        return False
    login.end()
    note("login.one_ended", request=request, subject=request.user, browser=browser_name(login.user_agent))
    return True


def browser_name(user_agent: str) -> str:
    """Return the browser and system that a User-Agent header names, such as “Firefox, Linux”; else its beginning."""
    names = [next((name for mark, name in marks.items() if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, names)) or one_line(user_agent)[:60]


def _logins_of(user: AbstractBaseUser) -> QuerySet[UserSession]:
    return UserSession.objects.filter(user_id=user.pk)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@receiver(user_logged_in)
def _begin(sender, request: HttpRequest, user, **values) -> None:
    now = clock.now().timestamp()
    request.session.update({BEGAN: now, ACTIVE: now, OTHERS_ENDED: PersonSettings.of(user).sessions_ended})


def is_over(request: HttpRequest) -> str:
    """The reason why the session is over; empty while it is not. A session without times is of an older version."""
    return _why_over(request.session, request.user)


def _why_over(session: Mapping, user: AbstractBaseUser | AnonymousUser) -> str:
    now = clock.now().timestamp()
    oldest, idle = settings.SCANS_SESSION_AGE, settings.SCANS_SESSION_IDLE
    if now - session.get(BEGAN, now) > oldest.total_seconds():
        return format_lazy(_AGE, time_span(oldest))
    if now - session.get(ACTIVE, now) > idle.total_seconds():
        return format_lazy(_IDLE, time_span(idle))
    if user.is_authenticated and session.get(OTHERS_ENDED, 0) != PersonSettings.of(user).sessions_ended:
        return _ENDED
    return ""


def _note_activity(request: HttpRequest) -> None:
    """Remember that the person did something. A page that asks for news by itself is no activity.

    This is stored at once, and not with the answer, which can do without it: pages can be read on a full disk too.
    """
    now, session = clock.now().timestamp(), request.session
    had_changes = session.modified
    session.setdefault(BEGAN, now)
    session.setdefault(ACTIVE, now)
    step = min(WRITTEN_AT_MOST_EVERY, settings.SCANS_SESSION_IDLE / 10).total_seconds()
    if POLL not in request.headers and now - session[ACTIVE] > step:
        session[ACTIVE] = now
    if session.modified and not had_changes:
        session.modified = False
        if_possible(partial(_store, session), "the last activity of a session")


def _store(session: SessionBase) -> None:
    """Store a session. Raises the error of a database that cannot write."""
    try:
        session.save()
    except UpdateError as error:
        if type(error.__context__) is DatabaseError:  # no row: the session has ended meanwhile
            session.modified = True  # so that Django refuses the request in the end
            return
        raise error.__context__ from error


def _to_new_password(request: HttpRequest) -> HttpResponse:
    """Redirect to the page for a new password, which leads on to where the person wanted to go."""
    page = reverse("scans:password")
    if request.htmx:
        return HttpResponseClientRedirect(page)
    wanted = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
    return redirect(f"{page}?{wanted}" if wanted else page)
