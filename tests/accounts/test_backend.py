"""The account of a request: one query, with settings and permissions."""

import pytest
from django.contrib.auth.models import Permission

from scans.accounts import WithSettings
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
