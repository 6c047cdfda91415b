"""Rows of tokens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans.models import ApiToken

NOW = timezone.now()


@pytest.mark.parametrize(("seconds", "over"), [(60, False), (-1, True)])
def test_a_token_expires_at_its_moment(seconds, over):
    assert ApiToken(expires_at=timezone.now() + timedelta(seconds=seconds)).has_expired is over


def test_the_names_of_scopes_are_short_and_in_their_order():
    assert ApiToken(scopes=["control", "read"]).scope_labels == ["Read", "Control"]


@pytest.mark.django_db
def test_revoked_tokens_are_left_out_and_expired_ones_are_not(django_user_model):
    user = django_user_model.objects.create(username="ada")
    values = {"user": user, "created_at": NOW, "expires_at": NOW - timedelta(days=1)}
    ApiToken.objects.create(name="one", digest="1", revoked_at=NOW, **values)
    kept = ApiToken.objects.create(name="two", digest="2", **values)
    assert list(ApiToken.objects.not_revoked()) == [kept]
