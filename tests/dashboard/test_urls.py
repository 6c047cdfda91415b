"""The root of all addresses."""

from django.templatetags.static import static
from django.urls import resolve


def test_a_browser_finds_the_icon_where_a_page_names_none_without_login(client):
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (302, static("favicon.svg"))


def test_every_address_has_its_place():
    names = {path: resolve(path).view_name for path in ("/", "/admin/", "/accounts/login/", "/healthz", "/readyz")}
    assert names["/admin/"] == "admin:index" and names["/accounts/login/"] == "account_login"
    assert names["/"].startswith("scans:") and (names["/healthz"], names["/readyz"]) == ("healthz", "readyz")
