"""Calls that turn data into code, a command or a weak hash stand nowhere in the product."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "hashlib.md5", "hashlib.sha1", "md5", "sha1"}
MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "xml", "random"}
# Where chance is no secret: a sample of the list, and made-up analyses.
WITH_CHANCE = {"scans/analysis_list/search.py", "scans/sample_data/plan.py"}


def dangerous(source: str, name: str = "") -> list[str]:
    """The dangerous calls and imports of this source."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            found += [ast.unparse(node.func)] if ast.unparse(node.func) in CALLS else []
            found += ["shell"] if any(each.arg == "shell" for each in node.keywords) else []
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
            found += [each for each in modules if each and each.split(".")[0] in MODULES]
    return [each for each in found if not (each == "random" and name in WITH_CHANCE)]


def test_no_data_becomes_code_a_command_or_a_weak_hash():
    files = [path for folder in ("scans", "dashboard") for path in (ROOT / folder).rglob("*.py")]
    names = {str(path.relative_to(ROOT)): path for path in files if "migrations" not in path.parts}
    assert len(names) > 100
    assert {name: found for name, path in names.items() if (found := dangerous(path.read_text(), name))} == {}


def test_no_template_calls_a_text_safe():
    pages = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "scans").rglob("templates/**/*.html")]
    assert len(pages) > 50
    words = ("|safe", "autoescape off", "safeseq")
    assert [path.name for path in pages if any(word in path.read_text() for word in words)] == []


def test_the_rule_can_fail():
    source = "import pickle, random\nfrom xml.dom import minidom\neval('1')\nrun('ls', shell=True)\nhashlib.md5(b'')"
    assert dangerous(source) == ["pickle", "random", "xml.dom", "eval", "shell", "hashlib.md5"]
