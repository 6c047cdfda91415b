"""The pages for errors: what happened, what to do, and a way back."""

import logging
import secrets
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.csrf import csrf_failure

from scans.activity import note
from scans.activity.security import NOTED
from scans.api import problems
from scans.views.access import Gone

logger = logging.getLogger(__name__)
SECONDS_UNTIL_AGAIN = 10


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400. Unlike Django's own, it does not look for a token in the body, which may be what cannot be read."""
    if problems.is_asked(request):
        return problems.plain_answer(400, "unreadable", "The request cannot be read.")
    return render(request, "400.html", status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such address, or why its page is gone."""
    reason = str(exception) if isinstance(exception, Gone) else ""
    return render(request, "404.html", {"reason": reason}, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: why. The security log gets the attempt, unless a verb has noted its refusal already."""
    if not request.META.get(NOTED, "").startswith("refused."):
        note("refused.page", request=request, method=request.method, path=request.path)
    return render(request, "403.html", {"exception": str(exception)}, status=403)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without the token of the page, with an entry in the security log."""
    note("refused.form", request=request, path=request.path)
    return csrf_failure(request, reason)


def broken(request: HttpRequest) -> HttpResponse:
    """An error on our side: 503 if the database does not answer, otherwise 500. Its number is also in the log.

    Uses neither database nor session, because they may be the cause.
    """
    number = secrets.token_hex(4)
    logger.error("Error %s: %s %s", number, request.method, request.path)
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    context = {"number": number, "address": request.get_full_path(), "is_read": request.method in ("GET", "HEAD")}
    headers = {"X-Error-Number": number, **({"Retry-After": SECONDS_UNTIL_AGAIN} if away else {})}
    if problems.is_asked(request):
        answer = problems.plain_answer(503 if away else 500, "unavailable" if away else "broken", f"Error {number}.")
        for name, value in headers.items():
            answer[name] = value
        return answer
    page = render_to_string("503.html" if away else "500.html", context)
    return HttpResponse(page, status=503 if away else 500, headers=headers)
