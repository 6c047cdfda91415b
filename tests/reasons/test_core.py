"""Reasons: every code has its words in both languages, and nothing of a sentence is fixed before it is read."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from scans.activity import ASKED
from scans.login.outcome import REASONS as LOGIN_REASONS
from scans.prescan.connection import REASONS as CONNECTION_REASONS
from scans.reasons import SENTENCES, Notice, Reason, Reasoned, facts_of, notices
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, Action, UrlScanStatus

SOURCES = [path for path in Path(settings.BASE_DIR, "scans").rglob("*.py") if "migrations" not in path.parts]
ALIKE = {"text", "both", "check_tls"}  # codes whose sentence has no words, or the same in both languages
CODES = sorted(SENTENCES)


def example(code: str) -> Reason:
    """A reason with this code, its facts made up; they name themselves."""
    return Reason(code, **{name: f"<{name}>" for name in facts_of(code)})


def test_every_code_is_worded_in_both_languages_with_all_its_facts():
    assert len(CODES) > 100
    english = {code: str(example(code)) for code in CODES}
    with translation.override("de"):
        german = {code: str(example(code)) for code in CODES}
    for code, worded in [*english.items(), *german.items()]:
        assert "{" not in worded and "…" not in worded.replace("name…", ""), code
        assert all(f"<{name}>" in worded for name in facts_of(code)), code
    assert {code for code in CODES if german[code] == english[code]} <= ALIKE


def test_facts_are_worded_in_the_language_and_time_zone_of_whoever_reads():
    paused = Reason("not_possible", action=Action.PAUSE, thing="Shop", status=UrlScanStatus.STOPPED)
    until = Reason("blackout_until", until=datetime(2027, 3, 1, 18, tzinfo=UTC))
    limit = Reason("paused_too_long", limit=timedelta(days=7, hours=1))
    assert str(limit) == "It was paused for longer than 7 days 1 hour."
    with translation.override("de"), timezone.override("Europe/Berlin"):
        assert str(paused) == "„Pausieren“ ist nicht möglich: Shop ist „Gestoppt“."
        assert str(until) == "Ein Sperrfenster dauert bis 2027-03-01 19:00 CET."
        assert str(limit) == "Er war länger als 7 Tage 1 Stunde pausiert."
        assert until.in_english() == "A blackout window lasts until 2027-03-01 18:00 UTC."


def test_a_reason_inside_of_another_is_worded_with_it():
    lost = Reason("login_lost", error=Reason("page_asks_again", url="http://a/"))
    with translation.override("de"):
        assert str(lost) == "Die Anmeldung ist verloren: http://a/ verlangt die Anmeldung noch einmal."


def test_a_wrong_code_or_fact_is_noticed_when_the_reason_is_given():
    with pytest.raises(KeyError):
        Reason("unheard_of")
    with pytest.raises(TypeError, match="our_error takes"):
        Reason("our_error")
    with pytest.raises(TypeError, match="one language"):
        Reason("our_error", error=gettext_lazy("Save"))


def test_every_notice_has_a_next_step_made_of_the_same_facts():
    codes = {code for code in notices.SENTENCES if not code.startswith("next_")}
    assert codes and {f"next_{code}" for code in codes} == notices.SENTENCES.keys() - codes
    for code in codes:
        assert facts_of(f"next_{code}") <= facts_of(code)
        notice = Notice(code, **{name: f"<{name}>" for name in facts_of(code)})
        assert str(notice.next_step) == str(example(f"next_{code}"))


def test_a_notice_of_another_version_is_shown_without_a_next_step():
    notice = Notice.from_json({"code": "unheard_of", "facts": {}})
    assert str(notice) == "unheard_of" and not notice.next_step


def test_an_error_that_carries_a_reason_is_a_fact_as_its_reason():
    assert Reason("our_error", error=Reasoned("key_lost")).facts["error"] == Reason("key_lost")


def test_nothing_that_the_product_says_of_statuses_actions_and_checks_stays_english():
    texts = [
        text for each in (ANALYSIS_STATUSES, URL_SCAN_STATUSES) for status in each.values() for text in said_of(status)
    ]
    texts += [action.label for action in Action] + list(ASKED.values())
    english = [str(text) for text in texts]
    with translation.override("de"):
        same = {text for text, now in zip(english, texts, strict=True) if str(now) == text and " " in text}
    assert len(english) > 150 and not same


def said_of(status):
    """The texts of the catalogue about a status, still to be worded."""
    return [status.choice.label, status.meaning, status.advice]


def test_every_reason_of_the_checks_and_logins_that_is_a_code_has_words():
    assert all(f"to_do_{code}" in SENTENCES for code in LOGIN_REASONS)
    assert {
        "target_not_allowed",
        "no_answer",
        "no_usable_page",
        "refused",
    } == CONNECTION_REASONS.keys() - SENTENCES.keys()


SAYS_WHY = {"reason", "detail", "replay_reason", "switched_off_reason", "why"}
RAISES_WHY = {"TransitionRefused", "NotPermitted", "TargetRefused", "KeyLost", "NotReplayable", "Reason", "Failed"}


def literals_for_reasons(tree: ast.AST):
    """(line, text) of every text with a space in it that is given, assigned or raised as a reason."""
    for node in ast.walk(tree):
        given = []
        if isinstance(node, ast.Call):
            given += [keyword.value for keyword in node.keywords if keyword.arg in SAYS_WHY]
            given += node.args[:1] if getattr(node.func, "attr", getattr(node.func, "id", "")) in RAISES_WHY else []
            given += node.args[1:2] if getattr(node.func, "id", "") in ("LoginFailed", "Verdict", "ScriptError") else []
        elif isinstance(node, ast.Assign):
            named = {getattr(target, "attr", getattr(target, "id", "")) for target in node.targets}
            given += [node.value] if named & SAYS_WHY else []
        yield from ((value.lineno, text) for value in given if " " in (text := text_of(value)))


def text_of(node: ast.AST) -> str:
    """The words of a text, translated or not, or of one that facts are put into; empty for anything else."""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format":
        return text_of(node.func.value)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "gettext", "gettext_lazy", "str"):
        return text_of(node.args[0])
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


# Reasons that never leave the engine's log, or that Http404 shows.
ELSEWHERE = {"traffic.py", "login.py", "player.py"}


def test_no_reason_is_written_as_a_sentence():
    asked = [path for path in SOURCES if path.parent.name not in ("driver", "fake") or path.name not in ELSEWHERE]
    assert len(asked) > 100
    found = {str(path): list(literals_for_reasons(ast.parse(path.read_text()))) for path in asked}
    assert not {path: literals for path, literals in found.items() if literals}


def test_the_rule_about_sentences_can_fail():
    for text in (
        'end(scan, reason="It was late.")',
        'raise TransitionRefused(f"{a} is not b.")',
        'LoginFailed("captcha", f"{url} asks for it.", STEP)',
        'reason = "It was late."',
        'raise TargetRefused(_("{a} is late").format(a=a))',
        'raise ReportError("x")\nscan.detail = f"{a} is late"',
    ):
        assert list(literals_for_reasons(ast.parse(text)))


@pytest.mark.parametrize("path", sorted(Path(settings.BASE_DIR, "scans/engines/wapiti/driver").glob("*.py")), ids=str)
def test_what_the_driver_says_of_its_end_is_a_code(path):
    said = re.findall(r'(?:\.end\("\w+", |return "(?:unreachable|technical)", )"([^"]*)"', path.read_text())
    assert not set(said) - SENTENCES.keys()
