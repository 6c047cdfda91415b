"""manage.py statuses: the catalogue of every status."""

import json
from itertools import groupby

from django.core.management.base import BaseCommand

from scans.exports.data import catalogue_data
from scans.statuses import URL_SCAN_MOVES, AnalysisStatus, Phase, UrlScanStatus
from scans.statuses.analysis_moves import analysis_moves


class Command(BaseCommand):
    """Print both catalogues."""

    help = "Show every status of analyses and URL scans: what it means and what to do next."
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        """How to print."""
        formats = parser.add_mutually_exclusive_group()
        formats.add_argument("--json", action="store_true", help="a JSON list, one object for each status")
        formats.add_argument("--markdown", action="store_true", help="the page docs/statuses.md")

    def handle(self, **options) -> None:
        """Print."""
        entries = catalogue_data()
        if options["json"]:
            self.stdout.write(json.dumps(entries, indent=2))
            return
        if options["markdown"]:
            self.stdout.write(as_markdown(entries))
            return
        for model, of_model in groupby(entries, key=lambda entry: entry["model"]):
            self.stdout.write(f"\n{model}\n{'=' * len(model)}")
            for entry in of_model:
                warning = " (with a warning icon)" if entry["warning"] else ""
                self.stdout.write(f"\n{entry['label']}{warning}  [{entry['code']}, {entry['phase']}]")
                self.stdout.write(f"    {entry['description']}\n    Next: {entry['next_step']}")


def as_markdown(entries: list[dict]) -> str:
    """The catalogue as a page of the documentation, with the moves of both as diagrams."""
    lines = [
        "# Statuses",
        "",
        "Made from the catalogue by `manage.py statuses --markdown`; a test holds it to that.",
    ]
    for model, title in (("Analysis", "Analyses"), ("UrlScan", "URL scans")):
        lines += ["", f"## {title}", "", "| status | phase | meaning | what to do next |", "| --- | --- | --- | --- |"]
        for entry in entries:
            if entry["model"] == model:
                label = entry["label"] + (" (with a warning icon)" if entry["warning"] else "")
                phase = Phase(entry["phase"]).label
                lines.append(
                    f"| {label}<br>`{entry['code']}` | {phase} | {entry['description']} | {entry['next_step']} |"
                )
    lines += [
        "",
        "## Where a URL scan may go",
        "",
        "It moves like this and in no other way (`scans/statuses/moves.py`).",
        *_diagram(UrlScanStatus, URL_SCAN_MOVES, UrlScanStatus.SUBMITTED),
        "",
        "## Where an analysis may go",
        "",
        "Its status follows from those of its URL scans (`scans/statuses/rollup.py`), and so do its moves: these are "
        "all that an analysis of two URLs can make in one step.",
        *_diagram(AnalysisStatus, analysis_moves(), AnalysisStatus.SAVED_FOR_LATER, AnalysisStatus.SUBMITTED),
    ]
    return "\n".join(lines)


def _diagram(statuses, moves: dict, *first) -> list[str]:
    """The lines of a Mermaid diagram of these statuses and their moves."""
    return [
        "",
        "```mermaid",
        "stateDiagram-v2",
        *(f'    state "{_with_warning(status)}" as {status.value}' for status in statuses),
        *(f"    [*] --> {status}" for status in first),
        *(f"    {before} --> {after}" for before in statuses for after in sorted(moves[before])),
        "```",
    ]


def _with_warning(status) -> str:
    return f"{status.label} (with a warning icon)" if status.info.warning else status.label
