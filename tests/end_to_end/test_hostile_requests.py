"""No input makes a page fail: every address and method, as every role, with hostile requests made from a seed.

`make fuzz` tries more of them; FUZZ_INPUTS and FUZZ_SEED say how many, and which.
"""

import os
import traceback
from contextlib import contextmanager
from itertools import cycle, islice

import pytest
from django.core.signals import got_request_exception, request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client, RequestFactory

from dashboard.wsgi import application
from scans.analysis_list.filterset import AnalysisFilterSet
from scans.filtersets import ActivityLogFilterSet, CoverageFilterSet, FindingFilterSet, UrlScanFilterSet
from scans.forms import actions, bulk, personal, submission
from tests import factories
from tests.end_to_end.hostile_requests import TEXTS, Inputs

INPUTS = int(os.environ.get("FUZZ_INPUTS", "400"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
ROLES = ["Viewer", "Submitter", "Reviewer", "Administrator", "superuser", "", "anonymous"]
FORMS = [
    *(submission.SubmissionForm, actions.ExtendForm, actions.MarkForm, actions.StopForm, bulk.BulkForm),
    *(bulk.UrlScansForm, personal.PersonSettingsForm, personal.SavedViewForm),
]
FILTERSETS = [AnalysisFilterSet, ActivityLogFilterSet, CoverageFilterSet, FindingFilterSet, UrlScanFilterSet]
# A value for each parameter that a form requires, and a login.
RIGHT = {
    **{"name": "Fuzzed", "urls": "http://127.0.0.1:9/", "authorised": "on", "publication": "automatic"},
    **{"duration": "1:00", "extra": "1:00", "time_zone": "UTC", "repeat": "weekly", "every": "1", "weekdays": "1"},
    **{"login_method": "form", "login_url": "http://127.0.0.1:9/login", "login_username": "a", "login_password": "b"},
    **{"mode": "save", "mark": "fixed", "theme": "dark", "page_size": "25"},
}
TRACEBACK = b"Traceback (most recent call last)"

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600)]


@pytest.fixture
def sessions():
    """For each role the cookies of someone who is logged in."""
    found = {}
    for role in ROLES:
        client = Client()
        if role == "superuser":
            client.force_login(factories.user("", is_staff=True, is_superuser=True))
        elif role != "anonymous":
            client.force_login(factories.user(role, is_staff=role == "Administrator"))
        found[role] = "; ".join(f"{cookie.key}={cookie.value}" for cookie in client.cookies.values())
    return found


@pytest.fixture
def known():
    """Analyses in several statuses, each with the values that its addresses take."""
    makers = (factories.scheduled, factories.running, factories.ended, factories.published)
    return [in_addresses(make()) for make in makers]


def in_addresses(analysis):
    scan = analysis.url_scans.get()
    finding = scan.findings.first()
    names = {"analysis_id": analysis.pk, "scan": scan.pk, "finding_id": finding.pk if finding else 1}
    return {**names, "pk": analysis.pk, "id": analysis.pk, "object_id": analysis.pk}


def names():
    """The parameters that forms and filters read."""
    found = [name for form in FORMS for name in form.base_fields]
    return found + [name for filterset in FILTERSETS for name in filterset.base_filters]


class Answer(RequestFactory):
    """What the whole product, from its WSGI application on, answers an input of someone with this session."""

    def __init__(self, fuzz, session):
        token = "a" * 32
        cookies = f"csrftoken={token}; {session}"
        super().__init__(**{"HTTP_COOKIE": cookies, "HTTP_X_CSRFTOKEN": token, **fuzz.headers})
        self.errors = []
        with connected(got_request_exception, lambda **values: self.errors.append(traceback.format_exc(limit=-6))):
            self.body = self.generic(fuzz.method, fuzz.path, fuzz.body, fuzz.content_type, QUERY_STRING=fuzz.query)

    def request(self, **environ):
        with closing_no_connections():
            answer = application(self._base_environ(**environ), self.start)
            body = b"".join(answer)
            if hasattr(answer, "close"):
                answer.close()
        return body

    def start(self, status, headers, exc_info=None):
        self.status = int(status.split()[0])


@contextmanager
def closing_no_connections():
    """A request closes the connection to the database, which the test still needs."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@contextmanager
def connected(signal, receiver):
    signal.connect(receiver)
    yield
    signal.disconnect(receiver)


def failure(fuzz, session):
    """How the input makes the product fail; empty if it does not. Takes back what the request changed."""
    try:
        with transaction.atomic():
            answer = Answer(fuzz, session)
            transaction.set_rollback(True)
    except Exception:
        return traceback.format_exc(limit=-6)
    if TRACEBACK in answer.body:
        return "shows a traceback"
    unavailable = answer.status == 503 and (".pdf" in fuzz.path or "/readyz" in fuzz.path)
    return "" if answer.status < 500 or unavailable else f"answers {answer.status}: {answer.errors}"


def test_no_input_makes_a_page_fail(sessions, known, settings):
    settings.SCANS_CHROMIUM = ""  # an export as PDF says so with 503, as /readyz does of the missing workers
    inputs = islice(Inputs(SEED, ROLES, known, names(), RIGHT), INPUTS)
    failures = [f"{fuzz} {how}" for fuzz in inputs if (how := failure(fuzz, sessions[fuzz.role]))]
    assert not failures, f"seed {SEED}: {len(failures)} of {INPUTS}\n" + "\n\n".join(failures[:20])


@pytest.mark.parametrize("name", sorted(submission.SubmissionForm.base_fields))
def test_no_text_in_a_field_makes_the_form_of_a_submission_fail(name):
    methods = cycle(["form", "", "headers", "script"])
    for text, method in zip(TEXTS, methods, strict=False):
        submission.SubmissionForm({**RIGHT, "login_method": method, name: text}).is_valid()
