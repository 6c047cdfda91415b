"""What workers stored in English is said in the language of whoever reads, facts and all."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from scans import transitions
from scans.activity import WORDS
from scans.activity.reasons import STORED, said
from scans.login.outcome import REASONS
from scans.views.access import SubmitterRequired

SOURCES = [path for path in Path(settings.BASE_DIR, "scans").rglob("*.py") if path.name != "wording.py"]


def shape(text: str) -> str:
    """A text with its facts' names left out."""
    return re.sub(r"{[^}]*}", "{}", text)


def texts(tree: ast.AST):
    """Every text of a source file, facts' names left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield shape(node.value)


@pytest.fixture(scope="module")
def written():
    return {text for path in SOURCES for text in texts(ast.parse(path.read_text()))}


def test_every_text_of_the_list_is_written_somewhere(written):
    put_together = {
        "Verification broke: {}",
        "The login is lost: {}",
        "The policy's {} is still missing.",
        "The policy's {} is still the same.",
        "This takes the role Submitter. {}",
    }
    assert not {shape(text) for text in STORED} - written - put_together


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("The analysis' duration ended.", "Die Dauer der Analyse ist abgelaufen."),
        ("Its worker was lost 3 times.", "Der Worker ging 3-mal verloren."),
        (
            "The site could not be asked again: The name nowhere.example does not resolve: timed out.",
            "Die Website konnte nicht noch einmal gefragt werden: "
            "Der Name nowhere.example lässt sich nicht auflösen: timed out.",
        ),
        ("a user's own words, 100 % {kept}", "a user's own words, 100 % {kept}"),
        ("", ""),
    ],
)
def test_stored_texts_are_said_in_the_reader_s_language(stored, read):
    assert said(stored) == stored
    with translation.override("de"):
        assert said(stored) == read


def test_what_to_do_about_a_failed_login_is_translated_with_it():
    detail = f"http://127.0.0.1:9/login asks for a captcha. {REASONS['captcha']}"
    with translation.override("de"):
        assert said(detail).startswith("http://127.0.0.1:9/login verlangt ein Captcha. Schalten Sie")


def test_whatever_a_user_may_be_refused_has_words():
    functions = inspect.getmembers(transitions, inspect.isfunction)
    verbs = {name: inspect.signature(verb).parameters for name, verb in functions}
    asked = {
        name
        for name, of in verbs.items()
        if name[0] != "_" and "by" in of and of["by"].kind == inspect.Parameter.KEYWORD_ONLY
    }
    asked -= {"start", "end", "confirm_pause"}  # which parts of the system ask for
    assert {"stop_analysis", "mark"} < asked
    assert not {name.removesuffix("_analysis").replace("_", " ") for name in asked} - set(map(str, WORDS))


def test_why_a_user_was_refused_something_is_said_in_the_reader_s_language():
    sources = [source for path in SOURCES if "TransitionRefused(" in (source := path.read_text())]
    calls = [node for source in sources for node in ast.walk(ast.parse(source)) if is_refusal(node)]
    reasons = {text for call in calls for text in texts(call.args[0])}
    assert len(reasons) > 20
    assert not reasons - {shape(text) for text in STORED}
    role = str(SubmitterRequired.permission_denied_message)
    until = "A blackout window keeps Shop from scanning until 01 March 2027 18:00 UTC."
    with translation.override("de"):
        assert said(until) == "Ein Sperrfenster hält Shop bis 01 March 2027 18:00 UTC vom Scannen ab."
        assert (
            said("“Pause” is not possible: Shop is “Stopped”.") == "„Pausieren“ ist nicht möglich: Shop ist „Gestoppt“."
        )
        assert said(role).endswith("Ein Administrator gibt Rollen, in der Verwaltung unter „Benutzer“.")


def name_of(called: ast.AST) -> str:
    return getattr(called, "attr", getattr(called, "id", ""))


def is_refusal(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and name_of(node.func) in ("TransitionRefused", "NotPermitted")
