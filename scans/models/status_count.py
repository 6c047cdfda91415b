"""The number of analyses of each status, stored so that pages need not count them."""

from collections import Counter

from django.db import models, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

FOLD_ABOVE = 200
_FOLDED_AT_ONCE = 20_000


class StatusCount(models.Model):
    """A difference: so many more, or fewer, present analyses have this status.

    Triggers add a row with every change of an analysis (`database/status_counts`); the sum of all rows is the count.
    Rows are never changed, so no writer waits for another. The scheduler folds them together now and then.
    """

    status = models.CharField(_("status"), max_length=60)
    count = models.IntegerField(_("count"))

    class Meta:
        verbose_name = _("count of a status")
        verbose_name_plural = _("counts of statuses")

    def __str__(self) -> str:
        return f"{self.count:+} {self.status}"

    @classmethod
    def totals(cls) -> dict[str, int]:
        """The number of present analyses of each status, without zeros."""
        sums = cls.objects.values_list("status").annotate(total=Sum("count"))
        return {status: total for status, total in sums if total}

    @classmethod
    def fold(cls) -> None:
        """Replace many rows by one for each status; the sums stay the same."""
        with transaction.atomic():
            rows = list(cls.objects.select_for_update().order_by("pk")[:_FOLDED_AT_ONCE])
            sums = Counter()
            for row in rows:
                sums[row.status] += row.count
            cls.objects.filter(pk__in=[row.pk for row in rows]).delete()
            cls.objects.bulk_create(cls(status=status, count=count) for status, count in sums.items() if count)

    @classmethod
    def above_few(cls) -> models.QuerySet["StatusCount"]:
        """The rows that are too many to read quickly."""
        return cls.objects.all()[FOLD_ABOVE:]

    @classmethod
    def has_many(cls) -> bool:
        """Whether there are too many rows to read quickly."""
        return cls.above_few().exists()

    @classmethod
    def fold_if_many(cls) -> None:
        """Fold until the rows are few enough to read quickly."""
        while cls.has_many():
            cls.fold()
