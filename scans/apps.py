"""The product's one Django app."""

from django.apps import AppConfig


class ScansConfig(AppConfig):
    """Registers the models, and the checks that `manage.py check` runs."""

    name = "scans"
    verbose_name = "Dynamic Analyses"

    def ready(self) -> None:
        """Load the system checks."""
        from scans import checks  # noqa: F401, PLC0415 - Django registers checks when this is imported
