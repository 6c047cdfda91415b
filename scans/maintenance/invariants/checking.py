"""Asking all invariants of a database that is in use, a batch of analyses at a time, with flat memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from time import sleep

from django.db.models import Q

from scans.database.snapshot import snapshot
from scans.maintenance.invariants import holding, leftovers, log, states, whole
from scans.maintenance.invariants.base import REPORT, Batch, Violation, last_id
from scans.models import Analysis

OF_ANALYSES: tuple[Callable[[Batch], Iterator[Violation]], ...] = (
    states.status_follows_from_url_scans,
    states.sums_are_those_of_the_rows,
    states.findings_are_counted,
    states.moments_fit_the_status,
    states.moments_are_in_order,
    states.find_finds_it,
    holding.leases_are_whole,
    holding.leases_are_where_they_may_be,
    holding.what_runs_has_a_worker,
    holding.leases_end_soon,
    holding.slots_are_where_they_may_be,
    log.log_is_a_chain,
    log.log_goes_forward,
    leftovers.results_are_where_they_may_be,
    leftovers.deleted_results_left_no_pictures,
    leftovers.deleted_analyses_are_empty,
    leftovers.pictures_have_files,
)
OF_ALL: tuple[Callable[[], Iterator[Violation]], ...] = (
    whole.statuses_are_counted,
    whole.capacity_is_kept,
    whole.each_task_holds_one_scan,
    whole.logs_are_append_only,
    whole.contents_are_referred_to,
    whole.what_is_owed_has_a_task,
)
BATCH = 500  # analyses read as of one moment
MOST = 1000  # violations looked at twice; a database with more is broken enough
VERSIONS = 10_000  # unfinished analyses whose version is compared between the two looks
SECONDS_BETWEEN_LOOKS = 2


@dataclass
class Result:
    """The answer of all invariants: how many analyses were looked at, and the violations."""

    analyses: int = 0
    found: list[Violation] = field(default_factory=list)
    is_whole: bool = True  # False: there are more violations than MOST

    @property
    def violations(self) -> list[Violation]:
        """The violations without the warnings."""
        return [one for one in self.found if not one.is_warning]


def check(seconds_between_looks: float = SECONDS_BETWEEN_LOOKS) -> Result:
    """Ask all invariants, and look twice at each violation: only what is there both times counts."""
    result = Result()
    versions = _versions()
    suspects = _first_look(result)
    sleep(seconds_between_looks)
    result.found = [*_second_look(suspects), *_went_back(versions)]
    return result


def _first_look(result: Result) -> list[Violation]:
    suspects = list(_of_all())
    for first in range(1, last_id() + 1, BATCH):
        with snapshot():
            batch = Batch(range(first, first + BATCH))
            result.analyses += len(batch.analyses)
            suspects += islice(_of_batch(batch), MOST + 1)
        if len(suspects) > MOST:
            result.is_whole = False
            return suspects[:MOST]
    return suspects


def _second_look(suspects: list[Violation]) -> list[Violation]:
    """Return the suspects that are there still, as the second look sees them."""
    before = {_key(one) for one in suspects}
    still = _of_all() if any(one.analysis is None for one in suspects) else []
    found = [one for one in still if _key(one) in before]
    analyses = sorted({one.analysis for one in suspects if one.analysis is not None})
    for start in range(0, len(analyses), BATCH):
        with snapshot():
            found += [one for one in _of_batch(Batch(analyses[start : start + BATCH])) if _key(one) in before]
    return found


def _key(violation: Violation) -> tuple[str, str]:
    return violation.invariant, violation.row


def _of_batch(batch: Batch) -> Iterator[Violation]:
    for invariant in OF_ANALYSES:
        yield from _named(invariant, invariant(batch))


def _of_all() -> Iterator[Violation]:
    for invariant in OF_ALL:
        with snapshot():
            found = list(invariant())
        yield from _named(invariant, found)


def _named(invariant: Callable, found: Iterable[Violation]) -> Iterator[Violation]:
    return (replace(one, invariant=invariant.__name__) for one in found)


def _versions() -> dict[int, tuple[int, str]]:
    """Return version and status of the unfinished analyses, the last ones if there are many."""
    unfinished = Analysis.objects.filter(ended_at=None).order_by("-pk")
    return {pk: (version, status) for pk, version, status in _stated(unfinished)[:VERSIONS]}


def _stated(analyses):
    return analyses.values_list("pk", "version", "status")


def _went_back(before: dict[int, tuple[int, str]]) -> Iterator[Violation]:
    """The version of an analysis never goes back, and grows with its status: pages notice changes by it."""
    pks = list(before)
    for start in range(0, len(pks), BATCH):
        for pk, version, status in _stated(Analysis.objects.filter(Q(pk__in=pks[start : start + BATCH]))):
            was, status_then = before[pk]
            if version < was or (version == was and status != status_then):
                kept = f"its version is {version}"
                should = f"it was {was} when its status was {status_then}, and each change makes it grow"
                yield Violation(f"Analysis {pk}", kept, should, REPORT, pk, invariant="versions_grow")
