"""The list's query string: what it filters, that the list and `qs` agree, and how it is written again."""

from datetime import timedelta
from itertools import chain

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone
from django.utils.http import urlencode
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scans import transitions
from scans.analysis_list import search
from scans.analysis_list.filterset import AnalysisFilterSet
from scans.analysis_list.links import links_of
from scans.analysis_list.ordering import COLUMNS
from scans.models import Actor, Analysis, PersonSettings
from scans.sample_data import loading
from scans.statuses import ANALYSIS_STATUSES
from tests import factories

pytestmark = pytest.mark.django_db


def filterset(query: str = "", role: str = "Viewer", user=None) -> AnalysisFilterSet:
    request = RequestFactory().get(f"/analyses/?{query}")
    request.user = user or factories.user(role)
    return AnalysisFilterSet(QueryDict(query), Analysis.objects.present(), request=request)


def listed(filterset: AnalysisFilterSet) -> list[Analysis]:
    """The analyses of the page, in order."""
    return [Analysis.objects.get(pk=row.pk) for row in filterset.slice.rows]


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("", ""),
        ("q=&page=1&order=-changed", ""),
        ("v=7&utm=x&status=queued&status=paused", "?status=queued&status=paused"),
        ("order=name&q=a%26b", "?q=a%26b&order=name"),
        ("status=bogus&order=bogus", ""),
    ],
)
def test_address_is_the_shortest_that_means_the_same(query, address):
    assert filterset(query).address() == address


def test_a_change_of_the_filter_starts_at_the_first_page():
    assert filterset("page=3").address(status=["queued"]) == "?status=queued"
    assert filterset("status=queued").address(page=3) == "?status=queued&page=3"


def test_dropdown_has_every_status_once_grouped_by_phase():
    factories.scheduled()
    phases = filterset("status=paused").phases()
    entries = [entry for _, group in phases for entry in group]
    assert sorted(status.code for status, _, _ in entries) == sorted(ANALYSIS_STATUSES)
    found = {status.code: (count, chosen) for status, count, chosen in entries}
    assert (found["paused"], found["scheduled"]) == ((0, True), (1, False))
    assert [label for label, _ in phases] == ["Waiting", "Active", "Under verification", "Ended"]


def test_status_sorts_in_the_order_of_life():
    running, submitted = factories.running(), factories.submitted()
    assert listed(filterset("order=status")) == [submitted, running]


def test_findings_sort_by_the_worst_severity_first():
    many_low = factories.published(number_of_findings=0)
    scan = factories.running().url_scans.get()
    factories.find(scan, 1)
    assert listed(filterset("order=-findings", role="Reviewer")) == [scan.analysis, many_low]


def test_order_does_not_give_away_findings_under_verification():
    hidden = factories.ended(publication="reviewer", number_of_findings=9)
    shown = factories.published(number_of_findings=1)
    assert listed(filterset("order=-findings")) == [shown, hidden]
    assert listed(filterset("order=-findings", role="Reviewer")) == [hidden, shown]


def test_what_has_no_start_comes_last_either_way():
    running, submitted = factories.running(), factories.submitted()
    for order in ("start", "-start", "duration", "-duration"):
        assert listed(filterset(f"order={order}")) == [running, submitted]


DAYS = ["today", "soon", *(f"{timezone.now() - timedelta(days=days):%Y-%m-%d}" for days in (1, 20, 90, 400))]
QUERIES = st.fixed_dictionaries(
    {"order": st.sampled_from(["bogus", *(sign + column for column in COLUMNS for sign in ("", "-"))])},
    optional={
        "q": st.sampled_from(["shop", "port", "e", "17", "zzzz", "%", "\0"]),
        "status": st.lists(st.sampled_from(["bogus", *ANALYSIS_STATUSES]), max_size=12),
        "owner": st.sampled_from(["me", "ada", "nobody"]),
        "severity": st.sampled_from(["critical", "high", "low", "awful"]),
        "started_from": st.sampled_from(DAYS),
        "started_to": st.sampled_from(DAYS),
        "ended_from": st.sampled_from(DAYS),
        "engine": st.sampled_from(["Wapiti", "Wapiti 3.2.3", "Other"]),
        "latest": st.sampled_from(["1", "x"]),
        "review": st.sampled_from(["1", "x"]),
        "stuck": st.sampled_from(["1", "x"]),
    },
)


@pytest.fixture(scope="module")
def users(written_once):
    """A viewer and a reviewer, beside many analyses of whom some are theirs."""
    loading.create(70, seed=9, now=timezone.now())
    transitions.run_again(factories.published(name="Shop 17"), by=Actor.COMMAND)
    factories.ended(publication="reviewer", number_of_findings=3)
    users = [factories.user("Viewer", username="ada"), factories.user("Reviewer", username="bob")]
    for number, user in enumerate(users):
        ids = Analysis.objects.order_by("pk").values_list("pk", flat=True)[number::3]
        Analysis.objects.filter(pk__in=ids).update(owner=user)
        PersonSettings.objects.create(user=user, page_size=25)
    return users


@pytest.mark.parametrize("limit", [12, 2000])
@settings(
    max_examples=3 * settings.default.max_examples // 10,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # to explain a failure slows all runs down
)
@given(query=QUERIES, number=st.integers(0, 1), rare=st.booleans())
def test_the_list_shows_what_qs_finds_on_all_pages_in_every_order(users, monkeypatch, limit, query, number, rare):
    monkeypatch.setattr(search.search_index, "are_rare", lambda connection, words: rare)
    for name, value in {"COUNT_LIMIT": limit, "SAMPLE": 4 * limit, "FREQUENT": limit // 2, "RUNS": 4}.items():
        monkeypatch.setattr(search, name, value)
    chosen = filterset(urlencode(query, doseq=True), user=users[number])
    found = list(chosen.qs.values_list("pk", flat=True))
    pages = pages_from(chosen)
    assert sorted(chain.from_iterable(pages)) == sorted(found)
    assert list(chain.from_iterable(chosen.keyset.ids(40))) == list(chain.from_iterable(pages))
    of_any_status = filterset(urlencode({**query, "status": []}, doseq=True), user=users[number])
    counts = of_any_status.qs.count_by_status()
    if chosen.matches.exact:
        assert (chosen.matches.counts, chosen.shown) == (counts, len(found))
    else:
        assert all(count <= counts[status] for status, count in chosen.matches.counts.items())
    assert chosen.shown == len(found) if chosen.shown_exactly else 0 < chosen.shown <= len(found)
    assert bool(chosen.notices()) >= (not chosen.is_valid())


def pages_from(filterset_of_first: AnalysisFilterSet) -> list[list[int]]:
    """The ids on each page, from the first to the last, as the links lead from one to the next."""
    pages, current = [], filterset_of_first
    while True:
        pages.append([row.pk for row in current.slice.rows])
        following = links_of(current, [])["pages"].get("next")
        if not following:
            return pages
        current = filterset(following.removeprefix("?"), user=current.request.user)
