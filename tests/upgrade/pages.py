"""The facts that pages state, read from the elements that stay the same from version to version."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bs4 import BeautifulSoup, Tag

LANGUAGES = ("en", "de")
# Elements whose text is kept: an entry of the log, the row of a URL scan, the row of a check.
SPOKEN = "[data-action], [data-url-scan-id], tr[id^=check-]"
# Nothing that depends on the moment of reading, and nothing that is only there to be pressed.
_LEFT_OUT = "time, button, select, svg, form, .button, .visually-hidden"

Get = Callable[[str, str], str]  # takes an address and a language; returns the page


def facts_of_all(get: Get, analyses: Iterable[dict], bulk_actions: Iterable[int]) -> dict[str, dict]:
    """The facts of every page that shows these analyses (as `show --json` prints them), by address and language."""
    addresses = ["/", "/analyses/", "/analyses/views/", *(f"/analyses/bulk/{pk}/" for pk in bulk_actions)]
    for analysis in analyses:
        summary = f"/analyses/{analysis['id']}/"
        addresses.append(summary)
        addresses += [f"{summary}scans/{scan['id']}/" for scan in analysis["url_scans"]]
    names = sorted({analysis["name"] for analysis in analyses})
    return {
        f"{language} {address}": facts(get(address, language), names) for address in addresses for language in LANGUAGES
    }


def facts(page: str, names: list[str]) -> dict:
    """The facts of one page: statuses by row, the log's actions with their statuses, counts, names, and texts."""
    main = BeautifulSoup(page, "lxml").main
    return {
        "statuses": {row["id"]: _statuses(row) for row in main.select("[data-analysis-id], [data-url-scan-id]")},
        "log": [[entry["data-action"], *_statuses(entry)] for entry in main.select("[data-action]")],
        "counts": {
            box["value"]: _number(box.find_parent("label")) for box in main.select("input[name=status][type=checkbox]")
        },
        "names": [name for name in names if name in main.get_text()],
        "texts": {element["id"]: text_of(element) for element in main.select(SPOKEN)},
    }


def text_of(element: Tag) -> str:
    """The visible text of an element, without moments and buttons."""
    element = BeautifulSoup(str(element), "lxml")
    for part in element.select(_LEFT_OUT):
        part.decompose()
    return " ".join(element.get_text(" ").split())


def _statuses(element: Tag) -> list[str]:
    return [badge["data-status"] for badge in element.select("[data-status]")]


def _number(label: Tag) -> int:
    """The count that stands behind a choice."""
    return int("".join(character for character in label.get_text() if character.isdigit()) or 0)
