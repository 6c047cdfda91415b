"""System checks of this installation, for `manage.py check`."""

import stat

from django.conf import settings
from django.core.checks import INFO, WARNING, CheckMessage, register
from django.core.checks import Warning as CheckWarning

from scans import room, unprotected


@register()
def engine_is_installed(app_configs, **kwargs) -> list[CheckWarning]:
    """Warn if there is no scan engine, and say what to do.

    Only looks for the file, because checks run before every command. Set-up finds out whether the engine starts.
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
def proxies_are_known(app_configs, **kwargs) -> list[CheckWarning]:
    """Warn if there is a TLS proxy that may not say the client's address: everybody then shares the proxy's."""
    if not settings.BEHIND_HTTPS or settings.SCANS_TRUSTED_PROXIES:
        return []
    return [
        CheckWarning(
            "SCANS_HTTPS says that there is a proxy, and SCANS_TRUSTED_PROXIES is empty. Everybody seems to come from "
            "the proxy's address: one person's failed logins hold back all others, and logs have no addresses.",
            hint="Set SCANS_TRUSTED_PROXIES to the address or network of the proxy.",
            id="scans.W003",
        )
    ]


@register()
def browser_is_protected(app_configs, **kwargs) -> list[CheckMessage]:
    """Warn if the browser of scans runs as root; on loopback only, where that is allowed, as information."""
    if not (said := unprotected.warning()):
        return []
    hint = "docs/operating.md says how, under “The browser as another user”. SCANS_CHROMIUM_AS_ROOT=true allows it."
    level = WARNING if unprotected.is_refused() or not settings.ONLY_ON_LOOPBACK else INFO
    return [CheckMessage(level, said, hint=hint, id="scans.W004")]


@register()
def disks_have_room(app_configs, **kwargs) -> list[CheckWarning]:
    """Warn if a disk has too little room for scans."""
    if not (lack := room.shortage(room.TO_START)):
        return []
    hint = "Until there is room, scans wait. Delete old analyses, set the retention policy, or enlarge the disk."
    return [CheckWarning(str(lack), hint=hint, id="scans.W005")]


@register()
def var_dir_is_private(app_configs, **kwargs) -> list[CheckWarning]:
    """Warn if other users can enter the folder of database, keys and screenshots, which settings could not close."""
    mode = stat.S_IMODE(settings.VAR_DIR.stat().st_mode)
    if not mode & 0o077:
        return []
    return [
        CheckWarning(
            f"Other users of this machine can enter SCANS_VAR_DIR: {settings.VAR_DIR} has mode {mode:o}.",
            hint=f"Run `chmod 700 {settings.VAR_DIR}` as its owner, or choose a folder of the dashboard's own.",
            id="scans.W002",
        )
    ]
