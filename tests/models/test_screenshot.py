"""Pictures: their files go with them."""

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from scans.models import Screenshot
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_picture_is_removed_with_its_file():
    scan = factories.submitted().url_scans.get()
    file = ContentFile(b"PNG", name="one.png")
    picture = Screenshot.objects.create(url_scan=scan, shows=Screenshot.Shows.TARGET, at=timezone.now(), image=file)
    storage, name = picture.image.storage, picture.image.name
    assert storage.exists(name) and str(picture) == f"The target page: {scan}"
    picture.remove()
    assert not storage.exists(name) and not Screenshot.objects.exists()
