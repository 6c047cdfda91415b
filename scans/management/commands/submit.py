"""manage.py submit: submit an analysis, and wait for its end if asked to."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from time import sleep

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import CommandError
from django.db import Error, transaction

from scans import transitions
from scans.activity import sentence, status_labels
from scans.configuration.kinds import Flag
from scans.configuration.options import OPTIONS
from scans.configuration.url_list import as_line
from scans.exports.data import analysis_data
from scans.exports.results import Results
from scans.exports.streams import json_text
from scans.forms.submission import SubmissionForm
from scans.harmless import one_line
from scans.login.base import Method
from scans.management.database import DatabaseCommand
from scans.management.output import HarmlessOutput
from scans.models import Actor, Analysis, Finding, FullDisk, SystemPart
from scans.models.open_findings import still_open
from scans.severities import SEVERITIES
from scans.statuses import AnalysisStatus

logger = logging.getLogger(__name__)
DONE, FINDINGS, OTHER_END, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130
SECONDS_BETWEEN_LOOKS = 0.3
STANDARD_INPUT = "-"


class Command(DatabaseCommand):
    """Submit through the same form and verb as the page does."""

    help = (
        "Submit an analysis. By calling this you say that you are authorised to scan these sites. Exit code with "
        "--wait: 0 completed with results available and no finding at or above --fail-on, 1 findings at or above "
        "it, 2 any other end, or submitted but not to be followed any more, 3 nothing submitted: refused, or an "
        "error that stderr tells of, 130 Ctrl-C while waiting: the analysis keeps running."
    )
    requires_system_checks = []
    without_database = wrong_option = REFUSED

    def add_arguments(self, parser) -> None:
        parser.add_argument("urls", nargs="*", metavar="URL")
        parser.add_argument(
            "--url-file",
            metavar="FILE",
            help="a list of URLs, or a CSV table whose further columns give each URL its own login, left-out addresses "
            "and headers; - reads standard input",
        )
        parser.add_argument("--name", required=True, help="a name used before makes the next run of that series")
        for name, flag in _flags():
            parser.add_argument(flag.name, dest=name, **flag.arguments)
        parser.add_argument(
            "--login",
            metavar="FILE",
            help="a JSON object that says how to log in: method (basic, digest, ntlm, form, headers, script), "
            "username, password, login_url, username_field, password_field, headers, cookies, logged_in, logged_out, "
            "and the names of files login_script and logout_script; - reads standard input",
        )
        parser.add_argument("--crawl-script", metavar="FILE", help="a recorded walk (.side); - reads standard input")
        then = parser.add_mutually_exclusive_group()
        then.add_argument("--save", action="store_true", help="store it for later instead of submitting it")
        then.add_argument("--prescan-only", action="store_true", help="store it for later and check its URLs")
        parser.add_argument("--user", default="", help="submit as this user, with no more than their role allows")
        parser.add_argument("--wait", action="store_true", help="print each change and return when it has ended")
        parser.add_argument("--fail-on", choices=SEVERITIES[:-1], help="with --wait: exit 1 on such findings")
        parser.add_argument("--json", action="store_true", help="print the analysis as one JSON object")

    def handle(self, **options) -> None:
        """Submit; exits with one of the codes above."""
        # With --json, standard output holds the one object and nothing else.
        self._changes = HarmlessOutput(sys.stderr) if options["json"] else self.stdout
        analysis = self._submit_or_refuse(options)
        # From here on it is submitted, which whatever happens must not make look like a refusal or like findings.
        try:
            code = self._tell(analysis, options)
        except KeyboardInterrupt:
            self.stderr.write(
                f"Analysis {analysis.pk} keeps running. `manage.py show {analysis.pk}` tells how; stop it at "
                f"{analysis.get_absolute_url()} of the dashboard."
            )
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            raise  # nobody reads on: see manage.py
        except Exception as error:
            raise self._lost_sight(analysis, error) from error
        if code:
            sys.exit(code)

    def _submit_or_refuse(self, options) -> Analysis:
        """Submit it; an error of our own is said in a line and without its text, which could quote a password."""
        try:
            return self._submit(options)
        except (CommandError, Error):
            raise
        except Exception as error:
            raise _refusal(
                f"Nothing was submitted: an error on our side, {type(error).__name__}. With --traceback it is shown "
                "in full, for a report."
            ) from error

    def _tell(self, analysis: Analysis, options) -> int:
        """Say what became of it, at once or as it goes; returns the exit code."""
        if options["wait"]:
            self._wait(analysis)
            analysis.refresh_from_db()
            for notice in Results(analysis).notices_of_scans():
                self.stderr.write(one_line(notice))
        if options["json"]:
            self.stdout.write(json_text(analysis_data(analysis), indent=2))
        elif not options["wait"]:
            became = _became(analysis).capitalize()
            self.stdout.write(f"{became} as analysis {analysis.pk}. `manage.py show {analysis.pk}` tells how it goes.")
        self.stdout.flush()
        return exit_code(analysis, options["fail_on"]) if options["wait"] else DONE

    def _lost_sight(self, analysis: Analysis, error: Exception) -> CommandError:
        """Return the error to show when this command, not the analysis, failed; logs a fault of our own."""
        if not isinstance(error, Error | OSError):
            logger.error("An analysis was submitted, and then this happened:", exc_info=error)
        return CommandError(
            f"Analysis {analysis.pk} was {_became(analysis)}, but this command can no longer follow it; `manage.py "
            f"show {analysis.pk}` does. {type(error).__name__}: {error}",
            returncode=OTHER_END,
        )

    def _submit(self, options) -> Analysis:
        _refuse_other_encodings(options)
        login, files = _access(options)
        form = SubmissionForm(
            data={
                "name": options["name"],
                "urls": "\n".join(map(as_line, options["urls"])),  # each of them is one address, to the letter
                "authorised": "on",
                **{name: flag.typed(options[name]) for name, flag in _flags()},
                **login,
            },
            files=files,
        )
        if not form.is_valid():
            refusals = [f"{field}: {text}" for field, texts in form.errors.items() for text in texts]
            raise _refusal("\n".join(map(one_line, refusals)))
        for problem in form.unplayable():
            self.stderr.write(one_line(problem))
        try:
            return self._do(form.submission(), self._actor(options["user"]), options)
        except transitions.TransitionRefused as refusal:
            raise _refusal(str(refusal)) from refusal

    def _do(self, submission: transitions.Submission, by, options) -> Analysis:
        """Submit it, or save it and perhaps have its URLs checked."""
        if not (options["save"] or options["prescan_only"]):
            return transitions.submit(submission, by=by)
        with transaction.atomic():  # where the checks are refused nothing is left behind, as of any refusal
            analysis = transitions.save(submission, by=by)
            if options["prescan_only"]:
                transitions.prescan_only(analysis, by=by)
        return analysis

    def _actor(self, username: str):
        if not username:
            return Actor.COMMAND
        user = get_user_model().objects.filter(username=username, is_active=True).first()
        if user is None:
            raise _refusal(f"user: there is no active user {username}.")
        return user

    def _wait(self, analysis: Analysis) -> None:
        """Print each change of status until the analysis has ended."""
        for kind in SystemPart.missing():
            self.stderr.write(f"{kind.when_missing} `make run` starts one, and so does `{kind.command}`.")
        for disk in FullDisk.told():
            self.stderr.write(f"A disk is full, and scans wait until there is room: {disk}")
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
        self._changes.write(one_line(line))
        self._changes.flush()


def _waits_for_a_person(analysis: Analysis) -> bool:
    """Whether nothing more happens by itself: what was only saved has at most its prescan to come."""
    if analysis.status == AnalysisStatus.SAVED_FOR_LATER:
        asked = analysis.activity.filter(action="analysis.prescan_asked").exists()
        return bool(analysis.prescan_ended_at) or not asked
    return analysis.status == AnalysisStatus.NOT_SUBMITTED


def _became(analysis: Analysis) -> str:
    return "submitted" if analysis.submitted_at else "saved"


def _refuse_other_encodings(options) -> None:
    """Refuse an argument that no database could store: Python hands on bytes that it cannot decode as surrogates."""
    for option, value in options.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not _can_be_stored(text):
                raise _refusal(f"{option.replace('_', '-')}: it holds bytes that are not UTF-8; write it in UTF-8.")


def _can_be_stored(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refusal(why: str) -> CommandError:
    return CommandError(why, returncode=REFUSED)


_LOGIN_FIELDS = {
    **{name: f"login_{name}" for name in ("method", "username", "password", "headers", "cookies")},
    **{name: name for name in ("login_url", "username_field", "password_field", "logged_in", "logged_out")},
}
_LOGIN_SCRIPTS = ("login_script", "logout_script")


def _access(options) -> tuple[dict, dict]:
    """The form's fields and files for the login, the crawl script and the table; refuses what cannot be read."""
    path, walk, table = options["login"], options["crawl_script"], options["url_file"]
    if [path, walk, table].count(STANDARD_INPUT) > 1:
        raise _refusal(
            "Standard input holds only one of --login, --crawl-script and --url-file: give the others as files."
        )
    login = {} if path is None else _login(_read("login", path))
    scripts = {name: login.pop(name) for name in _LOGIN_SCRIPTS if name in login}
    files = {name: _upload(f"login: {name}", script) for name, script in scripts.items()}
    if walk is not None:
        files["crawl_script"] = _upload("crawl-script", walk)
    if table is not None:
        files["url_file"] = _upload("url-file", table)
    return {_LOGIN_FIELDS[name]: value for name, value in login.items()}, files


def _login(content: bytes) -> dict[str, str]:
    """Return the login file's contents. Refuses anything that would be misunderstood, naming keys and never values."""
    try:
        login = json.loads(content)
    except (ValueError, RecursionError):
        login = None
    if not isinstance(login, dict):
        raise _refusal(
            'login: this is not a JSON object such as {"method": "form", "username": "ada", "password": "…"}.'
        )
    for key, value in login.items():
        if key not in (*_LOGIN_FIELDS, *_LOGIN_SCRIPTS):
            known = ", ".join((*_LOGIN_FIELDS, *_LOGIN_SCRIPTS))
            raise _refusal(f"login: there is nothing called {key!r}; there is {known}.")
        if not isinstance(value, str) or not _can_be_stored(value):
            raise _refusal(f"login: {key} has to be a string: text between double quotes, in UTF-8.")
    methods = ", ".join(Method.values)
    if not login.get("method"):
        raise _refusal(f"login: method is missing: one of {methods}.")
    if login["method"] not in Method.values:
        raise _refusal(f"login: method is none of {methods}.")
    return login


def _read(what: str, path: str) -> bytes:
    """Return the contents of a file or standard input; refuses a file that cannot be read."""
    try:
        return sys.stdin.buffer.read() if path == STANDARD_INPUT else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise _refusal(f"{what}: it cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _upload(what: str, path: str) -> SimpleUploadedFile:
    name = "standard input" if path == STANDARD_INPUT else Path(path).name
    return SimpleUploadedFile(name, _read(what, path))


def _flags() -> Iterator[tuple[str, Flag]]:
    """The flags of all options, each with the name of the form's field that it fills in."""
    for option in OPTIONS:
        for name, one in option.inputs.items():
            if one.flag:
                yield name, one.flag


def exit_code(analysis: Analysis, fail_on: str | None) -> int:
    """Return the exit code for an analysis that has ended; see the command's help."""
    if analysis.status != AnalysisStatus.COMPLETED_RESULTS_AVAILABLE:
        return OTHER_END
    if fail_on is None:
        return DONE
    levels = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    found = still_open(Finding.objects.filter(url_scan__analysis=analysis, severity__in=levels))
    return FINDINGS if found.exists() else DONE
