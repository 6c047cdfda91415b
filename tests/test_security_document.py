"""docs/security.md has every requirement once, names tests and places that exist, and counts right."""

import re
from collections import Counter
from pathlib import Path

from scans.accounts.passwords import OF_THIS_PLACE
from tests.test_docs import exists, places_named

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs/security.md"
TEXT = DOCUMENT.read_text()
STATES = ("met", "yours", "not met", "does not apply")
# How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has; those of level 3 come after them.
SECTIONS = {
    **{"1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4},
    **{"3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3},
    **{"6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5},
    **{"7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4},
    **{"10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1},
    **{"12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3},
    **{"15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4},
    "17.3": 2,
}


def rows() -> list[list[str]]:
    """The cells of each requirement: number, requirement, state, where or why not, tests."""
    lines = re.findall(r"^\| \d+\.\d+\.\d+ \|.*\|$", TEXT, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def anchors(text: str) -> dict[str, str]:
    """The sections of a document by the anchor of their heading, as GitHub makes it."""
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)[1:]
    names = [re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in parts[::2]]
    return dict(zip(names, parts[1::2], strict=True))


def test_every_requirement_has_one_row_in_order():
    assert sum(SECTIONS.values()) == 253
    wanted = [f"{section}.{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)]
    assert [row[0] for row in rows()] == wanted


def test_every_row_has_a_state_a_place_or_reason_and_what_is_met_a_test():
    odd = [row for row in rows() if len(row) != 5 or row[2] not in STATES or not row[1] or not row[3]]
    assert odd == []
    assert [
        row[0] for row in rows() if row[2] == "met" and not re.search(r"`tests/[\w/]+\.py::test_\w+`", row[4])
    ] == []


def test_every_named_test_exists():
    named = [place for row in rows() for place in places_named(row[4])]
    assert len(named) > 200
    assert [place for place in named if not exists(*place)] == []


def test_the_summary_counts_right_and_lists_every_gap():
    counted = Counter(row[2] for row in rows())
    shown = re.findall(rf"^\| ({'|'.join(STATES)}) \| (\d+) \|", TEXT, re.MULTILINE)
    assert {state: int(count) for state, count in shown} == counted
    assert f"| all | {len(rows())} |" in TEXT
    listed = re.findall(r"^\| \*\*([\d.]+)\*\* \| (.+?) \| (.+) \|$", TEXT, re.MULTILINE)
    gaps = [tuple(row[i] for i in (0, 1, 3)) for state in ("not met", "yours") for row in rows() if row[2] == state]
    assert listed == gaps and gaps


def test_every_section_that_is_named_is_there():
    named = re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", TEXT)
    assert len(named) > 20
    missing = []
    for document, anchor in named:
        text = (DOCUMENT.parent / document).read_text() if document else TEXT
        if len(anchors(text).get(anchor, "").split()) < 10:
            missing.append(f"{document}#{anchor}")
    assert missing == []


def test_the_words_of_this_place_are_those_of_the_code():
    assert set(re.findall(r"`(\w+)`", anchors(TEXT)["words-of-this-place"])) == OF_THIS_PLACE


def test_scripts_merge_no_objects():
    scripts = {path.name: path.read_text() for path in (ROOT / "static/js").glob("*.js")}
    assert len(scripts) > 5
    assert [
        name for name, text in scripts.items() if re.search(r"Object\.assign|__proto__|\.extend\(|\bin data\b", text)
    ] == []


def test_pages_store_nothing_in_browsers():
    assert '"historyCacheSize":0' in (ROOT / "templates/base.html").read_text()
    scripts = "".join(script.read_text() for script in (ROOT / "static/js").glob("*.js"))
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie", scripts)
