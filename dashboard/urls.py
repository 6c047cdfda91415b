"""Where every address begins; the product's own are in scans/urls.py."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from dashboard import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("scans.urls")),
]
