"""Template tags that display single things: a status, a moment, a duration, a log entry, a problem."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from scans import activity, unprotected
from scans.harmless import exact as exact_in_html
from scans.models import ActivityLogEntry, Actor, Mark, SystemPart, UrlScan
from scans.schedule.moments import UNITS, exact, time_span
from scans.severities import SEVERITIES
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, Action, AnalysisStatus, Phase, Status

register = template.Library()
register.filter(exact)
register.filter(time_span)

_REVIEW_ACTIONS = {Action.PUBLISH}


@register.simple_tag
def icon(name: str, label: str = "") -> str:
    """Return an icon of the sprite. Screen readers ignore it unless it has a label."""
    return _icon(name, str(label), static("icons.svg"))


@lru_cache(500)
def _icon(name: str, label: str, sprite: str) -> str:
    attributes = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html('<svg class="icon" {}><use href="{}#{}"></use></svg>', attributes, sprite, name)


@register.inclusion_tag("components/_status_badge.html")
def badge(thing) -> dict:
    """Show a status as icon, text and shape; for an analysis or URL scan, with its meaning on hover and focus."""
    status = thing if isinstance(thing, Status) else thing.info
    tip_id = "" if thing is status else f"tip-{thing._meta.model_name}-{thing.pk}"
    return {"status": status, "tip_id": tip_id, "anchor": anchor(status)}


@register.filter
def anchor(status: Status) -> str:
    """Return the anchor of this status on the page that explains statuses."""
    return f"{'analysis' if isinstance(status.choice, AnalysisStatus) else 'url-scan'}-{status.code}"


@register.simple_tag
def moment(at: datetime | None, empty: str = "–") -> str:
    """Return a moment as relative text, which a script keeps up to date; or as a date if it is long ago.

    The tooltip has the exact time, in the user's time zone and in UTC. `empty` stands for None.
    """
    if at is None:
        return empty
    local, utc = exact(at), f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    title = local if local == utc else f"{local} · {utc}"
    is_long_ago = timezone.now() - at > LONG_AGO
    text = date_format(timezone.localtime(at), pgettext("a day", "j M Y")) if is_long_ago else relative(at)
    kept_fresh = SafeString("" if is_long_ago else " data-relative")
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', at.isoformat(), title, kept_fresh, text)


LONG_AGO = timedelta(days=60)


def relative(at: datetime) -> str:
    """Return a text such as “5 min ago” or “in 2 h”, in the largest unit that fits."""
    past, span = apart(at, timezone.now())
    if not span:
        return gettext("now")
    return (gettext("{span} ago") if past else gettext("in {span}")).format(span=span)


def apart(at: datetime, now: datetime) -> tuple[bool, str]:
    """Return whether a moment is past, and its distance in the largest unit that fits; an empty text means now."""
    seconds = (now - at).total_seconds()
    distance = abs(seconds)
    if distance < 5:
        return False, ""
    unit, size = next((unit, size) for unit, size in UNITS.items() if distance >= size)
    return seconds > 0, f"{int(distance // size)} {unit}"


@register.filter
def ran_for(thing) -> timedelta | None:
    """Return how long an analysis or URL scan has run, up to now or its end; None if it has not started."""
    return thing.ran_for(timezone.now())


@register.filter
def time_left(analysis) -> str:
    """Return how long an analysis may still run; empty unless it is active, and during a blackout window."""
    runs_out = analysis.info.phase == Phase.ACTIVE and analysis.expires_at and not analysis.blackout_since
    return time_span(analysis.expires_at - timezone.now()) if runs_out else ""


@register.inclusion_tag("components/_severities.html")
def severities(counts) -> dict:
    """Show the number of findings by severity, worst first. `counts` is a URL scan or a mapping."""
    get = (lambda name: getattr(counts, f"findings_{name}")) if isinstance(counts, UrlScan) else counts.get
    return {"counts": [(name, get(name)) for name in SEVERITIES if get(name)]}


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
    """Return the user, or the part of the system, that did it."""
    return str(entry.user or Actor(entry.actor).label)


@register.simple_tag(takes_context=True)
def actions_for(context, thing) -> set[str]:
    """Return the actions that the status of this analysis or URL scan allows, and the user's roles permit."""
    user = context["user"]
    submitter, reviewer = user.has_perm("scans.submit_analysis"), user.has_perm("scans.review_analysis")
    return {action.value for action in thing.info.actions if (reviewer if action in _REVIEW_ACTIONS else submitter)}


@register.simple_tag(takes_context=True)
def problems(context) -> list[tuple[str, str]]:
    """Return what keeps scans from running: for each a sentence, and the command that solves it, if there is one.

    Administrators also read what is not safe.
    """
    missing = context.get("missing_parts")
    kinds = SystemPart.missing() if missing is None else missing
    found = [(kind.when_missing, kind.command) for kind in kinds]
    if not settings.SCANS_ENGINE_PYTHON.exists():
        found.append((_("The scan engine is not installed: no URL scan can be set up."), "make setup"))
    if context["user"].has_perm("scans.change_scansettings") and (said := unprotected.warning()):
        found.append((said, ""))
    return found


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
