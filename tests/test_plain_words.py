"""Plain words: phrases that a reader in a hurry has to read twice stay out of texts, docstrings, comments and docs."""

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The phrase → a better word.
QUAINT = {
    r"\bmend(?:s|ed|ing)?\b": "fix, repair",
    r"\bit takes the role\b": "needs the role",
    r"\b(?:begun|made|counted|written|drawn|enter(?:ed)?) (?:\w+ )?anew\b": "again, restarted, rebuilt",
    r"\bof whom\b": "name the person",
    r"\bfor want of\b": "no …, without",
    r"\bpassed over\b": "ignored",
    r"\bbeside an earlier\b": "compared with an earlier",
    r"\bis no news\b": "is ignored",
    r"\bas anybody\b": "public pages only",
    r"\bminds? upper\b": "case-sensitive",
    r"\bwere counted; there are more\b": "at least",
    r"\b(?:go(?:es|ing)?|went|gone) on\b": "continue, resume, keep running",
}
RELATIVE = re.compile(r"(?:What|Who|Whoever|Whatever|Those)\b")


def code() -> list[Path]:
    """Return the product's Python files; migrations are history."""
    files = [path for folder in ("scans", "dashboard") for path in (ROOT / folder).rglob("*.py")]
    return [path for path in files if "migrations" not in path.parts]


@cache
def texts() -> list[tuple[str, str]]:
    """Return each place and text that people read: strings, docstrings and comments of code, templates and docs."""
    found = []
    for path in code():
        source, name = path.read_text(), str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append((f"{name}:{node.lineno}", node.value))
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found.append((f"{name}:{token.start[0]}", token.string))
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "templates").rglob("*.html")]:
        found.append((str(path.relative_to(ROOT)), path.read_text()))
    return found


def test_no_text_uses_a_quaint_phrase():
    patterns = {re.compile(phrase.replace(" ", r"\s+"), re.IGNORECASE): better for phrase, better in QUAINT.items()}
    found = [
        f"{place}: {match[0]}; better: {better}"
        for place, text in texts()
        for pattern, better in patterns.items()
        if (match := pattern.search(text))
    ]
    assert not found


def test_the_rule_about_quaint_phrases_can_fail():
    assert any(re.search(phrase, "a login that goes on") for phrase in QUAINT)


def test_docstrings_name_their_subject():
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    assert len(code()) > 100
    found = [
        f"{path.relative_to(ROOT)}: {text.splitlines()[0]}"
        for path in code()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, documented) and RELATIVE.match(text := ast.get_docstring(node) or "")
    ]
    assert not found, "better: name the subject, or begin with Return"


def test_texts_are_really_searched():
    places = [place for place, _ in texts()]
    assert any(place.startswith("scans/statuses/") for place in places)
    assert {"README.md", "docs/statuses.md", "templates/500.html"} <= set(places)
