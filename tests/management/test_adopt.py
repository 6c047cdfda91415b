"""manage.py adopt makes keys and files of this host those of the database, and only what is asked for."""

import pytest
from django.core.management import CommandError, call_command

from scans import installation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _moved(tmp_path, settings):
    """A host with other keys and files than the database knows."""
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path / "a", tmp_path / "a/media"
    installation.problem()
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path / "b", tmp_path / "b/media"
    settings.SECRET_KEY = "another one"


def test_both_are_adopted(capsys):
    call_command("adopt", "--keys", "--files")
    assert installation.problem() == "" and capsys.readouterr().out.count("of this host are those") == 2


def test_only_what_is_asked_for_is_adopted():
    call_command("adopt", "--keys")
    assert "files of this host" in installation.problem()


def test_it_has_to_be_said_what():
    with pytest.raises(CommandError, match="--keys, --files"):
        call_command("adopt")


def test_a_storage_that_fails_is_said(remote):
    remote.broken = OSError("gives no answer")
    with pytest.raises(CommandError, match="gives no answer"):
        call_command("adopt", "--files")
