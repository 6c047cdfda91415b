"""Django's own commands for accounts, with entries in the security log."""

from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db.models.signals import post_save, pre_save

from scans.activity import note
from scans.models import Actor


class Noted(BaseCommand):
    """Notes each account that the command creates, and each new password. Comes before the command that it is for."""

    def execute(self, *args, **options):
        """Run the command."""
        with _noting_accounts():
            return super().execute(*args, **options)


@contextmanager
def _noting_accounts():
    """Note what is saved of accounts meanwhile."""
    users, passwords = get_user_model(), {}

    def remember(instance, **kwargs) -> None:
        passwords[instance.pk] = users.objects.filter(pk=instance.pk).values_list("password", flat=True).first()

    def tell(instance, created: bool, **kwargs) -> None:
        if created:
            note("account.created", by=Actor.COMMAND, subject=instance)
        elif passwords.get(instance.pk) != instance.password:
            note("account.password_set", by=Actor.COMMAND, subject=instance)

    pre_save.connect(remember, sender=users)
    post_save.connect(tell, sender=users)
    try:
        yield
    finally:
        pre_save.disconnect(remember, sender=users)
        post_save.disconnect(tell, sender=users)
