"""Two addresses for monitoring: /healthz for this process, /readyz for scheduler and workers.

Both are public, set no cookie and need one or two small queries.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from scans.management.database import unapplied_migrations
from scans.models import SystemPart


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 if the database is reachable and every migration is applied, otherwise 503."""
    try:
        unapplied = unapplied_migrations()
    except DatabaseError:
        return _unavailable("The database cannot be reached.", do="Check DATABASE_URL and its server.")
    if unapplied:
        return _unavailable("Migrations are not applied.", migrations=unapplied, do="manage.py migrate")
    return JsonResponse({"status": "ok", "database": "reachable", "migrations": "applied"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if a scheduler and a worker of each queue reported lately, otherwise 503 with the commands to start them."""
    try:
        missing = SystemPart.missing()
    except DatabaseError:
        return _unavailable("The database cannot be read.", do="See /healthz.")
    if missing:
        with translation.override(settings.LANGUAGE_CODE):  # for machines, always in English
            names = ", ".join(str(kind.label) for kind in missing)
        start = {kind.value: kind.command for kind in missing}
        return _unavailable(f"Not seen lately: {names}.", start=start)
    return JsonResponse({"status": "ok", "seen": SystemPart.Kind.values})


class HealthMiddleware:
    """Answers /healthz and /readyz before any check of host and TLS.

    A container probes itself by its own address and without TLS, whatever ALLOWED_HOSTS and SCANS_HTTPS say.
    """

    views = {"/healthz": healthz, "/readyz": readyz}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one of the two addresses, or pass the request on."""
        return self.views.get(request.path_info, self.get_response)(request)


def _unavailable(reason: str, **details) -> JsonResponse:
    return JsonResponse({"status": "unavailable", "reason": reason, **details}, status=503)
