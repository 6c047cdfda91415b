"""manage.py show: print everything known about one analysis."""

from django.core.management.base import CommandError

from scans.exports.data import analysis_data
from scans.exports.streams import json_text
from scans.harmless import one_line
from scans.management.database import DatabaseCommand
from scans.models import Analysis
from scans.targets.zones import DEFAULT_NAME


class Command(DatabaseCommand):
    help = (
        "Show one analysis: status, URL scans, findings and log. Exit code 1: there is no analysis with this id; "
        "3: the database does not answer."
    )
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("id", type=int, help="the number in the address of the analysis' page")
        parser.add_argument("--json", action="store_true", help="print everything as one JSON object")

    def handle(self, *, id: int, **options) -> None:
        analysis = Analysis.objects.present().filter(pk=id).first()
        if analysis is None:
            raise CommandError(f"There is no analysis {id}.", returncode=1)
        data = analysis_data(analysis)
        self.stdout.write(json_text(data, indent=2) if options["json"] else as_text(data))


def as_text(data: dict) -> str:
    """Return the data as text for people, with the log oldest first."""
    lines = [
        f"{data['name']} (run {data['run']}): {data['label']}",
        f"    {data['description']}",
        f"    Next: {data['next_step']}",
        *(f"    Waits: {sentence}" for sentence in data["waits_for"]),
        "",
        "URL scans",
    ]
    for scan in data["url_scans"]:
        reason = f" — {scan['reason']}" if scan["reason"] else ""
        zone = "" if scan["zone"] == DEFAULT_NAME else f" (zone {scan['zone']})"
        lines.append(f"    {scan['url']}{zone}: {scan['label']}{reason}")
        lines += [f"        Notice: {notice['text']} {notice['next_step']}" for notice in scan["notices"]]
    lines += ["", "Findings: " + ", ".join(f"{count} {severity}" for severity, count in data["counts"].items())]
    for finding in data["findings"]:
        lines.append(f"    {finding_line(finding)}")
        lines.append(f"        {finding['info']} ({finding['replay'].replace('_', ' ')})")
        lines += [f"        also at {place['method']} {place['url']}" for place in finding["places"][1:]]
    lines += ["", "Activity log"]
    lines += [f"    {_entry(entry)}" for entry in reversed(data["log"])]
    return "\n".join(map(one_line, lines))  # no text of a site or a person begins a line of its own


def finding_line(finding: dict) -> str:
    """Return a finding as one line, with everything that tells it from the others of its address."""
    detail = ", ".join(filter(None, (finding["subject"], finding["kind"].replace("_", " "))))
    name = f"{finding['category']} ({detail})" if detail else finding["category"]
    parameter = f", parameter {finding['parameter']}" if finding["parameter"] else ""
    module = f", module {finding['module']}" if finding["module"] else ""
    return f"[{finding['severity']}] {name}: {finding['method']} {finding['url']}{parameter}{module}"


def _entry(entry: dict) -> str:
    """Return an entry of the log as one line: when, who, what, why, from which status to which, of which URL."""
    who = entry["user"] or entry["actor"]
    statuses = " → ".join(filter(None, [entry["from_label"], entry["to_label"]]))
    parts = [
        f"{entry['at'][:19]} {who}: {entry['text']}",
        *([f"({entry['reason']})"] if entry["reason"] else []),
        *([f"[{statuses}]"] if statuses else []),
        *([f"— {entry['url']}"] if entry["url"] else []),
    ]
    return " ".join(parts)
