"""The answer to a bulk question."""

from uuid import uuid4

import pytest

from scans.forms.bulk import BulkForm, UrlScansForm
from scans.statuses import Action

STOP = [Action.STOP_SAVE, Action.STOP_DELETE]


def test_an_answer_is_one_of_its_verbs_with_a_reason_and_the_questions_key():
    key = uuid4()
    form = BulkForm({"key": str(key), "verb": "stop_save", "reason": " wrong site "}, verbs=STOP)
    assert form.is_valid() and form.cleaned_data == {"key": key, "verb": "stop_save", "reason": "wrong site"}


@pytest.mark.parametrize("wrong", [{"verb": "delete"}, {"verb": ""}, {"key": "x"}, {"reason": "x" * 501}])
def test_anything_else_is_refused(wrong):
    form = BulkForm({"key": str(uuid4()), "verb": "stop_save", **wrong}, verbs=STOP)
    assert list(form.errors) == list(wrong)


def test_a_verb_that_takes_no_reason_asks_for_none_and_url_scans_have_no_key():
    assert "reason" not in BulkForm(verbs=[Action.DELETE]).fields
    assert list(UrlScansForm(verbs=STOP).fields) == ["verb", "reason"]
