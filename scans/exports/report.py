"""The results as one HTML file for people, with its own style, to read, send and print."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, groupby
from operator import itemgetter

from django.db.models import Count
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from scans.browser import CannotPrint, print_page
from scans.exports.results import Results
from scans.exports.streams import HERE
from scans.models import CrawledUrl, Mark, Replay
from scans.models.finding import KIND_LABELS
from scans.reasons import Reason
from scans.severities import DISMISSED, SEVERITY_CHOICES, total

MOST_PRINTED = 1000  # findings
EXCERPT = 1500  # characters of a request or a response; JSON has all of them


def as_html(results: Results) -> Iterator[str]:
    """Return the HTML report in pieces, one group of findings at a time, since there may be many."""
    before, after = render_to_string("report/report.html", {**_facts(results), "here": HERE}).split(HERE)
    return chain([before], _groups(results), [after])


def _groups(results: Results) -> Iterator[str]:
    for (severity, category), findings in groupby(results.findings(), itemgetter("severity", "category")):
        group = {"severity": severity, "category": category, "findings": [_shown(finding) for finding in findings]}
        yield render_to_string("report/_group.html", group)


def as_pdf(results: Results) -> Iterator[bytes]:
    """Return the report as PDF, complete on return. Raises CannotPrint, for example if there are too many findings."""
    count = sum(results.counts.values())
    if count > MOST_PRINTED:
        said = _(
            "There are {count} findings; a PDF holds at most {most}. Choose the results of one URL, or another format."
        )
        raise CannotPrint(said.format(count=count, most=MOST_PRINTED))
    return iter([print_page("".join(as_html(results)))])


def _facts(results: Results) -> dict:
    """Return the context for everything around the findings."""
    coverage = _coverage(results)
    scans = [
        {
            "url": scan.url,
            "info": scan.info,
            "reason": results.masks[scan.pk](str(scan.reason)),
            "notices": [results.masks[scan.pk](f"{notice} {notice.next_step}") for notice in scan.notices],
            "scan": scan,
            "coverage": [coverage[scan.pk][reach] for reach in CrawledUrl.Reach.values],
        }
        for scan in results.scans
    ]
    return {
        "analysis": results.analysis,
        "made_at": timezone.now(),
        "state": results.state,
        "notices": results.own_notices(),
        "noticed": sum(bool(scan.notices) for scan in results.scans),
        "scans": scans,
        "reaches": CrawledUrl.Reach.labels,
        "counts": [(name, label, results.counts[name]) for name, label in SEVERITY_CHOICES],
        "total": total(results.counts),
        "dismissed": results.counts[DISMISSED],
        "places": results.places,
        "blind": bool(results.hidden),
    }


def _coverage(results: Results) -> dict[int, dict[str, int]]:
    """Return, for each URL scan, the number of addresses by reach. One query."""
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    crawled = CrawledUrl.objects.filter(url_scan__in=[scan.pk for scan in results.scans]).order_by()
    for scan, reach, count in crawled.values_list("url_scan", "reach").annotate(Count("pk")):
        counts[scan][reach] = count
    return counts


def _shown(finding: dict) -> dict:
    """Return a finding with labels instead of codes and with shortened evidence."""
    headers = "\n".join(f"{name}: {value}" for name, value in finding["response_headers"])
    answer = f"{headers}\n\n{finding['response_body']}".strip()
    # Worded in the reader's language: the data has it in English.
    reason = Reason.from_json({"code": finding["replay_reason_code"], "facts": finding["replay_reason_facts"]})
    return finding | {
        "replay_label": Replay(finding["replay"]).label,
        "replay_reason": reason,
        "kind_label": KIND_LABELS.get(finding["kind"], ""),
        "mark_label": Mark(finding["mark"]).label,
        "places": [place | {"replay_label": Replay(place["replay"]).label} for place in finding["places"]],
        "request": finding["http_request"][:EXCERPT],
        "answer": answer[:EXCERPT],
        "cut": max(len(finding["http_request"]), len(answer)) > EXCERPT,
    }
