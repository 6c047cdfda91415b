"""What `manage.py check` says about this installation."""

from django.conf import settings
from django.core.checks import Error, register
from django.core.checks import Warning as CheckWarning

from scans.targets import parse_pattern


@register()
def engine_is_installed(app_configs, **kwargs) -> list[CheckWarning]:
    """Warn, with the remedy, when there is no scan engine here.

    Looks only whether it is there, since this runs before every command; whether it also starts is
    found out before each scan.
    """
    if settings.SCANS_ENGINE_PYTHON.exists():
        return []
    return [
        CheckWarning(
            f"The scan engine is not installed: {settings.SCANS_ENGINE_PYTHON} does not exist.",
            hint="Run `make setup`. Until then analyses end as Not Submitted.",
            id="scans.W001",
        )
    ]


@register()
def allowed_targets_are_readable(app_configs, **kwargs) -> list[Error]:
    """Refuse to start with an entry of SCANS_ALLOWED_TARGETS that means nothing."""
    errors = []
    for pattern in settings.SCANS_ALLOWED_TARGETS:
        try:
            parse_pattern(pattern)
        except ValueError as error:
            errors.append(Error(f"SCANS_ALLOWED_TARGETS: {error}", id="scans.E001"))
    return errors
