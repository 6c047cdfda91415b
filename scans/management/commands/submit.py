"""manage.py submit: submit an analysis, and wait for its end if asked to."""

from __future__ import annotations

import json
import sys
from time import sleep

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import DatabaseError

from scans import transitions
from scans.activity import sentence, status_labels
from scans.export import analysis_data
from scans.forms import SubmissionForm
from scans.models import Actor, Analysis, Finding, SystemPart
from scans.querysets import SEVERITY_FIELDS
from scans.statuses import AnalysisStatus

DONE, FINDINGS, OTHER_END, REFUSED = 0, 1, 2, 3
SECONDS_BETWEEN_LOOKS = 0.3


class Command(BaseCommand):
    """Submit through the same form and verb as the page does."""

    help = (
        "Submit an analysis. By calling this you say that you are authorised to scan these sites. Exit code with "
        "--wait: 0 completed with results available and no finding at or above --fail-on, 1 findings at or above "
        "it, 2 any other end, 3 refused."
    )
    requires_system_checks = []

    def create_parser(self, *args, **kwargs):
        """A wrong option is a refusal too, and says so with the same exit code."""
        parser = super().create_parser(*args, **kwargs)
        parser.error = lambda message: parser.exit(REFUSED, f"{parser.format_usage()}{message}\n")
        return parser

    def add_arguments(self, parser) -> None:
        """What to scan and how."""
        parser.add_argument("urls", nargs="+", metavar="URL")
        parser.add_argument("--name", required=True, help="a name used before makes the next run of that series")
        parser.add_argument("--start", default="", help="when, as ISO 8601; without a zone it is UTC; default: now")
        parser.add_argument("--duration", default="", help="such as 90m, 8h or 2d")
        parser.add_argument("--no-prescan", action="store_true", help="check the URLs only when their scans start")
        parser.add_argument("--publish", choices=["automatic", "reviewer"], default="automatic")
        parser.add_argument("--depth", default=20, help="how many links away from each URL")
        parser.add_argument("--user", default="", help="submit as this user, with no more than their role allows")
        parser.add_argument("--wait", action="store_true", help="print each change and return when it has ended")
        parser.add_argument("--fail-on", choices=SEVERITY_FIELDS[:-1], help="with --wait: exit 1 on such findings")
        parser.add_argument("--json", action="store_true", help="print the analysis as one JSON object")

    def handle(self, **options) -> None:
        """Submit; exits with one of the codes above."""
        # With --json, standard output holds the one object and nothing else.
        self._changes = OutputWrapper(sys.stderr) if options["json"] else self.stdout
        try:
            analysis = self._submit(options)
            if options["wait"]:
                self._wait(analysis)
                analysis.refresh_from_db()
        except DatabaseError as error:
            raise CommandError(f"The database does not answer as it should: {error}", returncode=REFUSED) from error
        if options["json"]:
            self.stdout.write(json.dumps(analysis_data(analysis), indent=2))
        elif not options["wait"]:
            self.stdout.write(f"Submitted as analysis {analysis.pk}. `manage.py show {analysis.pk}` tells how it goes.")
        if options["wait"]:
            sys.exit(exit_code(analysis, options["fail_on"]))

    def _submit(self, options) -> Analysis:
        form = SubmissionForm(
            data={
                "name": options["name"],
                "urls": "\n".join(options["urls"]),
                "authorised": "on",
                "depth": options["depth"],
                "duration": options["duration"] or f"{settings.SCANS_DEFAULT_DURATION_MINUTES}m",
                "prescan": "" if options["no_prescan"] else "on",
                "publication": options["publish"],
                "start_at": options["start"],
            }
        )
        if not form.is_valid():
            refusals = [f"{field}: {text}" for field, texts in form.errors.items() for text in texts]
            raise CommandError("\n".join(refusals), returncode=REFUSED)
        try:
            return transitions.submit(form.submission(), by=self._actor(options["user"]))
        except transitions.TransitionRefused as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal

    def _actor(self, username: str):
        if not username:
            return Actor.COMMAND
        user = get_user_model().objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"user: there is no active user {username}.", returncode=REFUSED)
        return user

    def _wait(self, analysis: Analysis) -> None:
        """Print each change of status until the analysis has ended."""
        for kind in SystemPart.missing():
            self.stderr.write(f"{kind.when_missing} `make run` starts one, and so does `{kind.command}`.")
        last_seen = 0
        while True:
            analysis.refresh_from_db(fields=["status"])
            for entry in analysis.activity.newest_first().filter(pk__gt=last_seen).reverse():
                last_seen = entry.pk
                if entry.to_status:
                    self._print(entry)
            if analysis.info.final or analysis.status == AnalysisStatus.NOT_SUBMITTED:
                return
            sleep(SECONDS_BETWEEN_LOOKS)

    def _print(self, entry) -> None:
        subject = entry.url_scan.url if entry.url_scan else "Analysis"
        reason = f" — {entry.reason}" if entry.reason else ""
        line = f"{entry.at:%H:%M:%S} {subject}: {status_labels(entry)[1]} ({sentence(entry)}){reason}"
        self._changes.write(line)
        self._changes.flush()


def exit_code(analysis: Analysis, fail_on: str | None) -> int:
    """What the end of an analysis means to a program; see the command's help."""
    if analysis.status != AnalysisStatus.COMPLETED_RESULTS_AVAILABLE:
        return OTHER_END
    if fail_on is None:
        return DONE
    levels = SEVERITY_FIELDS[: SEVERITY_FIELDS.index(fail_on) + 1]
    found = Finding.objects.filter(url_scan__analysis=analysis, severity__in=levels).exists()
    return FINDINGS if found else DONE
