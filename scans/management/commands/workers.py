"""manage.py workers: the schedulers and workers, with what each is running; drain and resume them."""

from datetime import timedelta

from django.core.management.base import CommandError
from django.db.models import Q

from scans import transitions
from scans.exports.streams import json_text
from scans.harmless import one_line
from scans.management.database import DatabaseCommand
from scans.models import Actor, SystemPart
from scans.schedule.moments import time_span
from scans.summaries.workers import Worker, notices, workers


class Command(DatabaseCommand):
    help = (
        "List the schedulers and workers of all hosts that reported within the last hour, and what each is running. "
        "NAME is a worker, or a host for all of its workers. Exit code 1: no such worker; 3: the database does not "
        "answer."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--json", action="store_true", help="print them as a JSON list")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--drain", metavar="NAME", help="take nothing new, and finish what runs")
        what.add_argument("--resume", metavar="NAME", help="take tasks again")
        parser.add_argument(
            "--now", action="store_true", help="with --drain: hand a running scan over to another worker"
        )

    def handle(self, *, drain: str | None, resume: str | None, now: bool, **options) -> None:
        if now and not drain:
            raise CommandError("--now belongs to --drain NAME.")
        for part in _named(drain) if drain else []:
            transitions.drain(part, by=Actor.COMMAND, hand_over=now)
        for part in _named(resume) if resume else []:
            transitions.resume_worker(part, by=Actor.COMMAND)
        found = workers()
        if options["json"]:
            self.stdout.write(json_text([one.data() for one in found], indent=2))
            return
        for one in found:
            self.stdout.write(_line(one))
        for sentence in notices(found):
            self.stderr.write(sentence)
        if not found:
            self.stdout.write("Nothing has reported within the last hour.")


def _named(name: str) -> list[SystemPart]:
    """The workers of this name or host that reported lately. Raises CommandError if there are none."""
    alive = SystemPart.alive().exclude(kind=SystemPart.Kind.SCHEDULER)
    found = list(alive.filter(Q(name=name) | Q(host=name)))
    if not found:
        raise CommandError(f"No worker or host of the name {one_line(name)} has reported lately.", returncode=1)
    return found


def _line(one: Worker) -> str:
    part = one.part
    facts = [
        part.host or "?",
        part.name,
        part.kind + (" (leads)" if one.leads else ""),
        "zones " + ", ".join(one.zones) if one.zones else "",
        "version " + (part.version or "?"),
        part.engine,
        f"CLOCK {part.clock_ahead:+.1f} s" if part.clock_is_off else "",
        f"drained: {part.drain}" if part.drain else "",
        ", ".join(f"runs {task.task} {one_line(task.thing or '')}" for task in one.running) or "runs nothing",
        f"SILENT for {time_span(part.silent_for)}" if part.is_lost else f"seen {_age(part.silent_for)} ago",
    ]
    return " · ".join(fact for fact in facts if fact)


def _age(silent_for: timedelta) -> str:
    return f"{max(0, round(silent_for.total_seconds()))} s"
