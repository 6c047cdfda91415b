"""Prometheus metrics at /metrics: figures of the whole installation, and this process' own times of answering.

Whoever has the token of SCANS_METRICS_TOKEN reads them; without that setting nobody does.
"""

from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from dashboard.system_metrics import SystemCollector

# Of this process alone: Prometheus adds the processes up, each of which it asks at its own address.
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
REGISTRY.register(SystemCollector())
SECONDS = Histogram(
    "scans_response_seconds",
    "Time until an answer was ready, by the name of its view and the kind of request",
    ["view", "kind"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=REGISTRY,
)
RESPONSES = Counter("scans_responses", "Answers, by the class of their status", ["status"], registry=REGISTRY)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics as text; 404 without the setting, 401 without its token."""
    token = settings.SCANS_METRICS_TOKEN
    if not token:
        return HttpResponse("No metrics: SCANS_METRICS_TOKEN is not set.\n", status=404, content_type="text/plain")
    if not compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse("The token is missing or wrong.\n", status=401, content_type="text/plain", headers=headers)
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(REGISTRY), content_type=content_type)


def observe(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Count an answer. Does nothing while nobody can read the metrics."""
    if settings.SCANS_METRICS_TOKEN:
        RESPONSES.labels(f"{response.status_code // 100}xx").inc()
        SECONDS.labels(_view(request), _kind(request)).observe(seconds)


def _view(request: HttpRequest) -> str:
    """The name of the view: one of the few hundred that there are, whatever was asked for."""
    match = request.resolver_match
    if match is None:
        return "none"  # refused before its address was looked up, a file, or no address of ours
    return match.namespace if match.namespace == "admin" else match.view_name


def _kind(request: HttpRequest) -> str:
    if request.method not in ("GET", "HEAD"):
        return "action"
    if "HX-Request" not in request.headers:
        return "page"
    return "poll" if "v" in request.GET else "fragment"
