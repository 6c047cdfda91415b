"""The root of all addresses. The product's own are in scans/urls.py."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from dashboard import errors, health
from dashboard.metrics import metrics
from dashboard.security_txt import security_txt
from scans.views import provider, two_factor


@method_decorator(login_not_required, name="dispatch")
class Favicon(RedirectView):
    """The address where browsers look for an icon when a page names none, such as the admin."""

    def get_redirect_url(self, *args, **kwargs) -> str:
        """The address of the icon, which changes with its content."""
        return static("favicon.svg")


# One login form for pages and admin. Whoever is logged in and may not enter the admin reads 403 there.
admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("admin/password_change/", RedirectView.as_view(pattern_name="scans:password")),  # one page for everybody
    path("admin/", admin.site.urls),
    # Of allauth's addresses only those that are used: no sign-up, and nothing that needs a mail server.
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", require_POST(account.logout), name="account_logout"),
    path("accounts/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/two-factor/webauthn/login/", two_factor.PasskeyLoginView.as_view(), name="mfa_login_webauthn"),
    path("accounts/two-factor/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("accounts/two-factor/", include("allauth.mfa.urls")),
    path("accounts/provider/", provider.login, name="provider_login"),
    path("accounts/provider/callback/", provider.callback, name="provider_callback"),
    path("favicon.ico", Favicon.as_view()),
    path(".well-known/security.txt", security_txt, name="security-txt"),
    # Only for `reverse`: HealthMiddleware answers before Django looks up an address.
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("scans.urls")),
]
handler400 = errors.unreadable
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
