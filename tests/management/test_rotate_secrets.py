"""manage.py rotate_secrets: old keys can be taken away afterwards, and a lost one is said."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command

from scans.encryption import KeyLost, unseal
from scans.login.base import Login, Method
from scans.models import CrawlScript, TargetLogin, UrlScan
from tests.factories import submitted, user

pytestmark = pytest.mark.django_db
OLD, NEW = "an old key of more than 32 characters", "a new key of more than 32 characters"


@pytest.fixture
def stored(settings):
    """A login, a crawl script and the key of an authenticator app, sealed with the old key."""
    settings.SCANS_SECRET_KEYS = [OLD]
    scan = submitted("http://127.0.0.1:9/").url_scans.get()
    login = TargetLogin.of(Login(method=Method.FORM, username="alice", password="owls"))
    script = CrawlScript.of("walk.side", "{}")
    for row in (login, script):
        row.save()
    UrlScan.objects.filter(pk=scan.pk).update(login=login, crawl_script=script)
    TOTP.activate(user(username="ada"), "A" * 32)
    return scan


def test_after_a_rotation_the_old_key_can_be_taken_away(stored, settings, capsys):
    settings.SCANS_SECRET_KEYS = [NEW, OLD]
    call_command("rotate_secrets")
    assert "3 secrets" in capsys.readouterr().out
    settings.SCANS_SECRET_KEYS = [NEW]
    assert TargetLogin.objects.get().opened().password == "owls"
    assert UrlScan.objects.get(pk=stored.pk).crawl_script.text() == "{}"
    assert unseal(Authenticator.objects.get().data["secret"]) == "A" * 32


def test_a_rotation_without_the_old_key_says_what_is_lost_and_changes_nothing(stored, settings):
    settings.SCANS_SECRET_KEYS = [NEW]
    with pytest.raises(CommandError, match="3 secrets could not be decrypted"):
        call_command("rotate_secrets")
    with pytest.raises(KeyLost):
        TargetLogin.objects.get().opened()
    settings.SCANS_SECRET_KEYS = [OLD]
    assert TargetLogin.objects.get().opened().password == "owls"
