"""The results of an analysis or of one URL scan, limited to those that one person may see; all formats use them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice

from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext_lazy

from scans.exports.data import (
    configuration_data,
    evidence_data,
    finding_data,
    iso,
    mark_data,
    marks_of,
    url_scan_data,
    weakness_data,
)
from scans.exports.masking import Mask, masks_of
from scans.exports.streams import HERE, json_pieces
from scans.exports.tables import csv_lines
from scans.harmless import one_line
from scans.models import Analysis, Finding, TriageMark, UrlScan
from scans.models.open_findings import count_open, count_open_of_scans, still_open
from scans.models.querysets import FindingQuerySet
from scans.statuses import PUBLISHED_AS, EndedBy
from scans.targets.zones import DEFAULT_ZONE, shown_zone

FORMAT = {"format": "dynamic-analyses/results", "version": 2}
FINDING_COLUMNS = [
    *("severity", "category", "method", "url", "parameter", "target", "info", "replay", "replay_reason"),
    *("mark", "mark_comment", "cwe", "wstg", "module", "found_at", "url_scan_status", "fingerprint", "id"),
    *("subject", "kind", "places", "place_list", "accepted_until", "reopened", "assignee", "due", "zone"),
]
LONGEST_CELL = 32_000  # characters; Excel cuts a cell after 32,767
_RUNNING = ngettext_lazy(
    "%d URL scan has not ended: more may be found.", "%d URL scans have not ended: more may be found."
)
_PARTIAL = ngettext_lazy(
    "%d URL scan did not finish. Findings that it would have made are missing.",
    "%d URL scans did not finish. Findings that they would have made are missing.",
)
_UNDER_VERIFICATION = ngettext_lazy(
    "The results of %d URL scan are under verification and may change.",
    "The results of %d URL scans are under verification and may change.",
)
_LEFT_OUT = ngettext_lazy(
    "The results of %d URL scan are under verification. They are left out until they are published.",
    "The results of %d URL scans are under verification. They are left out until they are published.",
)

_CUT = gettext_lazy(
    "This file holds the worst {most} of {count} findings: code hosts take no more. Take the results of each URL, or "
    "another format."
)


@dataclass
class Results:
    """The results that one person may see. With `user` None, as on the command line, that is everything.

    With a `url_scan`, only that scan's results; with a `limit`, only so many findings, the worst. Everything is read
    when it is first used.
    """

    analysis: Analysis
    user: object = None
    url_scan: UrlScan | None = None
    limit: int | None = None

    @cached_property
    def scans(self) -> list[UrlScan]:
        """The URL scans in these results; each knows `results_visible` and `open_counts`."""
        scans = self.analysis.url_scans.marking_visible_results(self.user).order_by("position")
        scans = scans.prefetch_related("module_errors")
        scans = list(scans.filter(pk=self.url_scan.pk) if self.url_scan else scans)
        count_open_of_scans(scans)
        return scans

    @cached_property
    def found(self) -> FindingQuerySet:
        """The findings that the person may see."""
        return Finding.objects.filter(url_scan__in=[scan.pk for scan in self.scans]).visible_to(self.user)

    @cached_property
    def counts(self) -> dict[str, int]:
        """The number of open weaknesses of each severity, and of `dismissed` ones."""
        return count_open(self.found)

    @cached_property
    def places(self) -> int:
        """The number of places of the open weaknesses."""
        return still_open(self.found).count()

    @cached_property
    def masks(self) -> dict[int, Mask]:
        """The mask for the secrets of each URL scan, by its id."""
        return masks_of(self.scans)

    @cached_property
    def _marks(self) -> dict[str, TriageMark]:
        return marks_of(self.analysis)

    def findings(self) -> Iterator[dict]:
        """Yield each weakness with its places and their evidence as plain data, most severe first."""
        for places in islice(self.found.defer(None).by_weakness(), self.limit):
            yield weakness_data([self._data(finding) for finding in places])

    def _data(self, finding: Finding) -> dict:
        mark, mask = self._marks.get(finding.fingerprint), self.masks[finding.url_scan_id]
        return {
            **finding_data(finding, mask),
            **mark_data(mark, mask),
            "target": self._targets[finding.url_scan_id],
            "zone": self._zones[finding.url_scan_id],
            **evidence_data(finding, mask),
        }

    @cached_property
    def _targets(self) -> dict[int, str]:
        return {scan.pk: scan.url for scan in self.scans}

    @cached_property
    def _zones(self) -> dict[int, str]:
        return {scan.pk: shown_zone(scan.zone or DEFAULT_ZONE) for scan in self.scans}

    # --- How reliable they are

    @cached_property
    def partial(self) -> list[UrlScan]:
        """The URL scans that did not finish. Findings that they would have made are missing."""
        return [scan for scan in self.scans if scan.info.ended_by != EndedBy.ITSELF]

    @cached_property
    def unpublished(self) -> list[UrlScan]:
        """The URL scans whose results are under verification."""
        return [scan for scan in self.scans if scan.status in PUBLISHED_AS]

    @property
    def hidden(self) -> list[UrlScan]:
        """The unpublished URL scans whose results the person may not see yet."""
        return [scan for scan in self.unpublished if not scan.results_visible]

    @property
    def final(self) -> bool:
        """Whether the results are complete and published, so that nothing is missing or can change."""
        return not self.partial and not self.unpublished and not self.cut

    @property
    def cut(self) -> int:
        """How many weaknesses the limit leaves out."""
        return max(0, sum(self.counts.values()) - self.limit) if self.limit else 0

    def notices(self) -> list[str]:
        """The limits that readers must know, those of its URL scans among them."""
        return self.own_notices() + self.notices_of_scans()

    def own_notices(self) -> list[str]:
        """The limits of all results: missing ones, and those that may still change."""
        ended = sum(scan.info.final or scan in self.unpublished for scan in self.partial)
        running, hidden = len(self.partial) - ended, len(self.hidden)
        shown = len(self.unpublished) - hidden
        said = [
            running and _RUNNING % running,
            ended and _PARTIAL % ended,
            shown and _UNDER_VERIFICATION % shown,
            hidden and _LEFT_OUT % hidden,
            self.cut and _CUT.format(most=self.limit, count=self.cut + self.limit),
            self.analysis.evidence_expired_at and gettext("The retention policy has removed requests and responses."),
        ]
        return [text for text in said if text]

    def notices_of_scans(self) -> list[str]:
        """Each notice of a URL scan, with its next step, in the reader's language; masked."""
        return [
            f"{scan.url}: {self.masks[scan.pk](f'{notice} {notice.next_step}')}"
            for scan in self.scans
            for notice in scan.notices
        ]

    @property
    def state(self) -> str:
        """One word for file names: complete, partial, or under-verification, which wins over partial."""
        return "under-verification" if self.unpublished else "partial" if self.partial or self.cut else "complete"

    @property
    def file_stem(self) -> str:
        """The name of a file with these results, without its ending, such as results-12-partial."""
        scan = f"-{self.url_scan.pk}" if self.url_scan else ""
        return f"results-{self.analysis.pk}{scan}" + ("" if self.final else f"-{self.state}")

    def head(self) -> dict:
        """Return everything except the findings, as plain data."""
        return {
            **FORMAT,
            "made_at": iso(timezone.now()),
            "state": self.state,
            "notices": self.notices(),
            "analysis": configuration_data(self.analysis),
            "counts": self.counts,
            "places": self.places,
            "url_scans": [
                url_scan_data(scan, self.masks[scan.pk], visible=scan.results_visible) for scan in self.scans
            ],
        }


def as_json(results: Results) -> Iterator[str]:
    """Yield the results as one JSON object; docs/exports.md describes its shape."""
    return json_pieces({**results.head(), "findings": [HERE]}, results.findings())


def as_csv(results: Results) -> Iterator[str]:
    """Yield one line for each weakness, with its places and without evidence."""
    labels = {scan.pk: scan.info.label for scan in results.scans}
    return csv_lines(FINDING_COLUMNS, (_cells(finding, labels[finding["url_scan"]]) for finding in results.findings()))


def _cells(finding: dict, label: str) -> list:
    cwe, wstg = " ".join(f"CWE-{number}" for number in finding["cwe"]), " ".join(finding["wstg"])
    row = finding | {"cwe": cwe, "wstg": wstg, "url_scan_status": label}
    row |= {"places": len(finding["places"]), "place_list": _listed(finding["places"])}
    return [row[name] for name in FINDING_COLUMNS]


def _listed(places: list[dict]) -> str:
    """Return one line for each place, up to what the cell of a spreadsheet holds."""
    lines = [one_line(f"{place['method']} {place['url']}") for place in places]
    ends = accumulate(len(line) + 1 for line in lines)
    shown = sum(end <= LONGEST_CELL for end in ends)
    left_out = [f"({len(lines) - shown} more)"] if shown < len(lines) else []
    return "\n".join([*lines[:shown], *left_out])
