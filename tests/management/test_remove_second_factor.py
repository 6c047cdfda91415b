"""manage.py remove_second_factor."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from tests import factories
from tests.second_factor import logged_in, with_app

pytestmark = pytest.mark.django_db


def test_a_lost_factor_is_taken_off_and_the_password_alone_logs_in(capsys):
    ada = factories.user(username="ada")
    with_app(ada)
    call_command("remove_second_factor", "ada")
    assert "ada has no second factor now; 1 removed." in capsys.readouterr().out
    assert not Authenticator.objects.exists()
    assert logged_in(ada).get("/analyses/").status_code == 200


def test_an_unknown_account_is_said():
    with pytest.raises(CommandError, match="There is no account 'bob'"):
        call_command("remove_second_factor", "bob")
