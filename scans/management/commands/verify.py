"""manage.py verify: verify the findings of an analysis again, and wait for the outcomes if asked to."""

import sys
from time import sleep

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from scans import transitions
from scans.exports.data import analysis_data
from scans.exports.streams import json_text
from scans.harmless import one_line
from scans.management.commands.show import finding_line
from scans.management.database import DatabaseCommand
from scans.models import Actor, Analysis, Finding, FullDisk, Replay, SystemPart, UrlScan
from scans.models.querysets import FindingQuerySet

DONE, NOT_ALL, REFUSED, INTERRUPTED = 0, 2, 3, 130
SECONDS_BETWEEN_LOOKS = 0.3


class Command(DatabaseCommand):
    """Ask through the same verb as the pages do."""

    help = (
        "Verify the findings of one analysis again. Exit code: 0 asked, with --wait every finding was looked at; "
        "2 with --wait, some could not be looked at; 3 nothing was asked: refused; 130 Ctrl-C while waiting: the "
        "verification continues."
    )
    requires_system_checks = []
    without_database = wrong_option = REFUSED

    def add_arguments(self, parser) -> None:
        parser.add_argument("id", type=int, help="the number in the address of the analysis' page")
        parser.add_argument("--url", action="append", default=[], help="only findings of this URL; may be repeated")
        parser.add_argument(
            "--finding", type=int, action="append", default=[], metavar="ID", help="only this one; may be repeated"
        )
        parser.add_argument("--user", default="", help="ask as this user, with no more than their role allows")
        parser.add_argument("--wait", action="store_true", help="return when all of them are verified")
        parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")

    def handle(self, *, id: int, **options) -> None:
        """Ask, and print the findings; exits with one of the codes above."""
        analysis = Analysis.objects.present().filter(pk=id).first()
        if analysis is None:
            raise _refusal(f"There is no analysis {id}.")
        findings = self._ask(analysis, options)
        try:
            if options["wait"]:
                self._wait(findings)
        except KeyboardInterrupt:
            self.stderr.write(f"The verification continues. `manage.py show {id}` tells its outcome.")
            sys.exit(INTERRUPTED)
        self._print(analysis, findings, options)
        if options["wait"] and any(_was_not_looked_at(finding) for finding in findings.all()):
            sys.exit(NOT_ALL)

    def _ask(self, analysis: Analysis, options) -> FindingQuerySet:
        """Ask for the findings of each URL scan, and return those asked for."""
        by = _actor(options["user"])
        asked = []
        for scan in _scans(analysis, options["url"]):
            chosen = list(scan.findings.filter(pk__in=options["finding"]).values_list("pk", flat=True))
            if options["finding"] and not chosen:
                continue
            try:
                transitions.verify_again(scan, by=by, findings=chosen if options["finding"] else None)
                asked.append(scan.pk)
            except transitions.TransitionRefused as refusal:
                self.stderr.write(one_line(refusal))
        if not asked:
            raise _refusal("No finding is verified again.")
        findings = Finding.objects.filter(url_scan__in=asked)
        return findings.filter(pk__in=options["finding"]) if options["finding"] else findings

    def _wait(self, findings: FindingQuerySet) -> None:
        for kind in SystemPart.missing():
            self.stderr.write(f"{kind.when_missing} `make run` starts one, and so does `{kind.command}`.")
        for disk in FullDisk.told():
            self.stderr.write(f"A disk is full, and scans wait until there is room: {disk}")
        while findings.waiting_for_verification().exists():
            sleep(SECONDS_BETWEEN_LOOKS)

    def _print(self, analysis: Analysis, findings: FindingQuerySet, options) -> None:
        """Print the findings, with their outcomes if these were waited for."""
        chosen = set(findings.values_list("pk", flat=True))
        data = [finding for finding in analysis_data(analysis)["findings"] if finding["id"] in chosen]
        if options["json"]:
            self.stdout.write(json_text(data, indent=2))
            return
        if not options["wait"]:
            told = f"`manage.py show {analysis.pk}` tells the outcome."
            self.stdout.write(f"Verifying findings again: {len(data)}, at {len(chosen)} places. {told}")
            return
        for finding in data:
            self.stdout.write(one_line(f"{finding['id']} {finding_line(finding)}"))
            self.stdout.write(one_line(f"    {finding['replay'].replace('_', ' ')}: {finding['replay_reason']}"))


def _actor(username: str):
    if not username:
        return Actor.COMMAND
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise _refusal(f"user: there is no active user {username}.")
    return user


def _scans(analysis: Analysis, urls: list[str]) -> list[UrlScan]:
    """Return the analysis' URL scans, or those of these URLs. Raises CommandError if there are none."""
    scans = [scan for scan in analysis.url_scans.order_by("position") if not urls or scan.url in urls]
    if not scans:
        raise _refusal(f"Analysis {analysis.pk} has no such URL.")
    return scans


def _refusal(text: str) -> CommandError:
    return CommandError(text, returncode=REFUSED)


def _was_not_looked_at(finding: Finding) -> bool:
    code = finding.replay_reason.code
    unknown = finding.replay == Replay.NOT_REPLAYABLE and finding.replayed_at is None
    return code == "verdict_kept" or (unknown and code != "enough_places_replayed")
