"""The constraints that the database keeps of an analysis and its URL scans."""

import pytest
from django.db import IntegrityError, transaction

from scans.models import Analysis, UrlScan
from scans.models import analysis as module
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [Analysis, UrlScan])
def test_the_database_refuses_an_unknown_status(model):
    make.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(status="finished")


def test_findings_are_counted_by_weakness_and_beyond_what_the_weight_holds(monkeypatch):
    analysis = make.on_every_page("", "about", urls=("http://127.0.0.1:9/a", "http://127.0.0.1:9/b"))
    make.find(make.running().url_scans.get(), 2)
    assert analysis.count_findings() == {"critical": 0, "high": 0, "medium": 0, "low": 0, "info": 1, "dismissed": 0}
    monkeypatch.setattr(module, "MOST_WEIGHED", 1)
    assert analysis.count_findings() == {"critical": 0, "high": 0, "medium": 0, "low": 0, "info": 1, "dismissed": 0}
