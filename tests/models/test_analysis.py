"""The constraints that the database keeps of an analysis and its URL scans."""

import pytest
from django.db import IntegrityError, transaction

from scans.models import Analysis, UrlScan
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [Analysis, UrlScan])
def test_the_database_refuses_an_unknown_status(model):
    make.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(status="finished")
