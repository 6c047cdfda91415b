"""manage.py submit: submit an analysis, and wait for its end if asked to."""

from __future__ import annotations

import json
import sys
from argparse import FileType
from calendar import day_abbr
from pathlib import Path
from time import sleep

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import DatabaseError

from scans import transitions
from scans.activity import sentence, status_labels
from scans.exports.data import analysis_data
from scans.forms import SubmissionForm
from scans.models import Actor, Analysis, Finding, SystemPart
from scans.querysets import SEVERITY_FIELDS
from scans.recurrence import Unit
from scans.statuses import AnalysisStatus
from scans.windows import EXAMPLES

DONE, FINDINGS, OTHER_END, REFUSED = 0, 1, 2, 3
SECONDS_BETWEEN_LOOKS = 0.3


class Command(BaseCommand):
    """Submit through the same form and verb as the page does."""

    help = (
        "Submit an analysis. By calling this you say that you are authorised to scan these sites. Exit code with "
        "--wait: 0 completed with results available and no finding at or above --fail-on, 1 findings at or above "
        "it, 2 any other end, 3 refused or a wrong setting."
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
        parser.add_argument("--time-zone", default="UTC", help="of --start, of what repeats and of --blackout")
        parser.add_argument("--repeat", choices=Unit.values, default="", help="make further runs by itself")
        parser.add_argument("--every", default=1, help="with --repeat: each so many weeks or months")
        parser.add_argument("--weekdays", default="", help="with --repeat weekly: such as mon,thu")
        parser.add_argument("--day-of-month", default="", help="with --repeat monthly; 28 and above: the last day")
        parser.add_argument("--ends-after", default="", help="with --repeat: so many runs in all")
        parser.add_argument("--ends-on", default="", help="with --repeat: the last day, such as 2030-12-31")
        parser.add_argument("--blackout", action="append", default=[], metavar="WINDOW", help=f"such as {EXAMPLES[0]}")
        parser.add_argument("--duration", default="", help="such as 90m, 8h or 2d")
        parser.add_argument("--no-prescan", action="store_true", help="check the URLs only when their scans start")
        parser.add_argument(
            "--login",
            type=FileType("r"),
            metavar="FILE",
            help="a JSON object that says how to log in: method (basic, digest, ntlm, form, headers, script), "
            "username, password, login_url, username_field, password_field, headers, cookies, logged_in, logged_out, "
            "and the names of files login_script and logout_script; - reads standard input",
        )
        parser.add_argument("--crawl-script", type=FileType("rb"), metavar="FILE", help="a recorded walk (.side)")
        then = parser.add_mutually_exclusive_group()
        then.add_argument("--save", action="store_true", help="store it for later instead of submitting it")
        then.add_argument("--prescan-only", action="store_true", help="store it for later and check its URLs")
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
            became = "Submitted" if analysis.submitted_at else "Saved"
            self.stdout.write(f"{became} as analysis {analysis.pk}. `manage.py show {analysis.pk}` tells how it goes.")
        if options["wait"]:
            sys.exit(exit_code(analysis, options["fail_on"]))

    def _submit(self, options) -> Analysis:
        login, files = _access(options)
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
                "time_zone": options["time_zone"],
                "repeat": options["repeat"],
                "every": options["every"],
                "weekdays": [_weekday(name) for name in options["weekdays"].split(",") if name],
                "day_of_month": options["day_of_month"],
                "ends_after": options["ends_after"],
                "ends_on": options["ends_on"],
                "blackout": "\n".join(options["blackout"]),
                **login,
            },
            files=files,
        )
        if not form.is_valid():
            refusals = [f"{field}: {text}" for field, texts in form.errors.items() for text in texts]
            raise CommandError("\n".join(refusals), returncode=REFUSED)
        try:
            return self._do(form.submission(), self._actor(options["user"]), options)
        except transitions.TransitionRefused as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal

    def _do(self, submission: transitions.Submission, by, options) -> Analysis:
        """Submit it, or save it and perhaps have its URLs checked."""
        if not (options["save"] or options["prescan_only"]):
            return transitions.submit(submission, by=by)
        analysis = transitions.save(submission, by=by)
        if options["prescan_only"]:
            transitions.prescan_only(analysis, by=by)
        return analysis

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
            analysis.refresh_from_db(fields=["status", "prescan_ended_at"])
            for entry in analysis.activity.newest_first().filter(pk__gt=last_seen).reverse():
                last_seen = entry.pk
                if entry.to_status:
                    self._print(entry)
            if analysis.info.final or _waits_for_a_person(analysis):
                return
            sleep(SECONDS_BETWEEN_LOOKS)

    def _print(self, entry) -> None:
        subject = entry.url_scan.url if entry.url_scan else "Analysis"
        reason = f" — {entry.reason}" if entry.reason else ""
        line = f"{entry.at:%H:%M:%S} {subject}: {status_labels(entry)[1]} ({sentence(entry)}){reason}"
        self._changes.write(line)
        self._changes.flush()


def _waits_for_a_person(analysis: Analysis) -> bool:
    """Whether nothing more happens by itself: what was only saved has at most its prescan to come."""
    if analysis.status == AnalysisStatus.SAVED_FOR_LATER:
        asked = analysis.activity.filter(action="analysis.prescan_asked").exists()
        return bool(analysis.prescan_ended_at) or not asked
    return analysis.status == AnalysisStatus.NOT_SUBMITTED


_LOGIN_FIELDS = {"method": "login_method", "username": "login_username", "password": "login_password"} | {
    "headers": "login_headers",
    "cookies": "login_cookies",
    **{name: name for name in ("login_url", "username_field", "password_field", "logged_in", "logged_out")},
}


def _access(options) -> tuple[dict, dict]:
    """The form's fields and files for the login and the crawl script; refuses what cannot be read."""
    files = {"crawl_script": _upload(options["crawl_script"].name)} if options["crawl_script"] else {}
    if not options["login"]:
        return {}, files
    try:
        login = dict(json.load(options["login"]))
        scripts = {name: _upload(login.pop(name)) for name in ("login_script", "logout_script") if name in login}
        return {_LOGIN_FIELDS[name]: value for name, value in login.items()}, files | scripts
    except KeyError as error:
        raise CommandError(f"login: there is nothing called {error}.", returncode=REFUSED) from error
    except (ValueError, TypeError, OSError) as error:
        raise CommandError(f"login: the file cannot be used: {type(error).__name__}.", returncode=REFUSED) from None


def _upload(path: str) -> SimpleUploadedFile:
    file = Path(path)
    return SimpleUploadedFile(file.name, file.read_bytes())


def _weekday(name: str) -> str:
    """The form's number of a day; what is no day stays as it is, for the form to refuse."""
    short = [day.lower() for day in day_abbr]
    return str(short.index(name[:3].lower())) if name[:3].lower() in short else name


def exit_code(analysis: Analysis, fail_on: str | None) -> int:
    """What the end of an analysis means to a program; see the command's help."""
    if analysis.status != AnalysisStatus.COMPLETED_RESULTS_AVAILABLE:
        return OTHER_END
    if fail_on is None:
        return DONE
    levels = SEVERITY_FIELDS[: SEVERITY_FIELDS.index(fail_on) + 1]
    found = Finding.objects.filter(url_scan__analysis=analysis, severity__in=levels).exists()
    return FINDINGS if found else DONE
