"""One statement asks many questions; it is written once, and its moment is that of each look."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans.database.look import Look, Moment
from scans.models import Analysis
from tests import factories

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


def test_a_look_tells_which_questions_have_a_row():
    analysis = factories.submitted()
    of = Analysis.objects.filter
    questions = {"this": [of(pk=analysis.pk)], "none": [of(pk=0)], "either": [of(pk=0), of(name=analysis.name)]}
    assert Look(questions).found() == {"this", "either"}


def test_a_look_asks_once_however_many_questions_there_are(django_assert_num_queries):
    look = Look({number: [Analysis.objects.filter(pk=number)] for number in range(9)})
    with django_assert_num_queries(1):
        look.found()
    with django_assert_num_queries(0):
        assert Look({}).found() == set()


def test_a_look_that_was_written_earlier_has_the_moment_of_now(clock):
    factories.scheduled(start_at=timezone.now() + AN_HOUR)
    look = Look(
        {
            "come": [Analysis.objects.filter(start_at__lte=Moment())],
            "an hour ago": [Analysis.objects.filter(start_at__lte=Moment(AN_HOUR))],
        }
    )
    assert look.found() == set()
    clock.shift(AN_HOUR)
    assert look.found() == {"come"}
    clock.shift(AN_HOUR)
    assert look.found() == {"come", "an hour ago"}
