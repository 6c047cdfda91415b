"""The rows of the list: a large load beside a small one, Django's admin, and a bare view; and its polls."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

from tests.benchmarks.rows import Row, Table
from tests.benchmarks.sides import Side, in_turns, request

LIST, ADMIN, EMPTY = "/analyses/", "/plain-admin/scans/analysis/", "/bare/empty/"
COMMON, OTHERS = "completed_results_available", ["all_verifications_failed", "stopped"]
MANY, NONE, SHORT = "portal", "no such thing at all", "or"
SORTED_BY = ("name", "status", "urls", "findings", "start", "duration", "changed")
POLL = re.compile(r'hx-get="([^"]*[?&;]v=[^"]*)"')
SESSION_AND_USER = 2


def questions(name: str) -> dict[str, dict]:
    """What the list is asked, as its query string; `name` is that of one analysis of this load."""
    return {
        "plain": {},
        "one status": {"status": [COMMON]},
        "three statuses": {"status": [COMMON, *OTHERS]},
        "Find, many hits": {"q": MANY},
        "Find, few hits": {"q": name},
        "Find, no hit": {"q": NONE},
        "Find, two letters": {"q": SHORT},
        "Find and one status": {"q": MANY, "status": [COMMON]},
        **{f"sorted by {sign}{column}": {"order": sign + column} for column in SORTED_BY for sign in ("", "-")},
    }


def address(query: dict) -> str:
    """The address of the list that answers this."""
    return f"{LIST}?{urlencode(query, doseq=True)}" if query else LIST


def in_the_admin(query: dict) -> str:
    """The same question, asked of a plain changelist."""
    statuses = query.get("status", [])
    narrowed = {"status__exact": statuses[0]} if len(statuses) == 1 else {}
    if len(statuses) > 1:
        narrowed = {"status__in": ",".join(statuses)}
    return f"{ADMIN}?{urlencode({**({'q': query['q']} if 'q' in query else {}), **narrowed})}"


def measure(table: Table, large: Side, small: Side) -> None:
    """Add every row of this family."""
    asked, asked_small = (questions(side("make", what="a_name")["name"]) for side in (large, small))
    for name, query in asked.items():
        _beside_the_small_load(table, f"list: {name}", (large, address(query)), (small, address(asked_small[name])))
    _beside_the_small_load(
        table, "list: a page deep in the middle", *((side, _in_the_middle(side)) for side in (large, small))
    )
    for name, query in asked.items():
        if not name.startswith("sorted"):
            _beside_the_admin(table, large, name, query)
    _beside_the_bare_view(table, large)
    _polls(table, large)


def _beside_the_small_load(table: Table, what: str, large: tuple[Side, str], small: tuple[Side, str]) -> None:
    many, few = in_turns(request(*large), request(*small))
    sizes = f"{many.ms:.1f} ms : {few.ms:.1f} ms"
    table.add(Row(what, f"the same at {small[0].database.analyses:,}", many.ms / few.ms, 1.3, sizes))


def _beside_the_admin(table: Table, side: Side, name: str, query: dict) -> None:
    ours, theirs = in_turns(request(side, address(query)), request(side, in_the_admin(query)))
    bound = 50 if "q" in query else 10
    shown = f"{ours.ms:.1f} ms : {theirs.ms:.0f} ms"
    shown += f" ({theirs.times} times)" if theirs.times < ours.times else ""
    table.add(Row(f"list: {name}", "the admin's changelist", theirs.ms / ours.ms, bound, shown, at_least=True))


def _in_the_middle(side: Side) -> str:
    """The address of the page that begins half-way through the list."""
    return address({"page": side("make", what="a_page_in_the_middle")["page"]})


def _beside_the_bare_view(table: Table, side: Side) -> None:
    side("keep", path=LIST, name="list")
    ours, bare = in_turns(request(side, LIST), request(side, "/bare/list/"))
    shown = f"{ours.ms:.1f} ms : {bare.ms:.1f} ms, {ours.bytes / 1000:.1f} kB sent"
    table.add(Row("list of 50 rows, with counts", "a bare view with the same bytes", ours.ms / bare.ms, 3, shown))


# --- Polls


def poll_of(side: Side, path: str) -> str:
    """The address that the page at `path` asks again and again."""
    text = side("body", path=path)["text"]
    polled = unescape(POLL.search(text)[1])
    return path.partition("?")[0] + polled if polled.startswith("?") else polled


def _polls(table: Table, side: Side) -> None:
    ids = side("make", what="running", analyses=1)["ids"]
    try:
        summary = side("make", what="with_urls_and_entries", urls=5, entries=50)["path"]
        for what, path in (("list", LIST), ("summary", summary)):
            _unchanged_poll(table, side, what, poll_of(side, path))
        _poll_with_one_row_changed(table, side, ids[0])
    finally:
        side("make", what="put_away", ids=ids)


def _unchanged_poll(table: Table, side: Side, what: str, poll: str) -> None:
    ours, bare = in_turns(request(side, poll, htmx=True, expect=204), request(side, EMPTY, htmx=True, expect=204))
    shown = f"{ours.ms:.2f} ms : {bare.ms:.2f} ms"
    table.add(Row(f"poll of the {what}, nothing changed", "a bare view, empty", ours.ms / bare.ms, 2, shown))
    ran = side("queries", path=poll, htmx=True)["queries"]
    beyond = ran - SESSION_AND_USER
    table.add(Row(f"poll of the {what}, nothing changed", "session and user", beyond, 2, f"{ran} in all", "queries"))


def _poll_with_one_row_changed(table: Table, side: Side, url_scan_id: int) -> None:
    poll = poll_of(side, LIST)
    side("make", what="progress", url_scan_id=url_scan_id)
    changed, page = in_turns(request(side, poll, htmx=True), request(side, LIST))
    what = "poll of the list, one row of 50 changed"
    shown = f"{changed.bytes:,} : {page.bytes:,} bytes"
    table.add(Row(f"{what}: bytes", "the full page", changed.bytes / page.bytes, 0.1, shown))
    shown = f"{changed.ms:.1f} ms : {page.ms:.1f} ms"
    table.add(Row(f"{what}: time", "the full page", changed.ms / page.ms, 0.5, shown))
