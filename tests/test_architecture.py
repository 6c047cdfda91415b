"""The house rules that code could break unnoticed: imports go one way, and one module writes statuses."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

SCANS = Path(settings.BASE_DIR) / "scans"
# From the foundation up: a module may import from its own floor's left and from every floor below, never from above.
FLOORS = [
    ["checks", "encryption", "engines", "htmx", "schedule", "timing"],
    ["browser", "severities", "targets"],
    ["database", "login", "statuses"],
    ["apps", "models", "prescan"],
    ["accounts", "configuration", "activity", "filtersets", "sample_data", "summaries"],
    ["people", "templatetags", "transitions"],
    ["admin", "analysis_list", "maintenance", "results"],
    ["exports", "forms", "workers"],
    ["management", "tasks", "views"],
    ["urls"],
]
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}
FILES = [path for path in SCANS.rglob("*.py") if "migrations" not in path.parts and path.name != "__init__.py"]


def room(path):
    """The part of the house that a file belongs to."""
    return path.relative_to(SCANS).parts[0].removesuffix(".py")


def rooms_imported(path):
    """The parts of `scans` that a file imports from."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "scans":
            module = node.module.split(".")
            yield from [module[1]] if len(module) > 1 else [alias.name for alias in node.names]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SCANS)))
def test_imports_go_one_way(path):
    above = {name for name in rooms_imported(path) if FLOOR_OF[name] > FLOOR_OF[room(path)]}
    assert not above, f"{path} imports from above it: {above}"


def writes_a_status(node):
    """Whether this is `thing.status = …`, or a `status` given to something that writes rows."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets)
    writers = {"update", "create", "get_or_create", "update_or_create", "bulk_update"}
    is_write = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writers
    return is_write and any(keyword.arg == "status" for keyword in node.keywords)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SCANS)))
def test_only_transitions_writes_a_status(path):
    # Engines know no status of ours; sample_data makes rows up, and says so of each.
    if room(path) in ("engines", "transitions", "sample_data"):
        return
    lines = [node.lineno for node in ast.walk(ast.parse(path.read_text())) if writes_a_status(node)]
    assert not lines, f"{path} writes a status in lines {lines}"


def test_the_rule_about_statuses_can_fail():
    for text in ("scan.status = 1", "Scan.objects.update(status=1)", "Scan.objects.create(status=1)"):
        assert any(writes_a_status(node) for node in ast.walk(ast.parse(text)))


def test_a_worker_loads_no_parser_of_pages_before_it_has_one_to_parse():
    program = (
        "import django, sys; django.setup(); import scans.workers.runner, scans.tasks; print('bs4' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=SCANS.parent, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"  # 8 MB of each, however many there are
