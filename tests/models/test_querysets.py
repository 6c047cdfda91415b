"""Named questions to the database that no other file asks directly."""

from datetime import timedelta

import pytest
from django.apps import apps as django_apps
from django.utils import timezone

from scans import transitions
from scans.engines.events import Severity
from scans.models import Actor, Analysis, Finding, ScanSettings, UrlScan
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_next_slot_goes_to_the_analysis_that_holds_fewest():
    ScanSettings.objects.update(capacity=1)
    greedy = factories.started("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    modest = factories.started()
    assert UrlScan.objects.fairest_waiting().analysis == modest
    assert UrlScan.objects.waiting_for_capacity().first().analysis == greedy


def test_without_anything_that_waits_nothing_is_next():
    factories.running()
    assert UrlScan.objects.fairest_waiting() is None


def test_what_counts_against_capacity_does_not_yet_run():
    factories.started()
    factories.running()
    assert (UrlScan.objects.holding_slot().count(), UrlScan.objects.running().count()) == (2, 1)


def test_an_analysis_is_due_once_its_time_has_come():
    start = timezone.now() + timedelta(hours=1)
    later = factories.scheduled(start_at=start)
    assert not Analysis.objects.due(start - timedelta(seconds=1)).exists()
    assert Analysis.objects.due(start).get() == later


def test_the_latest_run_is_not_one_that_was_deleted():
    first = factories.published(name="Shop")
    second = transitions.run_again(first, by=Actor.COMMAND)
    assert list(Analysis.objects.present().latest_runs()) == [second]
    assert Analysis.objects.last_with_results().get() == first
    transitions.stop_analysis(second, "save", by=Actor.COMMAND)
    transitions.delete(factories.fresh(second), by=Actor.COMMAND)
    assert list(Analysis.objects.present().latest_runs()) == [first]


def test_results_under_verification_are_for_reviewers_and_for_no_user_at_all():
    factories.ended(publication="reviewer", number_of_findings=2)
    viewer, reviewer = factories.user("Viewer"), factories.user("Reviewer")
    seen = [Finding.objects.visible_to(user).count() for user in (viewer, reviewer, None)]
    assert seen == [0, 2, 2]
    (totals,) = UrlScan.objects.totals_by_analysis(viewer).values()
    assert (totals["urls"], totals["ended"], totals["hidden"]) == (1, 1, 1)
    (totals,) = UrlScan.objects.totals_by_analysis().values()
    assert totals["hidden"] == 0
    assert [Analysis.objects.get().count_findings(user)["high"] for user in (viewer, reviewer, None)] == [0, 2, 2]


def test_findings_are_ranked_grouped_counted_and_found():
    scan = factories.running().url_scans.get()
    factories.find(scan, 2, severity=Severity.LOW, category="Cookies")
    factories.find(scan, 1, severity=Severity.CRITICAL, category="SQL Injection", parameter="Id")
    every = Finding.objects.all()
    assert [finding.category for finding in every.worst_first()] == ["SQL Injection", "Cookies", "Cookies"]
    assert [finding.category for finding in every.grouped_by("category")] == ["SQL Injection", "Cookies", "Cookies"]
    assert every.count_by_severity() == {"critical": 1, "high": 0, "medium": 0, "low": 2, "info": 0}
    firsts = every.first_of_each_category()
    assert {finding.category: finding.worst for finding in firsts} == {"Cookies": "low", "SQL Injection": "critical"}
    assert every.found_by("sql").count() == every.found_by("ID").filter(parameter="Id").count() == 1


@pytest.mark.parametrize("model", list(django_apps.get_app_config("scans").get_models()))
def test_the_usual_order_of_a_model_joins_no_other_table(model):
    assert "JOIN" not in str(model.objects.all().query)


def test_url_scans_come_by_analysis_in_the_order_of_their_submission():
    first = factories.submitted("http://127.0.0.1:9/b", "http://127.0.0.1:9/a")
    other = factories.submitted("http://127.0.0.1:9/c")
    urls = UrlScan.objects.values_list("analysis_id", "url")
    assert list(urls) == [
        *((first.pk, f"http://127.0.0.1:9/{name}") for name in "ba"),
        (other.pk, "http://127.0.0.1:9/c"),
    ]
