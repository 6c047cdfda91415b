"""The searched text of an analysis."""

import pytest

from scans.models import AnalysisSearch
from tests import factories

pytestmark = pytest.mark.django_db


def test_an_analysis_has_one_text_which_is_replaced():
    analysis = factories.submitted(name="Shop")
    AnalysisSearch.keep(analysis, ["http://one.example/"])
    AnalysisSearch.keep(analysis, ["http://two.example/"])
    row = AnalysisSearch.objects.get(analysis=analysis)
    assert row.text == "shop\nhttp://two.example/\n\n" and str(row) == "shop"
