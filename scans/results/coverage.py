"""Storing the coverage of a URL scan: each address that the engine reports once, and how far the scan got with it."""

import hashlib
from collections import defaultdict
from collections.abc import Collection

from scans import transitions
from scans.configuration.usual_patterns import patterns_for
from scans.engines.events import AddressSeen, Reach, UrlCrawled
from scans.models import Actor, Analysis, CrawledUrl, UrlScan
from scans.reasons import NO_REASON, SENTENCES, Reason, as_reason
from scans.targets.request_rules import pattern_of

MAX_ADDRESSES = 20_000  # addresses stored of one URL scan; a site can invent any number of them
_AT_ONCE = 500  # rows in one statement


@transitions.by_holder
def store(url_scan: UrlScan, seen: Collection[UrlCrawled | AddressSeen]) -> None:
    """Store new addresses, and update those already stored. Raises LeaseLost.

    An address that was attacked but never found is not stored: engines guess names, so the site may not have it.
    """
    rows: dict[str, CrawledUrl] = {}
    attacked = set()
    for event in seen:
        row = _row(url_scan, event)
        if row.reach == Reach.ATTACKED:
            attacked.add(row.identity)
        else:
            rows[row.identity] = _merged(rows.get(row.identity), row)
    if rows:
        _store_found(url_scan, rows)
    _advance(url_scan, {(Reach.ATTACKED, NO_REASON): list(attacked)})


def _row(url_scan: UrlScan, event: UrlCrawled | AddressSeen) -> CrawledUrl:
    told = event if isinstance(event, AddressSeen) else None
    url = event.url.partition("#")[0]
    if told is None or told.reach != Reach.SKIPPED:  # the query may be why an address was skipped
        url = url.partition("?")[0]
    return CrawledUrl(
        url_scan=url_scan,
        identity=hashlib.sha256(f"{event.method} {url}".encode()).hexdigest(),
        method=event.method[:16],
        url=url,
        answer=event.status if 100 <= event.status < 1000 else 0,
        reach=told.reach.value if told else Reach.FOUND.value,
        reason=_reason(url_scan, told) if told else NO_REASON,
    )


def _reason(url_scan: UrlScan, told: AddressSeen) -> Reason:
    """Return the reason that the engine gave: a code of the registry, with the pattern that left it out, or a text."""
    if told.reason == "left_out":
        levels = {pattern: level for level, pattern in patterns_for(url_scan.analysis.left_out or (), url_scan.url)}
        if pattern := pattern_of(told.url, levels):
            code = "left_out_for_url" if levels[pattern] else "left_out_for_all"
            return Reason(code, pattern=pattern, by=_who_gave_patterns(url_scan.analysis))
    return Reason(told.reason) if told.reason in SENTENCES else as_reason(told.reason[:200])


def _who_gave_patterns(analysis: Analysis) -> str | Actor:
    """Return who changed the patterns last, else who submitted the analysis."""
    for entry in analysis.activity.filter(action="analysis.changed").select_related("user"):  # the newest first
        if entry.user and "left_out" in entry.data.get("changed", "").split(", "):
            return entry.user.username
    return analysis.owner.username if analysis.owner else Actor.COMMAND


def _merged(before: CrawledUrl | None, now: CrawledUrl) -> CrawledUrl:
    """Merge two events of one address. That it was skipped says more than that it was found."""
    if before is None:
        return now
    merged = before if now.reach == Reach.FOUND else now
    merged.answer = now.answer or before.answer
    return merged


def _store_found(url_scan: UrlScan, rows: dict[str, CrawledUrl]) -> None:
    room = MAX_ADDRESSES - url_scan.crawled_urls.count()
    known = url_scan.crawled_urls.known(rows)
    new = [row for identity, row in rows.items() if identity not in known][: max(0, room)]
    CrawledUrl.objects.bulk_create(new, ignore_conflicts=True, batch_size=_AT_ONCE)
    answers, held_up = defaultdict(list), defaultdict(list)
    for identity in known:
        answers[rows[identity].answer].append(identity)
        held_up[rows[identity].reach, rows[identity].reason].append(identity)
    answers.pop(0, None)
    for answer, identities in answers.items():
        url_scan.crawled_urls.filter(identity__in=identities).exclude(answer=answer).update(answer=answer)
    held_up.pop((Reach.FOUND, NO_REASON), None)
    _advance(url_scan, held_up)


def _advance(url_scan: UrlScan, identities: dict[tuple[str, Reason], list[str]]) -> None:
    """Change found addresses to another reach, with this reason. Addresses that have another reach keep it."""
    for (reach, reason), group in identities.items():
        for start in range(0, len(group), _AT_ONCE):
            found = url_scan.crawled_urls.filter(identity__in=group[start : start + _AT_ONCE], reach=Reach.FOUND)
            found.update(reach=reach, reason=reason)
