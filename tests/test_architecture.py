"""The rules of the house that code could break unnoticed: imports run down, and one room writes statuses.

docs/architecture.md describes the rooms, in the order of the layers here.
"""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SCANS = ROOT / "scans"
# From the ground up. A room imports only from rooms that stand before it here, so there can be no circle.
LAYERS = {
    # makes texts of strangers harmless to show, for every room
    "harmless": ["harmless"],
    # why something is so: a code, its facts, and the sentence that they make
    "reasons": ["reasons"],
    # knows nothing of scans: system checks, encryption, answers to htmx, calendar, waiting times, version, log ids
    "tools": [
        *("room", "unprotected", "checks", "encryption", "htmx", "origin", "schedule", "timing", "version"),
        "working_on",
    ],
    # talks to scanners, and knows no Django
    "engines": ["engines"],
    # the words that everything else uses: how bad a finding is, how a scan stands
    "vocabulary": ["severities", "statuses"],
    # our own traffic to a target, from one request to a recorded script
    "targets": ["targets", "browser", "login", "prescan"],
    # what is stored, and what SQLite and PostgreSQL are told by name
    "storage": ["database", "models", "installation", "configuration", "apps"],
    # writes and words the log, which every change needs; says who is logged in
    "log": ["activity", "accounts", "people"],
    # changes statuses, results and what is kept
    "changes": ["transitions", "results", "artifacts", "maintenance"],
    # reads, and changes nothing
    "reading": ["filtersets", "summaries", "templatetags", "analysis_list", "exports"],
    # says what other programs are told
    "telling": ["webhooks"],
    # takes what a person typed
    "asking": ["forms"],
    # works in the background
    "workers": ["workers", "tasks"],
    # the ways in: pages, the API, the admin, the command line, made-up data
    "entrances": ["views", "api", "urls", "admin", "sample_data", "management"],
}
ORDER = [room for rooms in LAYERS.values() for room in rooms]
FILES = [path for path in SCANS.rglob("*.py") if "migrations" not in path.parts and path.name != "__init__.py"]
# What imports without an import statement, and so without being seen here.
HIDDEN_IMPORTS = {"get_model", "related_model", "import_module", "import_string", "__import__"}
MAY_HIDE = {
    ("transitions/core.py", "import_string"),  # enqueue: tasks call verbs, and verbs hand tasks over
    ("database/concurrent_indexes.py", "get_model"),  # a migration asks for the model as it was
}


def name_of(path):
    """What a file is called below `scans`."""
    return str(path.relative_to(SCANS))


@cache
def tree_of(path):
    """The syntax tree of a file."""
    return ast.parse(path.read_text())


def room(path):
    """The part of the house that a file belongs to."""
    return path.relative_to(SCANS).parts[0].removesuffix(".py")


def rooms_imported(tree):
    """The parts of `scans` that a file imports from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "scans":
            module = node.module.split(".")
            yield from [module[1]] if len(module) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from [name.name.split(".")[1] for name in node.names if name.name.startswith("scans.")]


def above(tree, importing):
    """The rooms that a file of the room `importing` must not import from, and does."""
    allowed = ORDER[: ORDER.index(importing) + 1]
    return {name for name in rooms_imported(tree) if name not in allowed}


def hidden_imports(tree):
    """The names in a file that import something without saying so."""
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names & HIDDEN_IMPORTS


def modules_imported(path):
    """The files of `scans` that a file imports from, by dotted name."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "scans":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from [name if name in MODULES else node.module for name in names]


def dotted(path):
    """The name that a file is imported by."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in SCANS.rglob("*.py") if "migrations" not in path.parts}


def circle(imports):
    """Some modules that import each other in a circle; empty where there is none."""
    left = {name: set(names) & set(imports) - {name} for name, names in imports.items()}
    while free := {name for name, names in left.items() if not names}:
        left = {name: names - free for name, names in left.items() if name not in free}
    return sorted(left)


def test_every_room_stands_in_one_layer():
    assert sorted(ORDER) == sorted({room(path) for path in FILES})


def test_imports_run_down():
    upwards = {name_of(path): rooms for path in FILES if (rooms := above(tree_of(path), room(path)))}
    assert not upwards, "these import from above them"


def test_no_import_is_hidden():
    hidden = {(name_of(path), word) for path in FILES for word in hidden_imports(tree_of(path))} - MAY_HIDE
    assert not hidden, "import it where everybody sees it"


def test_no_files_import_each_other_in_a_circle():
    assert circle({name: set(modules_imported(path)) for name, path in MODULES.items()}) == []


def test_the_rules_about_imports_can_fail():
    for text in ("from scans.views import home", "from scans import views", "import scans.views.home"):
        assert above(ast.parse(text), "models") == {"views"}
    for text in ("apps.get_model('scans', 'Scan')", "field.related_model", "import_module('scans.tasks')"):
        assert hidden_imports(ast.parse(text))
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == ["a", "b", "c", "d"]
    assert circle({"a": {"b"}, "b": set()}) == []


def writes_a_status(node):
    """Whether this is `thing.status = …`, or a `status` given to something that writes rows."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets)
    writers = {"update", "create", "get_or_create", "update_or_create", "bulk_update"}
    is_write = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writers
    return is_write and any(keyword.arg == "status" for keyword in node.keywords)


def test_only_transitions_writes_a_status():
    # Engines know no status of ours; sample_data makes rows up, and says so of each.
    others = [path for path in FILES if room(path) not in ("engines", "transitions", "sample_data")]
    assert others
    lines = [
        f"{name_of(path)}:{node.lineno}" for path in others for node in ast.walk(tree_of(path)) if writes_a_status(node)
    ]
    assert not lines, "these lines write a status"


def test_the_rule_about_statuses_can_fail():
    for text in ("scan.status = 1", "Scan.objects.update(status=1)", "Scan.objects.create(status=1)"):
        assert any(writes_a_status(node) for node in ast.walk(ast.parse(text)))


@pytest.mark.process
def test_a_worker_loads_no_parser_of_pages_before_it_has_one_to_parse():
    program = (
        "import django, sys; django.setup(); import scans.workers.runner, scans.tasks; print('bs4' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=SCANS.parent, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"  # 8 MB of each, however many there are


def test_every_room_has_its_sentence_in_the_order_of_the_layers():
    described = re.findall(r"^\| `([a-z_]+)(?:/|\.py)` \|", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE)
    assert described == ORDER


# --- Tests stand where the modules they test stand ---------------------------------------------------

# What has no module of its own: each tests several modules together, or something else than a module.
OF_NO_MODULE = {
    "admin/test_every_form.py",  # every page of the admin, as every role
    "analysis_list/test_plans.py",  # the databases' plans for every query of the list
    "engines/test_frozen_worker.py",  # worker and engine together
    "management/test_commands.py",  # what all commands have in common
    "reasons/test_old_sentences.py",  # what older versions stored, in every room's reasons
    "sites/test_sites.py",  # the sites of the tests themselves
    "test_architecture.py",
    "kubernetes/test_chart.py",  # the Helm chart in docs/
    "test_dangerous_calls.py",  # all of the code
    "test_deployment.py",  # the compose file, and the units in docs/systemd/
    "test_docs.py",
    "test_makefile.py",
    "test_migrations.py",
    "views/test_numbers.py",  # what all pages, files and commands count
    "test_order.py",
    "test_plain_words.py",
    "test_security_document.py",
    "test_supply_chain.py",  # requirements, locks, licences, the audit
    "test_translation.py",
    "test_upgrade.py",
    "transitions/test_properties.py",  # any verbs in any order
    "transitions/test_races.py",  # two verbs in the same moment
    "views/test_hostile_texts.py",  # all pages, files and commands
    "views/test_languages.py",
    "views/test_layout.py",  # templates/layout
    "views/test_static_and_templates.py",
    "workers/test_backup.py",  # the commands of docs/operating.md
    "workers/test_request_rules.py",  # excluded addresses and headers, from form to engine
    "views/test_full_database.py",  # pages of all rooms while the database stores nothing
    "workers/test_database_faults.py",  # scans, verification and set-up while the database fails
    "webhooks/test_documented_receiver.py",  # the receiver of docs/webhooks.md
    "workers/test_writes_of_holders.py",  # all code of workers/ and results/
}
# Tested through their users, for the reason beside each. Whoever writes a test file for one takes it from this list.
TESTED_BY_THEIR_USERS = {
    "configuration/test_kinds.py",  # configuration/test_options.py takes every option through every place it stands in
    "forms/test_personal.py",  # the same: views/test_settings.py and test_saved_views.py
    "test_apps.py",  # restores triggers after each migration: database/test_status_counts.py and test_migrations.py
    "transitions/test_claim.py",  # the beginning of every verb of a user: transitions/test_control.py and others
    "workers/test_evidence.py",  # stores what checks give: workers/test_setup.py and maintenance/test_removal.py
}


def where_tested(path):
    """Where the tests of a module stand, below tests/."""
    folder = ROOT if path.is_relative_to(ROOT / "dashboard") else SCANS
    parts = [part for part in path.relative_to(folder).parts if part != "commands"]
    return "/".join([*parts[:-1], f"test_{parts[-1]}"])


def does_something(path):
    """Whether a module has a function or method, apart from the name of a row; if not, there is nothing to test."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return any(function.name != "__str__" for function in functions)


TEST_FILES = {str(path.relative_to(ROOT / "tests")) for path in (ROOT / "tests").rglob("test_*.py")}
WITH_TESTS = [*FILES, *(ROOT / "dashboard").rglob("[!_]*.py")]
WANTED_TEST_FILES = {where_tested(path) for path in WITH_TESTS}


def test_every_module_has_its_test_file():
    wanted = {where_tested(path) for path in WITH_TESTS if does_something(path)}
    assert wanted - TEST_FILES == TESTED_BY_THEIR_USERS


def test_every_test_file_has_its_module():
    # end_to_end is a room of its own: the running product.
    without = {name for name in TEST_FILES - WANTED_TEST_FILES if not name.startswith("end_to_end/")}
    assert without == OF_NO_MODULE
