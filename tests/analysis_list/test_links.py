"""The links on the list: chips, heads, views and pages, each an address with one thing changed."""

import pytest

from scans.analysis_list.links import chips_of, columns_of, links_of
from tests import factories
from tests.analysis_list.test_filterset import filterset

pytestmark = pytest.mark.django_db


def test_heads_turn_the_order_round():
    heads = {head["name"]: head for head in columns_of(filterset("order=name"))}
    assert (heads["name"]["sorted"], heads["name"]["address"]) == ("ascending", "?order=-name")
    assert (heads["changed"]["sorted"], heads["changed"]["address"]) == ("", "?")


def test_each_is_a_chip_that_can_be_taken_away():
    factories.user(username="ada")
    query = "?owner=ada&severity=high&started_from=2026-07-02&engine=Wapiti&latest=1"
    chosen = filterset(query.removeprefix("?"))
    assert chosen.address() == query
    links = {text: address for text, _, address in chips_of(chosen)}
    assert list(links) == [
        "submitted by ada",
        "High or worse",
        "started since 2 July 2026",
        "Wapiti",
        "latest runs only",
    ]
    assert links["High or worse"] == query.replace("&severity=high", "")
    assert links_of(chosen, [])["without_further"] == "?"
