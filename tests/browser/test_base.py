"""The tasks for a browser, and their results."""

from scans.browser.base import LoginForm, Played, Task


def test_a_task_succeeded_when_it_has_no_reason_to_have_failed():
    assert Played().ok and not Played(reason="step_failed").ok


def test_what_is_printed_of_a_task_gives_no_secret_away():
    form = LoginForm(url="http://h/login", username="ada", password="owls")
    task = Task(url="http://h/", sites={}, form=form, answer="<p>owls</p>")
    assert "owls" not in f"{task!r} {Played(text='owls', asked_for=('http://h/?owls',))!r}" and "ada" in repr(task)
