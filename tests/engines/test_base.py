"""Which imports engines may have."""

from __future__ import annotations

import ast
from pathlib import Path

import scans.engines


def test_engines_import_nothing_of_django_or_of_the_rest_of_the_product():
    root = Path(scans.engines.__file__).parent
    for file in root.rglob("*.py"):
        for name in imported(ast.parse(file.read_text())):
            if "driver" in file.relative_to(root).parts:
                assert not name.startswith("scans"), file
            else:
                assert not name.startswith(("django", "wapitiCore")), file
                assert not name.startswith("scans") or name.startswith(("scans.engines", "scans.harmless")), file


def test_only_one_file_imports_the_engine():
    root = Path(scans.engines.__file__).parent
    importers = [
        file.name
        for file in root.rglob("*.py")
        if any(name.startswith("wapitiCore") for name in imported(ast.parse(file.read_text())))
    ]
    assert importers == ["hooks.py"]


def test_every_file_beside_the_driver_names_its_licence():
    for file in (Path(scans.engines.__file__).parent / "wapiti" / "driver").glob("*.py"):
        assert file.read_text().startswith("# SPDX-License-Identifier: GPL-2.0-or-later\n"), file


def imported(tree: ast.AST) -> list[str]:
    """All module names that are imported anywhere in a tree."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names
