"""Two addresses for monitoring: /healthz for this process, /readyz for the whole installation.

Both are public, set no cookie and need a few small queries.
"""

from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.metrics import metrics
from dashboard.readiness import DATABASE_AWAY, lacks
from scans.management.database import unapplied_migrations
from scans.models import SystemPart


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 if the database is reachable and every migration is applied, otherwise 503."""
    try:
        unapplied = unapplied_migrations()
    except DatabaseError:
        return _unavailable(DATABASE_AWAY.reason, do=DATABASE_AWAY.do)
    if unapplied:
        return _unavailable("Migrations are not applied.", migrations=unapplied, do="manage.py migrate")
    return JsonResponse({"status": "ok", "database": "reachable", "migrations": "applied"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if nothing is missing, otherwise 503 with everything that is, each with what to do.

    `start` has the commands of the processes that are missing.
    """
    missing = lacks()
    if not missing:
        return JsonResponse({"status": "ok", "seen": SystemPart.Kind.values})
    start = {lack.part: lack.do for lack in missing if lack.part in SystemPart.Kind.values}
    told = [lack._asdict() for lack in missing]
    return _unavailable(" ".join(lack.reason for lack in missing), missing=told, start=start)


class HealthMiddleware:
    """Answers /healthz, /readyz and /metrics before any check of host and TLS.

    A container probes itself, and Prometheus asks it, by its own address and without TLS, whatever ALLOWED_HOSTS and
    SCANS_HTTPS say.
    """

    views = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one of these addresses, or pass the request on."""
        return self.views.get(request.path_info, self.get_response)(request)


def _unavailable(reason: str, **details) -> JsonResponse:
    return JsonResponse({"status": "unavailable", "reason": reason, **details}, status=503)
