"""manage.py createsuperuser: Django's own, with an entry in the security log."""

from django.contrib.auth.management.commands.createsuperuser import Command as CreateSuperuser

from dashboard.management.noted import Noted


class Command(Noted, CreateSuperuser):
    """Create a superuser and note it."""
