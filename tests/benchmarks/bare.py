"""The views that every page is compared with: one that returns ready-made bytes, and a plain changelist."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from scans.models import Analysis

kept: dict[str, tuple[bytes, str]] = {}  # name → body and its type, kept by `side`


def same_bytes(request: HttpRequest, name: str) -> HttpResponse:
    """The bytes of a page that was kept under this name."""
    body, content_type = kept[name]
    return HttpResponse(body, content_type=content_type)


def empty(request: HttpRequest) -> HttpResponse:
    """Nothing at all, for whoever is logged in."""
    request.user.is_authenticated  # noqa: B018 - the middleware asks the same; here to say so
    return HttpResponse(status=204)


class Changelist(admin.ModelAdmin):
    """What a developer writes in a minute, with Django's own defaults for everything else."""

    list_display = ["name", "run", "status", "owner", "started_at", "ended_at", "changed_at"]
    list_filter = ["status"]
    list_select_related = ["owner"]
    search_fields = ["name", "url_scans__url"]
    list_per_page = 50


plain_admin = admin.AdminSite("plain")
plain_admin.register(Analysis, Changelist)

urlpatterns = [
    path("bare/empty/", empty),
    path("bare/<name>/", same_bytes),
    path("plain-admin/", plain_admin.urls),
    path("", include("dashboard.urls")),
]
