"""Tags for the pages of one analysis: bars of shares, and lengths of time that a script keeps up to date."""

from datetime import datetime
from functools import lru_cache

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from scans.models import ActivityLogEntry, Mark
from scans.severities import SEVERITIES, SEVERITY_CHOICES
from scans.statuses import SOON_OVER
from scans.summaries.log_moments import LogMoment
from scans.summaries.timeline import in_one_line, side_by_side
from scans.templatetags.display import as_time

register = template.Library()
register.filter(in_one_line)

WIDTH = 1000  # of a bar, in units of the drawing
MIN_WIDTH = 8  # of one share, so that a small one can be seen
_SEVERITY_LABELS = dict(SEVERITY_CHOICES)


@register.simple_tag
def severity_bar(counts: dict[str, int]) -> str:
    """The findings of each severity as shares of one bar; decoration, since the numbers stand beside it."""
    return _bar([(f"severity--{name}", counts[name]) for name in SEVERITIES])


@register.simple_tag
def phase_bar(phases: list[tuple]) -> str:
    """How many URL scans are in each phase, as shares of one bar; decoration, since the numbers stand beside it."""
    return _bar([(f"phase--{phase.value}", count) for phase, count in reversed(phases)])


def _bar(parts: list[tuple[str, int]]) -> str:
    parts = [(name, count) for name, count in parts if count]
    places = side_by_side([count for _, count in parts], WIDTH, MIN_WIDTH)
    drawn = ((name, x, width) for (name, _), (x, width) in zip(parts, places, strict=True))
    rects = format_html_join("", '<rect class="{}" x="{}" width="{}" height="10"></rect>', drawn)
    return format_html(
        '<svg class="bar" viewBox="0 0 {} 10" preserveAspectRatio="none" aria-hidden="true">{}</svg>', WIDTH, rects
    )


@register.simple_tag
def elapsed(since: datetime) -> str:
    """Since when something lasts. A script says how long that is."""
    return as_time(since, "since", gettext("since {}"))


@register.simple_tag
def remaining(until: datetime) -> str:
    """Until when something lasts. A script says how long that still is."""
    return as_time(until, "until", gettext("until {}"))


@register.simple_tag(takes_context=True)
def page_address(context, name: str, number: int) -> str:
    """The query string of this page with another number in the parameter `name`."""
    query = context["request"].GET.copy()
    query.pop("v", None)
    query[name] = number
    return f"?{query.urlencode()}"


@register.simple_tag
def mark_options(chosen: str) -> str:
    """The marks as options of a list, with this one selected."""
    return _mark_options(chosen, get_language())


@lru_cache(50)
def _mark_options(chosen: str, language: str) -> str:
    options = ((value, SafeString(" selected" if value == chosen else ""), label) for value, label in Mark.choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', options)


@register.simple_tag
def severity_label(name: str) -> str:
    return _SEVERITY_LABELS[name]


@register.simple_tag
def log_subjects(moment: LogMoment) -> str:
    """Return the subjects that changed in a moment of the log, such as “analysis and 3 URLs”."""
    urls = moment.urls
    named = urls[0] if len(urls) == 1 else ngettext("{count} URL", "{count} URLs", len(urls)).format(count=len(urls))
    if not moment.has_analysis:
        return named
    return gettext("analysis and {urls}").format(urls=named) if urls else gettext("analysis")


@register.filter
def is_soon_over(analysis) -> bool:
    """Whether the status of an analysis lasts minutes at most, unless something is wrong."""
    return analysis.status in SOON_OVER


@register.filter
def is_refusal(entry: ActivityLogEntry) -> bool:
    """Whether the entry tells of a refused attempt."""
    return entry.action.endswith(".refused")
