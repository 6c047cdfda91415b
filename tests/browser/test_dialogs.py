"""Dialogs are answered as recorded, by whichever version of Selenium IDE."""

import pytest

from tests.browser.playing import played, step

pytestmark = pytest.mark.browser
CLICK = step("click", "css=button")


def asking(site, says):
    """A page whose button puts what its dialogs answer into its title; returns the step that opens it."""
    site.pages["/asks"] = f"<title>-</title><button onclick='{says}'>ask</button>"
    return step("open", "/asks")


def test_answers_may_be_noted_before_or_after_the_click_as_in_version_3(site):
    opens = asking(site, 'document.title = confirm("Sure?") + "/" + prompt("Who?", "nobody")')
    told = played(
        site,
        opens,
        CLICK,
        step("assertTitle", "true/nobody"),
        step("chooseCancelOnNextConfirmation"),
        CLICK,
        step("assertTitle", "false/nobody"),
        step("answerOnNextPrompt", "grace"),
        CLICK,
        step("assertTitle", "true/grace"),
        CLICK,
        step("assertConfirmation", "Sure?"),
        step("webdriverChooseCancelOnVisibleConfirmation"),
        step("assertPrompt", "Who?"),
        step("webdriverAnswerOnVisiblePrompt", "ada"),
        step("assertTitle", "false/ada"),
        CLICK,
        step("assertTitle", "true/nobody"),  # what was noted was for one dialog
    )
    assert told.ok, told.detail


def test_answers_are_noted_after_the_click_as_in_version_4(site):
    opens = asking(site, 'document.title = confirm("Sure?") + "/" + prompt("Who?", "nobody")')
    told = played(
        site,
        opens,
        step("store", "ada", "name"),
        CLICK,
        step("verifyConfirmation", "Sure?"),
        step("dismissConfirmation"),
        step("assertPrompt", "glob:W*"),
        step("answerPrompt", "${name}"),
        step("assertTitle", "false/ada"),
        CLICK,
        step("acceptConfirmation"),
        step("dismissPrompt"),
        step("assertTitle", "true/null"),
        CLICK,
        step("acceptAlert"),  # accepts whatever is shown
        step("answerPrompt", ""),
        step("assertTitle", "true/nobody"),
    )
    assert told.ok, told.detail


def test_two_questions_after_one_click_are_answered_in_their_order(site):
    opens = asking(site, 'alert("Look"); document.title = [confirm("One?"), confirm("Two?"), confirm("Three?")]')
    told = played(
        site,
        opens,
        CLICK,
        step("assertAlert", "Look"),
        step("acceptAlert"),
        step("assertConfirmation", "One?"),
        step("dismissConfirmation"),
        step("assertConfirmation", "Two?"),
        step("acceptConfirmation"),
        step("dismissConfirmation"),
        step("assertTitle", "false,true,false"),
    )
    assert told.ok, told.detail


def test_a_dialog_that_comes_late_is_waited_for(site):
    opens = asking(site, 'setTimeout(() => document.title = confirm("Sure?"), 700)')
    told = played(
        site,
        opens,
        CLICK,
        step("pause", "100"),
        step("dismissConfirmation"),
        step("assertTitle", "false"),
        CLICK,
        step("assertTitle", "true"),
    )
    assert told.ok, told.detail


def test_an_answer_in_a_loop_is_given_in_each_round(site):
    opens = asking(site, 'document.title += confirm("Sure?")')
    rounds = (step("times", "2"), CLICK, step("dismissConfirmation"), step("end"))
    told = played(site, opens, *rounds, step("assertTitle", "-falsefalse"))
    assert told.ok, told.detail


def test_a_dialog_that_is_not_shown_is_named_by_the_command_that_answers_it(site):
    opens = asking(site, 'document.title = "none"')
    told = played(site, opens, CLICK, step("acceptConfirmation"))
    assert (told.reason, told.line) == ("step_failed", 3) and "no dialog was shown" in str(told.detail)
    told = played(site, opens, CLICK, step("webdriverChooseOkOnVisibleConfirmation"), step("assertTitle", "none"))
    assert told.ok, told.detail  # version 3 let it pass
