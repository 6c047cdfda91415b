"""Files of scans: those that are wanted, and those that are to be deleted."""

import pytest
from django.utils import timezone

from scans.models import Artifact
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_what_is_discarded_is_unwanted_from_then_on():
    scan = make.submitted().url_scans.get()
    for name in ("a", "b"):
        Artifact.objects.create(url_scan=scan, kind=Artifact.Kind.LOG, name=name, host="h", at=timezone.now())
    assert scan.artifacts.filter(name="a").discard() == 1
    assert [scan.artifacts.wanted().get().name, scan.artifacts.unwanted().get().name] == ["b", "a"]
    first = scan.artifacts.unwanted().get().unwanted_at
    assert scan.artifacts.discard() == 1 and scan.artifacts.get(name="a").unwanted_at == first


def test_a_row_outlives_its_url_scan_until_its_file_is_deleted():
    draft = make.submitted().url_scans.get()
    row = Artifact.objects.create(url_scan=draft, kind="log", name="a", host="h", at=timezone.now())
    field = Artifact._meta.get_field("url_scan")
    assert field.null and field.remote_field.on_delete.__name__ == "SET_NULL" and "http://" in str(row)
