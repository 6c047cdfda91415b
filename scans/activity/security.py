"""Writing the security log: `note` adds one row, and one line of JSON on standard output.

The events are the codes of scans/reasons/security.py.
"""

import json
import logging
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import models, transaction
from django.http import HttpRequest

from scans.activity.log import ASKED, BY_TOKEN, token_of
from scans.database import clock
from scans.database.patience import if_possible
from scans.harmless import one_line
from scans.models import Actor, AllowedTarget, BlackoutWindow, ScanSettings, SecurityEvent
from scans.origin import address_of, current_request, request_id_of
from scans.reasons import Reason

logger = logging.getLogger("scans.security")
NOTED = "scans.security_event"  # the key of the last event in the environment of its request
MOST_AN_HOUR = 100  # rows of one kind of failed attempt, for one user and address
# The models whose changes are events, by the type of subject
_WATCHED = {model._meta.model_name: model for model in (ScanSettings, AllowedTarget, BlackoutWindow, User)}
NAME_LENGTH, FACT_LENGTH = 200, 500


def note(
    event: str,
    *,
    request: HttpRequest | None = None,
    by: AbstractBaseUser | Actor | None = None,
    subject: models.Model | str | None = None,
    **facts,
) -> SecurityEvent:
    """Write one event, in whatever transaction is open; its line follows when that commits. Returns the row.

    `request` is by default the one that is being answered, if any. `by` is the user or the part of the system that did
    it: by default the user of the request, nobody if none is logged in. `subject` is the thing that it was done to, a
    row or a name. `facts` are those that the event's sentence names: texts, numbers, moments, labelled choices or
    reasons, never a secret. An event that comes up too often (`_is_flood`) gets its line, but no row. Raises KeyError
    for an unknown event and TypeError for wrong facts.
    """
    told = Reason(
        event, **{name: one_line(fact)[:FACT_LENGTH] if isinstance(fact, str) else fact for name, fact in facts.items()}
    )
    row = SecurityEvent(at=clock.now(), kind=event.partition(".")[0], event=event, facts=told.to_json()["facts"])
    request = request or current_request()
    user = getattr(request, "user", None)
    _set_actor(row, by if by is not None or not getattr(user, "is_authenticated", False) else user)
    if subject is not None:
        _set_subject(row, subject)
    if request is not None:
        row.address, row.request_id = address_of(request), request_id_of(request)
        request.META[NOTED] = event
    if not _is_flood(row):
        # Why somebody was refused can be told without the row; the line in the log is written all the same
        if_possible(row.save, f"the event {event}") if row.kind == "refused" else row.save()
    transaction.on_commit(lambda: logger.info(line(row)))
    return row


def note_secret_seen(url_scan: models.Model, request: HttpRequest) -> None:
    """Note that a page said to this user that the URL has a login or crawl script; once an hour for each."""
    lately = SecurityEvent.objects.filter(
        subject=_name(url_scan), subject_id=str(url_scan.pk), event="secret.seen", who_id=request.user.pk
    )
    if not lately.filter(at__gte=clock.now() - timedelta(hours=1)).exists():
        note("secret.seen", request=request, subject=url_scan)


def _is_flood(row: SecurityEvent) -> bool:
    """Whether so many attempts of this user or address failed within the hour that further ones fill the table."""
    if row.kind != "refused" and not row.event.startswith("login.failed"):
        return False
    alike = SecurityEvent.objects.filter(event=row.event, who=row.who, address=row.address)
    return alike.filter(at__gte=row.at - timedelta(hours=1)).count() >= MOST_AN_HOUR


def line(row: SecurityEvent) -> str:
    """The event as one line of JSON in ASCII, without the keys that have no value.

    No text in it can begin another line: JSON escapes control characters and everything that is not ASCII.
    """
    columns = ("event", "actor", "who", "who_id", "subject", "subject_type", "subject_id", "address", "request_id")
    values = {"log": "security", "time": row.at.isoformat(), **{name: getattr(row, name) for name in columns}}
    values |= {"message": sentence(row).in_english(), "facts": row.facts}
    kept = {name: value for name, value in values.items() if value not in ("", None, {})}
    return json.dumps(kept).replace("\x7f", r"\u007f")


def sentence(row: SecurityEvent) -> Reason:
    """The sentence of the event, without who, when and to what; str() words it in the language in force."""
    facts = dict(row.facts)
    if "asked" in facts:
        facts["asked"] = str(ASKED.get(facts["asked"], facts["asked"]))
    if "field" in facts:
        facts["field"] = _field_label(row.subject_type, facts["field"])
    return Reason.from_json({"code": row.event, "facts": facts})


def _field_label(model_name: str, field: str) -> str:
    """The label of a column in the language in force; its name if this version has no such column."""
    columns = _WATCHED[model_name]._meta.fields if model_name in _WATCHED else ()
    return next((str(column.verbose_name) for column in columns if column.name == field), field)


def _set_actor(row: SecurityEvent, by: AbstractBaseUser | Actor | None) -> None:
    if isinstance(by, Actor):
        row.actor = by
    elif by is not None:
        row.actor, row.who, row.who_id = Actor.USER, _name(by), by.pk
        if token := token_of(by):
            row.facts[BY_TOKEN] = token


def _set_subject(row: SecurityEvent, subject: models.Model | str) -> None:
    row.subject = _name(subject)
    if isinstance(subject, models.Model):
        row.subject_type, row.subject_id = subject._meta.model_name, str(subject.pk or "")


def _fact(fact):
    """The fact; a text on one line and cut. Labelled choices are texts too, which stay what they are."""
    return one_line(fact)[:FACT_LENGTH] if type(fact) is str else fact


def _name(thing: object) -> str:
    """The name of a thing, cut so that it fits into its column."""
    return one_line(thing)[:NAME_LENGTH]
