"""manage.py changepassword: Django's own, with an entry in the security log."""

from django.contrib.auth.management.commands.changepassword import Command as ChangePassword

from dashboard.management.noted import Noted


class Command(Noted, ChangePassword):
    """Set a new password and note it."""
