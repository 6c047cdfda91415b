"""Template tags that display single things: a status, a moment, a duration, a log entry, a problem."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.formats import date_format, number_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _

from scans import activity, artifacts, unprotected
from scans.database import clock
from scans.harmless import exact as exact_in_html
from scans.models import ActivityLogEntry, Analysis, AtWork, FullDisk, Installation, Mark, SystemPart, UrlScan, Webhook
from scans.reasons import worded
from scans.schedule.moments import exact, time_span
from scans.severities import DISMISSED, SEVERITIES
from scans.statuses import ANALYSIS_STATUSES, FAILED, URL_SCAN_STATUSES, Action, AnalysisStatus, Phase, Status
from scans.summaries.workers import zones_without_worker

register = template.Library()
register.filter(exact)
register.filter(time_span)

STORAGE_FAILS = _(
    "The storage of files cannot be used since {when}: {why} Scans continue where they can; files are uploaded later."
)
_REVIEW_ACTIONS = {Action.PUBLISH}


@register.simple_tag
def icon(name: str, label: str = "") -> str:
    """Return an icon of the sprite. Screen readers ignore it unless it has a label."""
    return _icon(name, str(label), static("icons.svg"))


@lru_cache(500)
def _icon(name: str, label: str, sprite: str) -> str:
    attributes = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html('<svg class="icon" {}><use href="{}#{}"></use></svg>', attributes, sprite, name)


@register.simple_tag
def badge(thing) -> str:
    """Show a status as icon, text and shape; for an analysis or URL scan, with its meaning on hover and focus."""
    if isinstance(thing, Status):
        return _badge(thing, "")
    return SafeString(_badge(thing.info, _TIP).replace(_TIP, f"tip-{thing._meta.model_name}-{thing.pk}"))


_TIP = "tip-of-this-badge"
_BADGES: dict[tuple, SafeString] = {}


def _badge(status: Status, tip_id: str) -> SafeString:
    """Make a badge: once for each status and language, since pages show hundreds."""
    key = anchor(status), tip_id, get_language()
    if key not in _BADGES:
        context = {"status": status, "tip_id": tip_id, "anchor": key[0]}
        _BADGES[key] = SafeString(render_to_string("components/_status_badge.html", context).strip())
    return _BADGES[key]


@register.filter
def anchor(status: Status) -> str:
    """Return the anchor of this status on the page that explains statuses."""
    return f"{'analysis' if isinstance(status.choice, AnalysisStatus) else 'url-scan'}-{status.code}"


@register.simple_tag
def moment(at: datetime | None, empty: str = "–") -> str:
    """Return a moment with day and time. A script then says how long ago it was, unless it is months ago.

    The tooltip has the exact time, in the user's time zone and in UTC. `empty` stands for None.
    """
    return empty if at is None else as_time(at, "relative", "{}")


def as_time(at: datetime, rule: str, text: str) -> str:
    """Return a moment as a <time> element, which does not depend on the clock. `rule` tells time.js how to say it.

    `text` has a place for day and time: people read it without JavaScript, and on paper.
    """
    local = timezone.localtime(at)
    exact, utc = f"{local:%Y-%m-%d %H:%M:%S %Z}", f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    title = exact if exact == utc else f"{exact} · {utc}"
    # Not date_format, which takes five times as long: rows of the list are full of moments.
    day = pgettext("day and time", "{day} {month} {year}, {time}")
    month = MONTHS_3[local.month].title()
    shown = text.format(day.format(day=local.day, month=month, year=local.year, time=f"{local:%H:%M}"))
    return format_html('<time datetime="{}" title="{}" data-{}>{}</time>', at.isoformat(), title, rule, shown)


@register.filter
def ran_for(thing) -> timedelta | None:
    """Return how long an analysis or URL scan has run, up to now or its end; None if it has not started."""
    return thing.ran_for(clock.now())


@register.filter
def ticks(analysis) -> bool:
    """Return whether the time is running that an analysis has: it is active, and in no blackout window."""
    return bool(analysis.info.phase == Phase.ACTIVE and analysis.expires_at and not analysis.blackout_since)


@register.simple_tag
def severities(counts) -> str:
    """Show the number of open weaknesses by severity, worst first, and of dismissed ones.

    `counts` is a mapping, or a URL scan that knows its `open_counts`.
    """
    counts = counts.open_counts if isinstance(counts, UrlScan) else counts
    found = tuple((name, counts[name]) for name in SEVERITIES if counts[name])
    return _severities(found, counts.get(DISMISSED, 0), get_language())


@lru_cache(2000)
def _severities(counts: tuple[tuple[str, int], ...], dismissed: int, language: str) -> SafeString:
    context = {"counts": counts, "dismissed": dismissed}
    return SafeString(render_to_string("components/_severities.html", context).strip())


@register.filter
def sentence(entry: ActivityLogEntry) -> str:
    """Return the sentence that says what happened."""
    text = activity.sentence(entry)
    return text[:1].upper() + text[1:]


@register.filter
def status_changes(entry: ActivityLogEntry) -> list[Status]:
    """Return the old and the new status of an entry; fewer if it has no old status or changed none."""
    catalogue = URL_SCAN_STATUSES if entry.url_scan_id else ANALYSIS_STATUSES
    return [catalogue[code] for code in (entry.from_status, entry.to_status) if code in catalogue]


@register.filter
def who(entry: ActivityLogEntry) -> str:
    """Return the user, the token of a user, or the part of the system, that did it."""
    return activity.actor_of(entry)


@register.simple_tag(takes_context=True)
def actions_for(context, thing) -> set[str]:
    """Return the actions that the status of this analysis or URL scan allows, and the user's roles permit."""
    return allowed_actions(thing.info, context["user"])


def allowed_actions(status: Status, user) -> set[str]:
    """Return the actions that this status allows, and the user's roles permit."""
    submitter, reviewer = user.has_perm("scans.submit_analysis"), user.has_perm("scans.review_analysis")
    return {action.value for action in status.actions if (reviewer if action in _REVIEW_ACTIONS else submitter)}


@register.filter
def has_failed(url_scan: UrlScan) -> bool:
    """Return whether something other than a user or the duration kept this scan from being complete."""
    return url_scan.status in FAILED


@register.filter
def may_run_again(status: Status) -> bool:
    """Return whether an analysis in this status can be run again."""
    return status.allows(Action.RUN_AGAIN)


@register.simple_tag
def menu_actions(analysis: Analysis, allowed: set[str]) -> str:
    """Return the buttons of the actions in `allowed`, for the menu of a row."""
    buttons = _menu_actions(analysis.status, frozenset(allowed), get_language())
    return SafeString(buttons.replace(f"/{_ANY_ID}/", f"/{analysis.pk}/"))


_ANY_ID = 10**18 - 1  # the largest id that an address may have


@lru_cache(500)
def _menu_actions(status: str, allowed: frozenset[str], language: str) -> str:
    """Make the buttons once for each status: in a list of 50 rows, their addresses alone took a third of the time."""
    context = {"analysis": {"pk": _ANY_ID, "status": status}, "allowed": allowed}
    return render_to_string("scans/analysis_detail/_analysis_actions.html", context)


@register.simple_tag(takes_context=True)
def problems(context) -> list[tuple[str, str]]:
    """Return what keeps scans from running: for each a sentence, and the command that solves it, if there is one.

    Administrators also read what is not safe.
    """
    missing = context.get("missing_parts")
    kinds = SystemPart.missing() if missing is None else missing
    found = [(kind.when_missing, kind.command) for kind in kinds]
    header = context.get("header")  # which knows about disks too
    is_full = header.disk_is_full if hasattr(header, "disk_is_full") else kinds.disk_is_full
    found += [(sentence, "") for sentence in _full_disks(context, is_full)]
    if not settings.SCANS_ENGINE_PYTHON.exists():
        found.append((_("The scan engine is not installed: no URL scan can be set up."), "make setup"))
    if context["user"].has_perm("scans.change_scansettings"):
        found += [(said, "") for said in (unprotected.warning(), _storage_problem()) if said]
        found += [(said, "") for said in zones_without_worker(AtWork.now())]
        found += [(_webhook_is_off(webhook), "") for webhook in Webhook.objects.switched_off_failing()]
    return found


def _webhook_is_off(webhook: Webhook) -> str:
    """Return that a webhook is switched off because nothing could be delivered, and why."""
    return _("The webhook “{name}” is switched off. {why}").format(name=webhook, why=webhook.off_reason)


def _storage_problem() -> str:
    """Return since when and why files of scans cannot be stored; empty if they can."""
    if not artifacts.is_remote():
        return ""
    known = Installation.current()
    if known is None or known.storage_failed_at is None:
        return ""
    return STORAGE_FAILS.format(when=worded(known.storage_failed_at), why=known.storage_problem)


def _full_disks(context, is_reported: bool) -> list[str]:
    """Return a sentence if a disk is full; for administrators one for each, with what to do."""
    if not (told := FullDisk.told(is_reported=is_reported)):
        return []
    if not context["user"].has_perm("scans.change_scansettings"):
        return [_("A disk is full: scans wait, and start by themselves once there is room.")]
    full = _(
        "A disk is full, so scans wait: {disk} They start by themselves once there is room. Delete old analyses, set "
        "the retention policy, or enlarge the disk."
    )
    return [full.format(disk=disk) for disk in told]


@register.filter
def typed(text) -> SafeString:
    """Return the value of a field that a person types into, exact although the rest of the page is harmless."""
    return SafeString(exact_in_html(conditional_escape(text)))


@register.filter
def grouped(number: int) -> str:
    """Return a number with thousands separators in the reader's language."""
    return number_format(number, use_l10n=True, force_grouping=True)


@register.filter
def since(address: str, version: str) -> str:
    """Return the address at which a live region polls for anything newer than this version."""
    return f"{address}{'&' if '?' in address else '?'}v={version}"


@register.filter
def is_web_address(text: str) -> bool:
    """Return whether a text may become a link; an address that an engine reports could be a script."""
    return str(text).startswith(("http://", "https://"))


@register.simple_tag
def in_zone(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment as a clock in this time zone shows it."""
    return wall_clock(at.astimezone(zone))


@register.filter
def wall_clock(at: datetime) -> str:
    """Return a moment as a clock in its own time zone shows it."""
    return date_format(at, pgettext("a moment", "l j F Y, H:i T"))


@register.filter
def mark_label(mark: str) -> str:
    return Mark(mark).label
