"""Style sheets, scripts and templates: nothing in them is dead, and each part has the name that the house gives it."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests import factories

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
SHEETS = sorted((ROOT / "static/css").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
PAGES = {path: path.read_text() for path in sorted(TEMPLATES.rglob("*.html")) if path.parent.name != "report"}
CODE = "\n".join(path.read_text() for path in sorted((ROOT / "scans").rglob("*.py")) if "migrations" not in path.parts)
THEIRS = {"htmx-request"}  # htmx sets it while a request runs
TAGS = re.compile(r"\{%.*?%\}")
CLASSES = re.compile(r'\bclass="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"')


def selected(sheet: str) -> set[str]:
    """The classes in the selectors of a style sheet."""
    selectors = re.sub(r'/\*.*?\*/|"[^"]*"', "", sheet, flags=re.DOTALL)
    return set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"\{[^{}]*\}", "{}", selectors))) - THEIRS


def named(text: str) -> set[str]:
    """The classes that a template gives, as patterns: what is filled in matches any word."""
    found = set()
    for value in CLASSES.findall(text):
        found |= set(re.sub(r"\{\{.*?\}\}", "[a-z_]+", TAGS.sub(" ", value)).split())
    return found


def matches(names: set[str], patterns: set[str]) -> set[str]:
    """Those of the names that some pattern matches."""
    return {name for name in names if any(re.fullmatch(pattern, name) for pattern in patterns)}


RULES = set().union(*(selected(sheet.read_text()) for sheet in SHEETS))
GIVEN = set().union(*map(named, (*PAGES.values(), CODE)))


def test_every_class_with_a_rule_is_given_to_some_element():
    assert RULES - matches(RULES, GIVEN) == set()


def test_every_class_of_a_template_has_a_rule():
    assert {pattern for text in PAGES.values() for pattern in named(text) if not matches(RULES, {pattern})} == set()


def test_a_class_without_a_rule_and_a_rule_without_an_element_are_noticed():
    assert selected('.a-b > .c--d:hover { x: "y.z" } @media (min-width: 4.5rem) { .e { } }') == {"a-b", "c--d", "e"}
    assert named('<i class="card x--{{ one.two }}{% if a %} y{% endif %}">') >= {"card", "x--[a-z_]+", "y"}


@pytest.mark.parametrize(
    "address", ["/", "/analyses/", "/analyses/new/", "/statuses/", "/settings/", "/analyses/views/"]
)
def test_a_page_loads_the_sheets_of_all_its_classes(client, address):
    factories.running()
    assert unstyled(client.get(address)) == set()


def test_pages_of_an_analysis_load_the_sheets_of_all_their_classes(client):
    analysis = factories.published()
    summary, scan = analysis.get_absolute_url(), analysis.url_scans.get().get_absolute_url()
    for address in (summary, f"{summary}findings/", f"{summary}comparison/", f"{summary}delete/", scan):
        assert unstyled(client.get(address)) == set(), address
    for tab in ("findings/", "coverage/", "log/", "configuration/"):
        assert unstyled(client.get(scan + tab)) == set(), tab


def unstyled(response) -> set[str]:
    """The classes of a page without a rule in its own style sheets; a state without one looks as its block does."""
    page = response.content.decode()
    assert response.status_code == 200
    sheets = re.findall(r'rel="stylesheet" href="[^"]*?/(css/[^"]+)"', page)
    styled = set().union(*(selected((ROOT / "static" / sheet).read_text()) for sheet in sheets))
    classes = {name for value in re.findall(r'\bclass="([^"]*)"', page) for name in value.split()}
    return {name for name in classes if not {name, name.partition("--")[0]} & styled}


def test_scripts_find_elements_by_id_or_data_attribute():
    for script in SCRIPTS:
        code = re.sub(r"^\s*//.*$", "", script.read_text(), flags=re.MULTILINE)
        strings = " ".join(re.findall(r'"[^"]*"|`[^`]*`', code))
        classes = set(re.findall(r"(?<![\w./])\.([a-z][\w-]*)", re.sub(r'"\./[^"]*"', "", strings)))
        assert classes <= THEIRS, (script.name, classes)
        assert "classList" not in code and "className" not in code, script.name


def test_every_swap_target_is_the_kebab_case_of_its_fragment():
    fragments = {path.stem.lstrip("_").replace("_", "-") for path in PAGES if path.name.startswith("_")}
    targets = {one for text in PAGES.values() for one in re.findall(r'hx-target="#([a-z-]+)"', text)}
    replaced = {
        re.search(r'id="([a-z-]+?)(?:-\{\{[^"]*)?"', text)[1]
        for path, text in PAGES.items()
        if "hx-swap-oob" in text and path.name.startswith("_")
    }
    assert targets - {"dialog"} and replaced
    rows = {"analysis"}  # `#analysis-7`: a row has the name of what it shows
    assert (targets - {"dialog"} | replaced - rows) <= fragments


def test_every_fragment_is_included_or_rendered_and_every_included_one_exists():
    everything = "\n".join((*PAGES.values(), CODE, *(path.read_text() for path in TEMPLATES.glob("report/*.html"))))
    for path in TEMPLATES.rglob("_*.html"):
        assert str(path.relative_to(TEMPLATES).with_suffix("")).removeprefix("scans/") in everything, path
    for name in re.findall(r'\{% (?:include|extends) "([^"]+)"', everything):
        assert (TEMPLATES / name).is_file(), name


def test_sheets_and_templates_are_short():
    assert [path for path in SHEETS if len(path.read_text().splitlines()) > 400] == []
    assert [path for path in TEMPLATES.rglob("*.html") if len(path.read_text().splitlines()) > 120] == []
