"""Workers take turns between owners, and nobody's checks keep a worker that another owner waits for."""

from itertools import groupby

import pytest
from django.db.models import Q
from django_tasks_db.models import DBTaskResult

from scans import tasks
from scans.models import Actor
from scans.targets.zones import MAX_ZONE_CHARACTERS
from scans.transitions import turns
from scans.transitions.turns import CHECKS, Rotation, Turn, owner_of, queue_of, zone_of
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def owners():
    """Two people whose analyses wait for their set-up: one has submitted twenty, then the other three."""
    busy, other = factories.user(), factories.user()
    for owner, count in ((busy, 20), (other, 3)):
        for _ in range(count):
            factories.submitted(by=owner)
    return busy, other


def served(rotation, count):
    """The owners of the next tasks that a worker takes and finishes."""
    owners = []
    for _ in range(count):
        queues = list(rotation.next())
        task = DBTaskResult.objects.ready().filter(queue_name__in=queues).first()
        task.claim("a worker")
        rotation.note(task.queue_name)
        owners.append(owner_of(task.queue_name))
    return owners


def test_two_owners_take_turns_however_much_one_of_them_has_queued(owners):
    busy, other = (person.pk for person in owners)
    assert served(Rotation(CHECKS), 8) == [busy, other, busy, other, busy, other, busy, busy]


def test_an_owner_who_comes_later_waits_for_one_turn_at_most(owners):
    rotation = Rotation(CHECKS)
    served(rotation, 5)
    late = factories.user()
    factories.submitted(by=late)
    assert late.pk in served(rotation, 2)


def test_the_command_line_has_its_turns_too(owners):
    factories.submitted(by=Actor.COMMAND)
    assert None in served(Rotation(CHECKS), 3)


def test_an_owners_own_tasks_come_in_their_order(owners):
    before = list(DBTaskResult.objects.order_by("enqueued_at").values_list("queue_name", "args_kwargs"))
    served(Rotation(CHECKS), 23)
    after = list(DBTaskResult.objects.order_by("started_at").values_list("queue_name", "args_kwargs"))
    for each in (before, after):
        each.sort(key=lambda row: row[0])  # which keeps the order of each queue
    assert [list(rows) for _, rows in groupby(after, key=lambda row: row[0])] == [
        list(rows) for _, rows in groupby(before, key=lambda row: row[0])
    ]


def test_urgent_tasks_of_an_owner_go_before_anybodys_removal(owners):
    busy, other = owners
    rotation = Rotation(CHECKS)
    served(rotation, 23)
    tasks.remove_data.using(queue_name=queue_of(CHECKS, other.pk)).enqueue(1)
    factories.submitted(by=busy)
    factories.submitted(by=busy)
    assert served(rotation, 3) == [busy.pk, busy.pk, other.pk]


def test_scans_have_queues_of_their_own_that_take_turns_too():
    busy, other = factories.user(), factories.user()
    for owner in (busy, other):
        factories.started(by=owner)
    names = set(turns.waiting(turns.SCANS).values_list("queue_name", flat=True))
    assert names == {queue_of("scans", busy.pk), queue_of("scans", other.pk)}
    assert not turns.waiting(CHECKS).filter(queue_name__startswith="scans").exists()


@pytest.mark.parametrize("owner", [None, 7, 99_999_999])
@pytest.mark.parametrize("zone", ["", "office", "eu-west-1", "7", "x" * MAX_ZONE_CHARACTERS])
def test_a_queue_names_its_owner_and_its_zone_within_the_length_of_its_column(owner, zone):
    queue = queue_of(CHECKS, owner, zone)
    assert (owner_of(queue), zone_of(queue)) == (owner, zone)
    assert len(queue) <= DBTaskResult._meta.get_field("queue_name").max_length


@pytest.fixture
def zones():
    """A task in each of four queues that their names alone keep apart."""
    for owner, zone in ((7, ""), (7, "eu"), (None, "eu-west"), (7, "eu-west")):
        tasks.remove_data.using(queue_name=queue_of(CHECKS, owner, zone)).enqueue(1)


@pytest.mark.usefixtures("zones")
@pytest.mark.parametrize(
    "served_zones, count", [([""], 1), (["eu"], 1), (["eu-west"], 2), (["", "eu"], 2), (["us"], 0), ([], 0)]
)
def test_a_worker_takes_tasks_of_the_zones_that_it_serves_alone(monkeypatch, served_zones, count):
    monkeypatch.setattr(turns, "_served", turns.served())
    turns.serve(served_zones)
    assert turns.waiting(CHECKS).count() == count
    assert {zone_of(task.queue_name) for task in turns.waiting(CHECKS)} <= set(served_zones)


@pytest.mark.usefixtures("zones")
def test_a_worker_of_an_older_version_takes_no_task_of_a_zone():
    """Its question, as version 0.4.0 asks it: two versions run side by side while one replaces the other."""
    older = DBTaskResult.objects.ready().filter(Q(queue_name="checks") | Q(queue_name__startswith="checks-"))
    assert [task.queue_name for task in older] == ["checks-7"]


# --- A long task ----------------------------------------------------------------------------------


@pytest.fixture
def time_passes(monkeypatch):
    """A function that lets seconds pass for turns."""
    now = [1000.0]
    monkeypatch.setattr(turns, "monotonic", lambda: now[0])

    def pass_(seconds):
        now[0] += seconds

    return pass_


def test_a_turn_is_over_once_it_had_its_time_and_another_owner_waits(time_passes):
    turn = Turn(factories.user().pk)
    factories.submitted(by=factories.user())
    assert not turn.is_over()
    time_passes(turns.TURN_SECONDS + 2)
    assert turn.is_over() and turn.worked == turns.TURN_SECONDS + 2


def test_without_others_a_turn_goes_on(time_passes):
    owner = factories.user()
    turn = Turn(owner.pk)
    factories.submitted(by=owner)
    time_passes(1000)
    assert not turn.is_over()


def test_a_removal_makes_way_for_a_check_of_the_same_owner_and_a_check_for_no_removal(time_passes):
    owner = factories.user()
    removal, check = Turn(owner.pk, priority=-50), Turn(owner.pk)
    tasks.remove_data.using(queue_name=queue_of(CHECKS, factories.user().pk)).enqueue(1)
    factories.submitted(by=owner)
    time_passes(1000)
    assert removal.is_over() and not check.is_over()


def test_a_turn_does_not_ask_the_database_more_than_once_a_second(time_passes, django_assert_num_queries):
    turn = Turn(factories.user().pk)
    time_passes(turns.TURN_SECONDS + 2)
    with django_assert_num_queries(1):
        assert not any(turn.is_over() for _ in range(50))
