"""Versions of the list: what a poll sends back, and what has changed since."""

import pytest

from scans.analysis_list.version import ListHeader, ListVersion
from scans.models import ScanSettings, SystemPart
from tests import factories


def test_a_version_is_read_back_as_it_was_written():
    version = ListVersion(7, {12: 3, 5: 1})
    assert str(version) == "7.12.3.5.1"
    again = ListVersion.parse(str(version))
    assert again == version and list(again.rows) == [12, 5]
    assert ListVersion.parse("7") == ListVersion(7, {})


@pytest.mark.parametrize("text", ["", "x", "1.2", "1.2.x", "1..2", "-1", "1.2.-3", "²", "٣", "9" * 20])
def test_any_other_text_is_no_version(text):
    assert ListVersion.parse(text) is None


def test_rows_change_with_their_version_and_new_ones_count_as_changed():
    before = ListVersion(0, {1: 1, 2: 1, 3: 1})
    assert before.changed(ListVersion(0, {1: 1, 2: 2, 4: 1})) == [2, 4]
    assert before.changed(before) == []


@pytest.mark.parametrize(
    ("later", "moved"),
    [([1, 2, 3, 4], 0), ([4, 1, 2, 3], 1), ([5, 1, 2, 3], 2), ([1, 2, 3], 1), ([], 4), ([4, 3, 2, 1], 3)],
)
def test_rows_that_enter_leave_or_change_places_are_counted(later, moved):
    before = ListVersion(0, dict.fromkeys([1, 2, 3, 4], 1))
    assert before.moved(ListVersion(0, dict.fromkeys(later, 1))) == moved


@pytest.mark.django_db
def test_the_header_counts_what_runs_and_names_missing_parts_in_one_query(django_assert_num_queries):
    ScanSettings.objects.update(capacity=3)
    factories.running()
    SystemPart.report(SystemPart.Kind.SCHEDULER, "one")
    with django_assert_num_queries(1):
        header = ListHeader.now()
    assert (header.capacity, header.running) == (3, 1)
    assert header.missing == [SystemPart.Kind.SCANS_WORKER, SystemPart.Kind.CHECKS_WORKER]


@pytest.mark.django_db
def test_the_checksum_differs_once_anything_in_the_header_does():
    before = ListHeader.now()
    assert ListHeader.now().checksum == before.checksum
    factories.submitted()
    counted = ListHeader.now()
    SystemPart.report(SystemPart.Kind.SCHEDULER, "one")
    assert len({before.checksum, counted.checksum, ListHeader.now().checksum}) == 3


@pytest.mark.django_db
def test_another_question_is_answered_with_the_header():
    assert ListHeader.with_answer("SELECT %s", ["owl"])[1] == "owl"
