"""All pages of the admin: no address asks for more than the page shows."""

import pytest
from django.contrib.admin import site
from django.urls import reverse

from scans.admin.base import SafeAdmin
from tests import factories

pytestmark = pytest.mark.django_db


def test_every_page_of_the_admin_takes_only_the_filters_that_it_shows():
    pages = site._registry.values()
    assert len(pages) > 12 and [page for page in pages if not isinstance(page, SafeAdmin)] == []


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("auth_user", "password__startswith=md5"),
        ("auth_user", "password=x"),
        ("auth_user", "is_superuser__exact=1"),
        ("auth_user", "user_permissions__codename=x"),
        ("auth_user", "email__contains=a"),
        ("scans_analysis", "owner__password__startswith=md5"),
        ("scans_analysis", "findings_all__gt=0"),
        ("scans_analysis", "headers__contains=a"),
        ("scans_urlscan", "crawl_script__sealed__startswith=a"),
        ("scans_targetlogin", "sealed__startswith=g"),
        ("scans_activitylogentry", "user__password__startswith=md5"),
        ("scans_finding", "url_scan__crawl_script__sealed__contains=a"),
    ],
)
def test_no_address_filters_by_a_column_that_no_filter_shows(administrator, model, lookup):
    answer = administrator.get(f"{reverse(f'admin:{model}_changelist')}?{lookup}")
    assert answer.status_code == 400 or answer["Location"].endswith("?e=1")


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("auth_user", "is_active__exact=1"),
        ("auth_user", "groups__id__exact=1"),
        ("auth_user", "q=a&o=1"),
        ("scans_analysis", "status__exact=submitted"),
        ("scans_activitylogentry", "at__year=2026"),
        ("scans_finding", "severity__exact=high"),
    ],
)
def test_the_filters_that_a_page_shows_work(administrator, model, lookup):
    factories.published()
    assert administrator.get(f"{reverse(f'admin:{model}_changelist')}?{lookup}").status_code == 200


def test_no_address_chooses_a_row_by_another_column(administrator):
    for address in ("add/?_to_field=password&_popup=1", "?_to_field=password&_popup=1"):
        assert administrator.get(f"/admin/auth/user/{address}").status_code == 400
