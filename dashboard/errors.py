"""The pages for what goes wrong: what happened, what to do, and a way back. 400 and 403 are Django's."""

import logging
import secrets
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from scans.views.access import Gone

logger = logging.getLogger(__name__)
SECONDS_UNTIL_AGAIN = 10


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address; or what became of what stood there."""
    reason = str(exception) if isinstance(exception, Gone) else ""
    return render(request, "404.html", {"reason": reason}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Our side broke: 503 where the database does not answer, else 500; a number leads to the log's traceback.

    Asks neither the database nor the session for anything.
    """
    number = secrets.token_hex(4)
    logger.error("Error %s: %s %s", number, request.method, request.path)
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    context = {"number": number, "address": request.get_full_path(), "is_read": request.method in ("GET", "HEAD")}
    page = render_to_string("503.html" if away else "500.html", context)
    headers = {"Retry-After": SECONDS_UNTIL_AGAIN} if away else {}
    return HttpResponse(page, status=503 if away else 500, headers={"X-Error-Number": number, **headers})
