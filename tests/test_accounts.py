"""The account of a request: one query, with settings and permissions."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import RequestFactory
from django.utils import timezone, translation

from scans.accounts import PersonMiddleware, WithSettings, person
from scans.models import PersonSettings
from tests import factories


@pytest.mark.django_db
def test_an_account_is_had_with_settings_and_permissions_in_one_query(django_assert_num_queries):
    ada = factories.user("Reviewer")
    PersonSettings.objects.create(user=ada, theme="dark")
    ada.user_permissions.add(Permission.objects.get(codename="add_allowedtarget"))
    expected = ada.get_all_permissions()
    with django_assert_num_queries(1):
        user = WithSettings().get_user(ada.pk)
        assert user.get_all_permissions() == expected and "scans.add_allowedtarget" in expected
        assert PersonSettings.of(user).theme == "dark"


@pytest.mark.django_db
def test_an_account_without_a_role_may_nothing_and_a_superuser_everything():
    nobody, root = (WithSettings().get_user(factories.user("", is_superuser=power).pk) for power in (False, True))
    assert nobody.get_all_permissions() == set() and root.has_perm("scans.review_analysis")


@pytest.mark.django_db
def test_who_may_not_log_in_is_nobody():
    assert WithSettings().get_user(factories.user(is_active=False).pk) is None
    assert WithSettings().get_user(10**9) is None


@pytest.fixture
def in_berlin():
    request = RequestFactory().get("/")
    request.user = User(username="ada")
    request.user.person_settings = PersonSettings(time_zone="Europe/Berlin", language="de")
    return request


def test_a_view_answers_in_the_persons_zone_and_language_and_the_next_does_not(in_berlin):
    def view(request):
        middleware.process_view(request, view, (), {})
        return timezone.get_current_timezone_name(), translation.get_language()

    middleware = PersonMiddleware(view)
    assert middleware(in_berlin) == ("Europe/Berlin", "de")
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_view_without_login_asks_for_no_account(in_berlin):
    del in_berlin.user

    def view(request):
        """A public page."""

    view.login_required = False
    PersonMiddleware(view).process_view(in_berlin, view, (), {})
    assert timezone.get_current_timezone_name() == "UTC"
    assert person(in_berlin)["person"].theme == "auto"
