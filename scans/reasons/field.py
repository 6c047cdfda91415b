"""The columns of a reason and of notices. An own text is stored as it is, which admins can search, the rest as JSON."""

import json

from django.db import models

from scans.reasons.core import NO_REASON, Notice, Reason, as_reason


def stored(reason: Reason | str) -> str:
    """Return the stored form of a reason; empty if there is none."""
    reason = as_reason(reason)
    if reason.code == "text" and not reason.facts["text"].startswith("{"):
        return reason.facts["text"]
    return json.dumps(reason.to_json(), ensure_ascii=False, sort_keys=True) if reason else ""


def read(text: str | None) -> Reason:
    """Read the result of `stored`; a text that is not the JSON of a reason becomes a reason in free text."""
    if text and text.startswith("{"):
        try:
            return Reason.from_json(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
    return as_reason(text or "")


class ReasonField(models.TextField):
    """A Reason, which is false where there is none. A text that is assigned is somebody's own."""

    def from_db_value(self, value, expression, connection):
        return read(value)

    def to_python(self, value):
        """Convert the value of a serialised object, or an assigned one."""
        return value if isinstance(value, Reason) else read(value)

    def get_prep_value(self, value):
        return stored(value or NO_REASON)

    def value_to_string(self, obj):
        return stored(self.value_from_object(obj))

    def deconstruct(self):
        """As a plain text: to migrations it is nothing else, so that they leave its table alone."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def get_default(self):
        return NO_REASON


class NoticesField(models.JSONField):
    """A list of notices; NULL where there is none."""

    def from_db_value(self, value, expression, connection):
        return [Notice.from_json(one) for one in super().from_db_value(value, expression, connection) or ()]

    def to_python(self, value):
        """Convert the value of a serialised object, or an assigned one."""
        return [one if isinstance(one, Notice) else Notice.from_json(one) for one in value or ()]

    def get_prep_value(self, value):
        return [notice.to_json() for notice in value] if value else None

    def get_db_prep_save(self, value, connection):
        return super().get_db_prep_save(value, connection) if value else None

    def value_to_string(self, obj):
        return self.get_prep_value(self.value_from_object(obj))

    def deconstruct(self):
        """As plain JSON: to migrations it is nothing else."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def get_default(self):
        return []
