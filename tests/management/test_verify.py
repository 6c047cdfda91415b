"""manage.py verify: findings are verified again from the command line."""

import json

import pytest
from django.core.management import CommandError, call_command

from scans import transitions
from scans.management.commands import verify
from scans.models import Actor, Finding, Replay
from scans.reasons import Reason
from tests import factories

pytestmark = pytest.mark.django_db


def run(analysis, *options):
    """Run the command, and return its exit code."""
    try:
        call_command("verify", str(analysis.pk), *map(str, options))
    except SystemExit as ended:
        return ended.code
    return 0


@pytest.fixture
def verified(monkeypatch):
    """A worker verifies as soon as the command waits; returns the function that says with which outcome."""

    def with_outcome(**columns):
        def work(seconds):
            Finding.objects.waiting_for_verification().update(verify_asked_at=None, **columns)

        monkeypatch.setattr(verify, "sleep", work)

    return with_outcome


def test_all_findings_are_verified_again(capsys):
    analysis = factories.published(number_of_findings=2)
    assert run(analysis) == 0
    assert "Verifying findings again: 2, at 2 places" in capsys.readouterr().out
    assert Finding.objects.waiting_for_verification().count() == 2


def test_one_finding_or_the_findings_of_one_url_are_chosen():
    analysis = factories.published("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    first, second = Finding.objects.order_by("url_scan__url")
    assert run(analysis, "--finding", first.pk) == 0
    assert list(Finding.objects.waiting_for_verification()) == [first]
    assert run(analysis, "--url", second.url_scan.url) == 0
    assert Finding.objects.waiting_for_verification().count() == 2


def test_waiting_prints_each_outcome_with_its_reason(capsys, verified):
    analysis = factories.published()
    verified(replay=Replay.NOT_REPRODUCED, replay_reason=Reason("database_error_gone"))
    assert run(analysis, "--wait") == 0
    told = capsys.readouterr().out
    assert "[high] Reflected Cross Site Scripting" in told and "not reproduced: The answer shows no error" in told


def test_findings_that_were_not_looked_at_end_with_2(verified):
    for columns in (
        {"replay": Replay.NOT_REPLAYABLE, "replayed_at": None},
        {"replay_reason": Reason("verdict_kept", then=Reason("file_there"), at="now", why=Reason("replay_site_gone"))},
    ):
        verified(**columns)
        assert run(factories.published(), "--wait") == verify.NOT_ALL


def test_json_is_a_list_of_the_findings(capsys, verified):
    analysis = factories.published(number_of_findings=2)
    finding = Finding.objects.latest("pk")
    verified(replay_reason=Reason("file_there"))
    assert run(analysis, "--finding", finding.pk, "--wait", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["id"] == finding.pk and told["replay_reason_code"] == "file_there" and "replayed_at" in told


def test_a_refusal_ends_with_3_and_says_why(capsys):
    analysis = factories.published()
    run(analysis)
    with pytest.raises(CommandError, match="No finding is verified again") as ended:
        run(analysis)
    assert ended.value.returncode == 3 and "already being verified again" in capsys.readouterr().err
    with pytest.raises(CommandError, match="no such URL"):
        run(analysis, "--url", "http://other.example/")
    with pytest.raises(CommandError, match="no active user nobody"):
        run(analysis, "--user", "nobody")


def test_the_role_of_the_user_counts(capsys):
    viewer = factories.user("Viewer")
    with pytest.raises(CommandError):
        run(factories.published(), "--user", viewer.username)
    assert "needs the role Submitter" in capsys.readouterr().err


def test_an_analysis_that_there_is_not_or_that_was_deleted_ends_with_3():
    gone = factories.published()
    transitions.delete(gone, by=Actor.COMMAND)
    with pytest.raises(CommandError, match=f"no analysis {gone.pk}") as ended:
        run(gone)
    assert ended.value.returncode == 3


def test_ctrl_c_leaves_the_verification_running(monkeypatch, capsys):
    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(verify, "sleep", interrupted)
    assert run(factories.published(), "--wait") == 130
    assert "continues" in capsys.readouterr().err and Finding.objects.waiting_for_verification().exists()
