"""Writing the security log: `note` adds one row, and one line of JSON on standard output.

The events are the codes of scans/reasons/security.py.
"""

import json
import logging

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from scans.models import Actor, SecurityEvent
from scans.origin import address_of, harmless, request_id_of
from scans.reasons import Reason

logger = logging.getLogger("scans.security")
NAME_LENGTH = 190  # of who and subject, escapes not counted; the columns hold 200


def note(
    event: str,
    *,
    request: HttpRequest | None = None,
    by: AbstractBaseUser | Actor | None = None,
    subject: models.Model | str | None = None,
    **facts,
) -> SecurityEvent:
    """Write one event, in whatever transaction is open; its line follows when that commits. Returns the row.

    `by` is the user or the part of the system that did it: by default the user of `request`, nobody if none is logged
    in. `subject` is the thing that it was done to, a row or a name. `facts` are those that the event's sentence names:
    texts, numbers, moments, labelled choices or reasons, never a secret. Raises KeyError for an unknown event and
    TypeError for wrong facts.
    """
    told = Reason(event, **{name: harmless(fact) if isinstance(fact, str) else fact for name, fact in facts.items()})
    row = SecurityEvent(at=timezone.now(), kind=event.partition(".")[0], event=event, facts=told.to_json()["facts"])
    user = getattr(request, "user", None)
    _set_actor(row, by if by is not None or not getattr(user, "is_authenticated", False) else user)
    if subject is not None:
        _set_subject(row, subject)
    if request is not None:
        row.address, row.request_id = address_of(request), request_id_of(request)
    row.save()
    transaction.on_commit(lambda: logger.info(line(row)))
    return row


def line(row: SecurityEvent) -> str:
    """The event as one line of JSON in ASCII, without the keys that have no value.

    No text in it can begin another line: JSON escapes control characters and everything that is not ASCII.
    """
    columns = ("event", "actor", "who", "who_id", "subject", "subject_type", "subject_id", "address", "request_id")
    values = {"log": "security", "time": row.at.isoformat(), **{name: getattr(row, name) for name in columns}}
    values |= {"message": row.sentence.in_english(), "facts": row.facts}
    kept = {name: value for name, value in values.items() if value not in ("", None, {})}
    return json.dumps(kept).replace("\x7f", r"\u007f")


def _set_actor(row: SecurityEvent, by: AbstractBaseUser | Actor | None) -> None:
    if isinstance(by, Actor):
        row.actor = by
    elif by is not None:
        row.actor, row.who, row.who_id = Actor.USER, _name(by), by.pk


def _set_subject(row: SecurityEvent, subject: models.Model | str) -> None:
    row.subject = _name(subject)
    if isinstance(subject, models.Model):
        row.subject_type, row.subject_id = subject._meta.model_name, str(subject.pk or "")


def _name(thing: object) -> str:
    """The name of a thing, cut so that it fits into its column with its escapes."""
    return harmless(thing, NAME_LENGTH)[:200]
