"""Sample data as it is loaded."""

import pytest
from django.utils import timezone

from scans.sample_data import loading


@pytest.fixture
def three_hundred():
    loading.create(300, seed=7, now=timezone.now())
