"""A person's settings, and the defaults of everybody else."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from scans.models import PersonSettings
from tests import factories


def test_a_visitor_has_the_defaults():
    person = PersonSettings.of(AnonymousUser())
    assert (str(person.zone), person.theme, person.live, person.page_size) == ("UTC", "auto", True, 50)


@pytest.mark.django_db
def test_a_person_without_a_row_has_unsaved_defaults_and_then_what_is_saved():
    ada = factories.user()
    person = PersonSettings.of(ada)
    assert person.user == ada and person._state.adding
    person.time_zone = "Europe/Berlin"
    person.save()
    assert str(PersonSettings.of(factories.fresh(ada)).zone) == "Europe/Berlin"


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"page_size": 7}])
def test_the_database_refuses_settings_that_there_are_not(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonSettings.objects.create(user=factories.user(), **wrong)
