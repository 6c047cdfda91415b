"""Find: the index answers what looking at every text would, whatever the words and the texts are."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scans.analysis_list import search
from scans.database import search_index
from scans.database.search_text import fold
from scans.models import Actor, Analysis, AnalysisSearch
from tests import factories
from tests.analysis_list.test_filterset import filterset
from tests.database.test_search_index import found_by_index

pytestmark = pytest.mark.django_db
NAMES = [
    *(
        "Büro Zürich",
        "BU\u0308RO",
        "STRASSE",
        "Straße 7",
        "100 % of it",
        "under_score",
        "back\\slash",
        'it\'s "quoted"',
    ),
    *(
        "ÉCOLE",
        "école",
        "ecole",
        "аналіз",
        "ΣΊΣΥΦΟΣ",
        "日本語",
        "a\tb",
        "x' & 'y:*",
        "AND OR NOT",
        "İstanbul",
        "ﬁne",
        "--",
        "%_%",
    ),
]
URLS = ["http://127.0.0.1:9/", "http://xn--bcher-kva.example/Weg%20", "http://[::1]:8080/a_b?q=%C3%A9&x='y'"]


@pytest.fixture(scope="module")
def texts():
    """Names and URLs as they are, by number."""
    return {number: (name, URLS[: number % 3 + 1]) for number, name in enumerate(NAMES)}


@pytest.fixture
def analyses(texts):
    """Their analyses, ids by number."""
    return {number: factories.submitted(*urls, name=f"{name} {number:03}").pk for number, (name, urls) in texts.items()}


def looked_for_in_python(words: str) -> set[int]:
    """The rule itself, from the facts and not from what is kept: any part of the name, or of a URL, in any case."""
    wanted = fold(words)

    def contains(analysis) -> bool:
        urls = [scan.url for scan in analysis.url_scans.all()]
        spelled = [url.replace("xn--bcher-kva", "bücher") for url in urls]
        return any(wanted in fold(text) for text in [analysis.name, *urls, *spelled])

    present = Analysis.objects.present().prefetch_related("url_scans")
    return {analysis.pk for analysis in present if contains(analysis)}


LETTERS = "aeéÉsßSSuü\u0308 %_'\"\\&:*|!()<->./x本ΣςİiI7-\t,^{}~+"
parts = st.sampled_from([*NAMES, *URLS]).flatmap(
    lambda text: st.tuples(st.integers(0, len(text)), st.integers(1, 8)).map(lambda at: text[at[0] : at[0] + at[1]])
)
words_of_any_kind = (parts | st.text(LETTERS, min_size=1, max_size=4)).filter(lambda words: words.strip())


@settings(
    max_examples=3 * settings.default.max_examples // 2,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(words=words_of_any_kind)
def test_the_index_answers_what_a_plain_scan_does(analyses, words):
    expected = looked_for_in_python(words)
    assert found_by_index(words) == expected
    assert set(search.containing(Analysis.objects, words).values_list("pk", flat=True)) == expected
    assert set(search.hits(words, 1000).ids) == expected


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("büro", {"Büro Zürich", "BU\u0308RO"}),
        ("école", {"ÉCOLE", "école"}),
        ("strasse", {"STRASSE", "Straße 7"}),
        ("ß", {"STRASSE", "Straße 7"}),
        ("%", {"100 % of it", "%_%"}),
        ("_", {"under_score", "%_%"}),
        ("\\", {"back\\slash"}),
        ("'", {'it\'s "quoted"', "x' & 'y:*"}),
        ("本", {"日本語"}),
        ("σίσυφος", {"ΣΊΣΥΦΟΣ"}),
        ("q", {'it\'s "quoted"'}),
        ("zq", set()),
        ("zzzz", set()),
    ],
)
def test_accents_count_and_case_does_not(words, names):
    pks = {factories.submitted(name=name.ljust(3, "."), by=Actor.COMMAND).pk: name for name in NAMES}
    assert {pks[pk] for pk in found_by_index(words)} == names
    assert {pks[pk] for pk in looked_for_in_python(words)} == names


def test_words_do_not_reach_from_a_name_into_a_url():
    factories.submitted("http://127.0.0.1:9/", name="ends here")
    for words in ("here\nhttp", "herehttp", "here http"):
        assert search.hits(words, 10).ids == []


def test_frequent_words_are_found_along_the_list_and_counted_as_a_lower_bound(monkeypatch):
    for number in range(6):
        factories.submitted(name=f"shop {number}")
    for number in range(3):
        factories.scheduled(name=f"other {number}")
    first_four = [range(first := Analysis.objects.earliest("pk").pk, first + 4)]
    for name, value in {"SAMPLE": 6, "FREQUENT": 2, "_spread": lambda last: first_four}.items():
        monkeypatch.setattr(search, name, value)
    found = search.find(Analysis.objects.present(), "shop")
    assert not found.exact
    assert found.counts["submitted"] == 4
    rows = found.keyset("name", descending=False, statuses=[]).rows(50)
    assert [Analysis.objects.get(pk=row.pk).name for row in rows] == [f"shop {number}" for number in range(6)]
    assert found.keyset("name", descending=False, statuses=["scheduled"]).rows(50) == []


def test_frequent_words_beside_a_filter_that_finds_nothing_find_nothing(monkeypatch):
    for number in range(6):
        factories.submitted(name=f"shop {number}")
    for name, value in {"SAMPLE": 3, "FREQUENT": 1, "RUNS": 1, "COUNT_LIMIT": 3}.items():
        monkeypatch.setattr(search, name, value)
    chosen = filterset("q=shop&engine=Other")
    assert (chosen.slice.rows, chosen.shown, chosen.matches.exact) == ([], 0, True)


def test_more_than_can_be_counted_is_said_to_be_more(monkeypatch):
    for number in range(4):
        factories.submitted(name=f"shop {number}")
    for name, value in {"SAMPLE": 1, "FREQUENT": 2, "RUNS": 1}.items():
        monkeypatch.setattr(search, name, value)
    monkeypatch.setattr("scans.analysis_list.search.COUNT_LIMIT", 3)
    found = search.find(Analysis.objects.present(), "shop")
    assert (found.exact, found.counts) == (False, {"submitted": 3})
    monkeypatch.setattr("scans.analysis_list.search.COUNT_LIMIT", 4)
    found = search.find(Analysis.objects.present(), "shop")
    assert (found.exact, found.counts) == (True, {"submitted": 4})


@pytest.mark.parametrize("removed_before", [0, 30])
def test_rare_words_are_looked_up_at_once_and_others_after_a_look_at_a_sample(monkeypatch, removed_before):
    monkeypatch.setattr(search_index, "_SAMPLE_SIZE", 9)
    for _ in range(removed_before):
        factories.submitted()
    AnalysisSearch.objects.all().delete()
    for number in range(9):
        factories.submitted(name=f"Customer portal {'Qatar' if number == 4 else 'Berlin'} {number}")
    looked_for = []
    monkeypatch.setattr(search_index, "sample", lambda _connection, words, _ranges: looked_for.append(words) or [])
    monkeypatch.setattr(search, "SAMPLE", 1)
    monkeypatch.setattr(search, "RUNS", 1)
    found = {words: len(search.hits(words, 20).ids) for words in ("portal Qatar", "PORTAL", "po", "nothing")}
    assert found == {"portal Qatar": 1, "PORTAL": 9, "po": 9, "nothing": 0}
    assert looked_for == ["portal", "po"]
