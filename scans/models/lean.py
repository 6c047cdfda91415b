"""Rows without their large columns: what no list, summary or poll shows is not read for one."""

from django.db import models


class LeanManager(models.Manager):
    """Reads rows without the columns that the model's LARGE names.

    A column that is used all the same is read then, by a query of its own; `defer(None)` reads all columns at once.
    Neither `select_related` nor a foreign key that is followed asks this manager: both read all columns.
    """

    def get_queryset(self) -> models.QuerySet:
        """All rows, without large columns."""
        return super().get_queryset().defer(*self.model.LARGE)


def large(model: type[models.Model], path: str) -> list[str]:
    """The names of the model's large columns for a query that reaches it by this path, to be deferred."""
    return [f"{path}__{name}" for name in model.LARGE]
