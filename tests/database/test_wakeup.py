"""Processes that wait are woken by a task, and wait no longer than they said."""

import threading
from time import monotonic

import pytest
from django.db import connection, transaction

from scans import transitions
from scans.database.wakeup import Wakeup
from tests.eventually import meanwhile

A_LONG_TIME = 600  # no test waits for so long: what is to end a wait has not ended it


def queue_a_task():
    transitions.enqueue("remove_data", 1, owner=None)


@pytest.fixture
def waiting():
    """A function that starts a wait in a thread, after `between` listening and waiting; each must end by itself."""
    threads = []

    def start(wakeup, between=lambda: None, seconds=A_LONG_TIME):
        listens = threading.Event()

        def wait():
            wakeup.listen()
            listens.set()
            between()
            wakeup.wait(seconds)

        threads.append(meanwhile(lambda: True, wait))
        assert listens.wait(30)

    yield start
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_a_task_ends_the_wait_of_another_process(waiting):
    waiting(Wakeup())
    queue_a_task()


@pytest.mark.django_db(transaction=True)
def test_a_task_between_the_look_and_the_wait_ends_it_too(waiting):
    queued = threading.Event()
    waiting(Wakeup(), between=lambda: queued.wait(30))
    queue_a_task()
    queued.set()


@pytest.mark.django_db(transaction=True)
def test_a_task_that_is_rolled_back_wakes_nobody():
    wakeup = Wakeup()
    wakeup.listen()

    def refuse():
        try:
            with transaction.atomic():
                queue_a_task()
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass

    meanwhile(lambda: True, refuse).join()
    began = monotonic()
    wakeup.wait(0.3)
    assert monotonic() - began >= 0.3


@pytest.mark.django_db(transaction=True)
def test_what_ended_one_wait_ends_no_other(waiting):
    wakeup = Wakeup()
    wakeup.listen()
    meanwhile(lambda: True, queue_a_task).join()
    wakeup.wait(A_LONG_TIME)
    for _ in range(2):  # the second look has read all that came
        wakeup.listen()
    began = monotonic()
    wakeup.wait(0.3)
    assert monotonic() - began >= 0.3


@pytest.mark.django_db(transaction=True)
def test_an_interruption_ends_this_wait_and_all_that_follow(waiting):
    wakeup = Wakeup()
    waiting(wakeup)
    wakeup.interrupt()
    wakeup.listen()
    wakeup.wait(A_LONG_TIME)


@pytest.mark.django_db(transaction=True)
def test_a_process_whose_connection_was_replaced_listens_again(waiting):
    wakeup = Wakeup()

    def replace():
        wakeup.listen()
        connection.close()
        wakeup.wait(A_LONG_TIME) if connection.vendor == "postgresql" else None  # nobody listens: it returns
        wakeup.listen()
        listens.set()
        wakeup.wait(A_LONG_TIME)

    listens = threading.Event()
    thread = meanwhile(lambda: True, replace)
    assert listens.wait(30)
    queue_a_task()
    thread.join(60)
    assert not thread.is_alive()
