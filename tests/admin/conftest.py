"""Browsers of people who may enter the admin, and rows of everything that it shows."""

import pytest

from scans import transitions
from scans.login.base import Login, Method
from scans.models import Actor, AllowedTarget, BlackoutWindow, CrawlScript, SystemPart, TargetLogin
from scans.schedule.recurrence import Recurrence, Unit
from tests import factories


@pytest.fixture
def administrator(client):
    """An administrator's browser."""
    client.force_login(factories.user("Administrator", is_staff=True))
    return client


@pytest.fixture
def superuser(client, admin_user):
    """The browser of somebody who may everything that can be allowed."""
    client.force_login(admin_user)
    return client


@pytest.fixture
def saved_login():
    """The login of an analysis that is saved for later."""
    login = TargetLogin.of(Login(method=Method.FORM, username="ada", password="owls-fly-by-night"))
    url = "http://127.0.0.1:9/"
    access = transitions.Access(login=login, crawl_script=CrawlScript.of("walk.side", "a walk"))
    transitions.save(factories.submission(url, access={url: access}), by=Actor.COMMAND)
    return TargetLogin.objects.get()


@pytest.fixture
def one_of_each(saved_login):
    """At least one row of every model that the admin shows."""
    factories.published()
    factories.submitted(recurrence=Recurrence(unit=Unit.WEEKLY))
    AllowedTarget.objects.create(pattern="*.example.com")
    BlackoutWindow.objects.create(window="Sat,Sun")
    SystemPart.report(SystemPart.Kind.SCHEDULER, "scheduler-1")
