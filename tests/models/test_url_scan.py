"""The constraints that the database keeps of a URL scan."""

import pytest
from django.db import IntegrityError, transaction

from scans.models import Series
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_the_database_refuses_the_same_url_twice_in_an_analysis():
    with pytest.raises(IntegrityError), transaction.atomic():
        make.submitted("http://127.0.0.1:9/", "http://127.0.0.1:9/")
    assert not Series.objects.exists()
