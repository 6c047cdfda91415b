"""How many analyses have each status, kept so that nobody has to count them."""

from collections import Counter

from django.db import models, transaction
from django.db.models import Sum

FOLD_ABOVE = 200
_FOLDED_AT_ONCE = 20_000


class StatusCount(models.Model):
    """A summand: so many more, or fewer, present analyses have this status.

    Triggers add one with every change of an analysis (`kept_counts`); the sum of all is the count. Rows are added and
    never changed, so that no writer waits for another; the scheduler folds them together now and then.
    """

    status = models.CharField(max_length=60)
    count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.count:+} {self.status}"

    @classmethod
    def totals(cls) -> dict[str, int]:
        """How many present analyses each status has; statuses that nobody has are left out."""
        sums = cls.objects.values_list("status").annotate(total=Sum("count"))
        return {status: total for status, total in sums if total}

    @classmethod
    def fold(cls) -> None:
        """Put many summands into one for each status; the sums stay the same."""
        with transaction.atomic():
            rows = list(cls.objects.select_for_update().order_by("pk")[:_FOLDED_AT_ONCE])
            sums = Counter()
            for row in rows:
                sums[row.status] += row.count
            cls.objects.filter(pk__in=[row.pk for row in rows]).delete()
            cls.objects.bulk_create(cls(status=status, count=count) for status, count in sums.items() if count)

    @classmethod
    def fold_if_many(cls) -> None:
        """Fold where reading them all begins to cost something."""
        while cls.objects.count() > FOLD_ABOVE:
            cls.fold()
