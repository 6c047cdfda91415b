"""The plan of the sample data: story, series, name and time of each analysis. Pure; a seed always gives the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from random import Random
from zlib import crc32

from scans.sample_data.stories import Shares
from scans.sample_data.story import Story
from scans.statuses import UrlScanStatus

DAY = 24 * 3600
SPREAD_OVER = 3 * 365 * DAY
# The newest finished one was submitted this long ago, which is longer than the longest story lasts.
NEWEST_FINISHED = 2 * DAY
USUAL_DURATION = DAY
PACES = (40, 60, 80, 100, 100, 130, 170, 250, 400)  # per cent of a story's own time
START_WITHIN_DAYS = (30, 89)  # scheduled ones; what is submitted may start 90 days ahead

_DOMAINS = ("example.com", "example.org", "example.net")
# A name is one word of each of these, and a number; "" leaves the word out.
_WORDS = (
    ("", "", "", "Weekly", "Nightly", "Legacy", "Public", "Internal"),
    ("", "", "Customer", "Partner", "Supplier", "Payments", "Billing", "Logistics", "Municipal", "Research"),
    ("portal", "shop", "API", "intranet", "wiki", "gateway", "dashboard", "archive", "booking", "Büro", "forum", "CRM"),
    ("", "", "staging", "production", "test", "canary"),
    ("", "", "", "Zürich", "Lisbon", "Osaka", "Nairobi"),
)


@dataclass(frozen=True)
class Planned:
    """One planned analysis. `series` is the number of the series' first run; times are seconds since 1970."""

    number: int
    story: int
    series: int
    run: int
    began: int
    pace: int
    duration: int
    start_at: int | None


class Plan:
    """The planned analyses: finished ones first, spread over three years, then the unfinished ones.

    Stories are dealt like cards: every deck has each story as often as its share, so the mix is the same for
    any number of analyses.
    """

    def __init__(self, analyses: int, seed: int, now: int, finished: Shares, unfinished: Shares):
        self.stories: list[Story] = []
        self._analyses, self._seed, self._now = analyses, seed, now
        self._random = Random(seed)  # noqa: S311 - sample data needs no secret randomness
        decks = [self._deck(finished), self._deck(unfinished)]
        self._finished = round(analyses * len(decks[0]) / sum(map(len, decks)))
        counts = (self._finished, analyses - self._finished)
        self._cards = chain.from_iterable(self._deal(deck, count) for deck, count in zip(decks, counts, strict=True))

    def __iter__(self) -> Iterator[Planned]:
        """Each analysis, the oldest first."""
        for number, card in enumerate(self._cards):
            yield self._planned(number, card)

    def _deck(self, shares: Shares) -> list[int]:
        """Cards, each with the number of a story."""
        deck = []
        for share, story in shares:
            deck += [len(self.stories)] * share
            self.stories.append(story)
        return deck

    def _deal(self, deck: list[int], count: int) -> Iterator[int]:
        while count > 0:
            self._random.shuffle(deck)
            yield from deck[:count]
            count -= len(deck)

    def _planned(self, number: int, card: int) -> Planned:
        story = self.stories[card]
        pace = PACES[int(self._random.random() * len(PACES))]
        ran_out = story.ran_out_after
        series, run = series_and_run(number, self._analyses)
        return Planned(
            number=number,
            story=card,
            series=series,
            run=run,
            began=self._began(number, story.after * pace // 100),
            pace=pace,
            duration=USUAL_DURATION if ran_out is None else ran_out * pace // 100,
            start_at=self._start_at() if any(s.status == UrlScanStatus.SCHEDULED for s in story.scans) else None,
        )

    def _began(self, number: int, lasts: int) -> int:
        if number >= self._finished:
            return self._now - lasts - int(self._random.random() * DAY / 4)
        span = SPREAD_OVER - NEWEST_FINISHED
        return self._now - SPREAD_OVER + int((number + self._random.random()) * span / self._finished)

    def _start_at(self) -> int:
        earliest, latest = START_WITHIN_DAYS
        return self._now + int((earliest + self._random.random() * (latest - earliest)) * DAY)


def series_and_run(number: int, analyses: int) -> tuple[int, int]:
    """Every fifth analysis is a later run: the second or third of a series that began half a year or more before.

    Of every ten, the fifth is the second run of what was the first of ten then, the tenth its third.
    """
    tens, place = divmod(number, 10)
    half_a_year = max(1, analyses // 60)
    runs_before = {4: 1, 9: 2}.get(place, 0)
    first = 10 * (tens - runs_before * half_a_year)
    return (first, runs_before + 1) if runs_before and first >= 0 else (number, 1)


def name(series: int, seed: int, number: int) -> str:
    """Two to six words, the last of them the number, which keeps names apart."""
    rest = crc32(f"{seed} {series}".encode())
    words = []
    for choice in _WORDS:
        rest, word = divmod(rest, len(choice))
        words.append(choice[word])
    return " ".join([*filter(None, words), str(number)])


def domain(series: int) -> str:
    """A domain that nobody can own (RFC 2606)."""
    return _DOMAINS[series % len(_DOMAINS)]
