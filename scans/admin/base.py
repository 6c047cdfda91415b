"""The base of all pages of the admin: which lookups an address may hold, and what the security log gets."""

from datetime import timedelta

from django.contrib import admin
from django.db import models

from scans.activity import note

_DATE_LOOKUPS = ("year", "month", "day", "gte", "gt", "lte", "lt")


class SafeAdmin(admin.ModelAdmin):
    """Takes only the filters that it shows: any other lookup would tell, letter by letter, what a column holds."""

    show_full_result_count = False
    list_per_page = 50

    def lookup_allowed(self, lookup: str, value: str, request=None) -> bool:
        """Whether the page itself links to this filter."""
        names = [_parameter(each) for each in self.list_filter]
        offered = {f"{name}{end}" for name in names for end in ("", "__exact", "__isnull", "__id__exact")}
        if self.date_hierarchy:
            offered |= {f"{self.date_hierarchy}__{end}" for end in _DATE_LOOKUPS}
        return lookup in offered

    def to_field_allowed(self, request, to_field: str) -> bool:
        """Whether an address may choose rows by this column: by the primary key alone."""
        return to_field == self.opts.pk.name


def _parameter(offered) -> str:
    """The name in the address of a filter: of a column, of a column with its own filter, or of a filter alone."""
    if isinstance(offered, str):
        return offered
    return offered[0] if isinstance(offered, tuple) else offered.parameter_name


class WatchedAdmin(SafeAdmin):
    """Notes each row that is added, changed or removed in the security log, with old and new values.

    Its models are settings: none of their columns holds a secret.
    """

    def save_model(self, request, obj, form, change) -> None:
        """Save the row; note it as added, or each field that changed."""
        super().save_model(request, obj, form, change)
        if not change:
            note("settings.added", request=request, subject=obj)
        for field, before, after in changes(form) if change else ():
            note("settings.changed", request=request, subject=obj, field=field, before=before, after=after)

    def delete_model(self, request, obj) -> None:
        """Delete the row and note it."""
        note("settings.removed", request=request, subject=obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset) -> None:
        """Delete the chosen rows, each with its own entry."""
        for row in queryset:
            self.delete_model(request, row)


def changes(form) -> list[tuple[str, object, object]]:
    """Each field of a row that a valid form changed: its name, the old and the new value, as facts of an event."""
    return [
        (name, _fact(form.fields[name].to_python(form.initial.get(name))), _fact(form.cleaned_data[name]))
        for name in form.changed_data
        if isinstance(_column(form, name), models.Field)
    ]


def _column(form, name: str) -> models.Field | None:
    return next((field for field in form.instance._meta.concrete_fields if field.name == name), None)


def _fact(value):
    return value if isinstance(value, int | float | timedelta) else "" if value is None else str(value)
