"""The plan of made-up analyses: series, runs, names, and hosts that nobody owns."""

import pytest
from django.db.models import Max

from scans.models import ActivityLogEntry, Analysis, Series, UrlScan
from scans.prescan.connection import check_connection
from scans.sample_data.plan import name, series_and_run
from scans.targets.policy import TargetPolicy, normalise

pytestmark = pytest.mark.django_db


def test_every_fifth_analysis_is_a_later_run_of_an_older_one(three_hundred):
    assert 40 <= Analysis.objects.filter(run__gt=1).count() <= 60
    assert Analysis.objects.aggregate(Max("run"))["run__max"] == 3
    for series in Series.objects.prefetch_related("runs"):
        runs = sorted(series.runs.all(), key=lambda run: run.run)
        assert [run.run for run in runs] == list(range(1, len(runs) + 1))
        assert [run.created_at for run in runs] == sorted(run.created_at for run in runs)
        assert {run.name for run in runs} == {series.name}
        assert all(earlier.info.final for earlier in runs[:-1])
        submissions = ActivityLogEntry.objects.filter(analysis__in=runs, action="analysis.submitted")
        assert all(entry.data["run"] == entry.analysis.run for entry in submissions)


@pytest.mark.parametrize("analyses", [1, 9, 60, 1000, 12345])
def test_every_run_has_the_runs_before_it(analyses):
    runs = [series_and_run(number, analyses) for number in range(analyses)]
    assert len(set(runs)) == analyses
    assert all((series, run - 1) in set(runs) for series, run in runs[:500] if run > 1)


def test_targets_are_well_formed_and_nobody_can_own_them(three_hundred):
    policy = TargetPolicy(allowed=["localhost"])
    urls = list(UrlScan.objects.values_list("url", flat=True))
    assert all(normalise(url) == url for url in urls)
    domains = {".".join(url.split("/")[2].split(".")[-2:]) for url in urls}
    assert domains == {"example.com", "example.org", "example.net"}
    assert check_connection(urls[0], policy).failure.reason == "target_not_allowed"


def test_a_name_keeps_to_its_series():
    assert name(4, seed=1, number=9) == name(4, seed=1, number=9) != name(5, seed=1, number=9)
