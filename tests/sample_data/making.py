"""Databases made from a seed."""

from datetime import UTC, datetime

from django.db import transaction

from scans.models import ActivityLogEntry, Analysis, Series, UrlScan
from scans.sample_data import loading

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def made_with(seed):
    """What a seed makes, in an otherwise empty database."""
    with transaction.atomic():
        loading.create(50, seed=seed, now=NOW)
        made = [list(model.objects.order_by("pk").values()) for model in (Series, Analysis, UrlScan, ActivityLogEntry)]
        transaction.set_rollback(True)
    return [[{k: v for k, v in row.items() if k not in ("owner_id", "user_id")} for row in rows] for rows in made]
