"""The root of all addresses. The product's own are in scans/urls.py."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views.generic import RedirectView

from dashboard import errors, health


@method_decorator(login_not_required, name="dispatch")
class Favicon(RedirectView):
    """The address where browsers look for an icon when a page names none, such as the admin."""

    def get_redirect_url(self, *args, **kwargs) -> str:
        """The address of the icon, which changes with its content."""
        return static("favicon.svg")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("favicon.ico", Favicon.as_view()),
    # Only for `reverse`: HealthMiddleware answers before Django looks up an address.
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("scans.urls")),
]
handler404 = errors.not_found
handler500 = errors.broken
