"""README and docs/ tell the truth about the tree: each place, link, setting and command that they name is there."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]


def places_named(text):
    """The places that a text names as `path::name`, and the files and folders that it names as `path`."""
    return re.findall(r"`((?:scans|dashboard|templates|static|tests|docs)/[\w/.-]*)(?:::([\w.]+))?`", text)


def missing(text):
    """The places that a text names and that do not exist."""
    return [(path, name) for path, name in places_named(text) if not exists(path, name)]


def exists(path, name):
    """Whether the file or folder is there, and the name is defined in it; `Class.method` too."""
    if not name:
        return (ROOT / path).exists()
    if not (ROOT / path).is_file():
        return False
    scope = ast.parse((ROOT / path).read_text()).body
    for part in name.split("."):
        found = [node for node in scope if part in defined_by(node)]
        if not found:
            return False
        scope = getattr(found[0], "body", [])
    return True


def defined_by(node):
    """The names that a statement defines."""
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return {getattr(node, "name", None), *(target.id for target in targets if isinstance(target, ast.Name))}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_place_that_a_document_names_exists(path):
    assert missing(path.read_text()) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(path):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_newcomers_questions_are_answered_by_places():
    questions = (ROOT / "docs/architecture.md").read_text().partition("## Where is …?")[2].partition("\n## ")[0]
    rows = [row for row in questions.splitlines() if row.startswith("| ")][2:]
    assert len(rows) >= 10
    assert [row for row in rows if not any(name for _, name in places_named(row))] == []


def test_the_check_of_places_can_fail():
    assert missing("`scans/tasks.py::set_up` and `scans/models/`") == []
    assert missing("`scans/tasks.py::nothing`, `scans/nowhere.py`") == [
        ("scans/tasks.py", "nothing"),
        ("scans/nowhere.py", ""),
    ]


def settings_read():
    """The environment variables that the settings read, and the one that only the Makefile does."""
    files = [ROOT / "dashboard/settings.py", ROOT / "dashboard/file_storage.py"]
    calls = [node for file in files for node in ast.walk(ast.parse(file.read_text())) if reads_setting(node)]
    return {call.args[0].value for call in calls} | {"SCANS_BIND"}


def reads_setting(node):
    """Whether this calls a reader of dashboard/environment.py."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in READERS and node.func.id != "refuse"


READERS = {
    node.name
    for node in ast.parse((ROOT / "dashboard/environment.py").read_text()).body
    if isinstance(node, ast.FunctionDef)
}


def test_every_setting_is_in_the_one_table():
    table = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    assert table == settings_read()


def test_every_command_is_described():
    described = set(re.findall(r"`manage\.py (\w+)", (ROOT / "docs/commands.md").read_text()))
    commands = {path.stem for path in (ROOT / "scans/management/commands").glob("*.py")} - {"__init__"}
    assert described == commands


@pytest.mark.process
def test_make_alone_lists_every_target():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    assert set(re.findall(r"^  make ([a-z-]+)", listed, re.MULTILINE)) == set(phony) - {"engine", "chromium"}
