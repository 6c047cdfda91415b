"""The dialogs that ask before something is done: two people, a wrong form, a double click, and no mouse."""

import re

import pytest

from scans.models import ScanSettings, SystemPart
from tests import factories
from tests.end_to_end.remote import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture(autouse=True)
def _parts_alive():
    """All is well: no banner comes between."""
    for kind in SystemPart.Kind:
        SystemPart.report(kind, kind.value)


def ask(page, what):
    """Open the dialog of this action from the head of the page; returns the dialog."""
    page.locator(f".page-actions a[href*='/{what}/']").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    return dialog


def has_focus(page, selector):
    page.wait_for_function("selector => document.activeElement.matches(selector)", arg=selector)


@pytest.mark.parametrize("address", ["/analyses/", ""], ids=["list", "summary"])
def test_a_click_is_heard_while_an_update_is_under_way(open_page, problems, address):
    analysis = factories.running(name="Shop")
    page = open_page(address or analysis.get_absolute_url())
    page.route("**/?v=*", lambda route: None)  # it is never answered
    with page.expect_request("**/?v=*"):
        pass
    if address:
        page.locator(f"#menu-{analysis.pk} > summary").click()
        page.locator(f"#menu-{analysis.pk} a[href*='/stop/']").click()
        expect(page.locator("#dialog")).to_be_visible()
    else:
        ask(page, "stop")


def test_of_two_people_with_the_stop_dialog_open_the_second_is_told_beside_the_fresh_state(open_page, problems):
    analysis = factories.running(name="Shop")
    first, second = (open_page(analysis.get_absolute_url()) for _ in range(2))
    second.route("**/?v=*", lambda route: route.abort())  # it has not heard yet
    dialogs = [ask(page, "stop") for page in (first, second)]
    dialogs[0].get_by_role("button", name="Stop and save results").click()
    expect(first.locator("#messages")).to_contain_text("is being stopped; what was found is kept")
    expect(dialogs[0]).to_be_hidden()
    expect(first.locator("main [data-status=stopping_saving_results]").first).to_be_visible()
    has_focus(first, "main")  # the button that opened it is gone

    with second.expect_response("**/stop/") as answer:
        dialogs[1].get_by_role("button", name="Stop and save results").click()
    assert answer.value.status == 409
    expect(dialogs[1]).to_be_hidden()
    expect(second.locator("#messages [role=alert]")).to_contain_text("is not possible: Shop is")
    expect(second.locator("main [data-status=stopping_saving_results]").first).to_be_visible()
    assert analysis.activity.filter(action="analysis.stopped").count() == 1
    second.goto("about:blank")  # before its next poll is cut off, too
    problems.clear()  # a browser calls every 409 one


def test_what_was_deleted_meanwhile_is_said_on_the_list(open_page, problems):
    analysis = factories.published(name="Shop")
    first, second = (open_page(address) for address in ("/analyses/?q=Shop", analysis.get_absolute_url()))
    dialog = ask(second, "delete")
    first.locator(f"#menu-{analysis.pk} > summary").click()
    first.locator(f"#menu-{analysis.pk} a[href*='/delete/']").click()
    first.locator("#dialog").get_by_role("button", name="Delete").click()
    expect(first.locator("#messages")).to_contain_text("“Shop” was deleted")
    expect(first.locator("#dialog")).to_be_hidden()
    expect(first).to_have_url(re.compile(r"/analyses/\?q=Shop$"))
    expect(first.locator(f"#analysis-{analysis.pk}")).to_have_count(0)

    dialog.get_by_role("button", name="Delete").click()
    expect(second).to_have_url(re.compile("/analyses/$"))
    expect(second.locator("#messages [role=alert]")).to_contain_text("“Shop” was deleted on")
    problems.clear()  # a browser calls every 409 one


def test_a_wrong_form_stays_in_the_dialog_with_its_error_and_the_focus_on_it(open_page, problems):
    analysis = factories.running(name="Shop")
    page = open_page(analysis.get_absolute_url())
    dialog = ask(page, "extend")
    dialog.get_by_label("How much longer").fill("soon")
    dialog.get_by_label("Reason").fill("large site")
    dialog.get_by_role("button", name="Extend").click()
    expect(dialog.locator("#id_extra_error")).to_contain_text("is not a length of time")
    has_focus(page, "[name=extra][aria-invalid=true]")
    expect(dialog.get_by_label("Reason")).to_have_value("large site")
    dialog.get_by_label("How much longer").fill("90m")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("“Shop” has more time now")
    expect(dialog).to_be_hidden()
    has_focus(page, ".page-actions a[href*='/extend/']")
    problems.clear()  # a browser calls every 422 one


def test_a_double_click_is_one_action_and_hits_nothing_that_comes_under_the_pointer(open_page):
    analysis = factories.running()
    page = open_page(analysis.get_absolute_url())
    page.evaluate("performance.now = () => 1000")  # a slow machine's double click is a quick one too
    posts = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    ask(page, "stop").get_by_role("button", name="Stop and delete results").dblclick()
    expect(page.locator("#messages")).to_contain_text("is being stopped; what was found is deleted")
    expect(page.locator("#dialog")).to_be_hidden()
    assert len(posts) == 1
    assert not analysis.activity.filter(action="analysis.refused").exists()
    goes_through = """detail => document.querySelector("h1").dispatchEvent(
        new MouseEvent("click", {detail, bubbles: true, cancelable: true}))"""
    assert [page.evaluate(goes_through, clicks) for clicks in (1, 2)] == [True, False]


def test_a_dialog_holds_tab_and_closes_by_escape_back_on_what_opened_it(open_page):
    analysis = factories.running()
    page = open_page("/analyses/")
    summary = f"#menu-{analysis.pk} > summary"
    page.locator(summary).focus()
    page.keyboard.press("Enter")
    page.locator(f"#menu-{analysis.pk} a[href*='/stop/']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_visible()
    has_focus(page, "#dialog [name=reason]")
    for key in ["Tab"] * 8 + ["Shift+Tab"] * 8:
        page.keyboard.press(key)
        assert page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('#dialog') !== null"
        )
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    has_focus(page, summary)


def test_a_dashboard_that_does_not_answer_closes_the_dialog_to_say_so(open_page, problems):
    analysis = factories.running()
    page = open_page(analysis.get_absolute_url())
    dialog = ask(page, "stop")
    page.route("**/stop/", lambda route: route.abort())
    dialog.get_by_role("button", name="Stop and save results").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#messages [role=alert]")).to_contain_text("check the status before you try again")
    assert factories.fresh(analysis).status == "in_progress"
    problems.clear()  # this was asked for


def test_ticked_urls_are_paused_at_once_while_the_summary_goes_on(open_page):
    ScanSettings.objects.update(capacity=10)
    analysis = factories.running(*(f"http://127.0.0.1:9/{number}" for number in range(4)))
    page = open_page(analysis.get_absolute_url())
    expect(page.locator("#bulk")).to_be_hidden()
    boxes = page.locator("[name=chosen]")
    boxes.nth(0).check()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.locator(".bulk-bar-count")).to_have_text("3 selected")
    expect(page.locator("#bulk").get_by_role("button", name="Resume")).to_be_disabled()
    page.locator("#bulk").get_by_role("button", name="Pause").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator("h1")).to_have_text("Pause the scans of 3 URLs?")
    dialog.get_by_label("Reason").fill("lunch")
    dialog.get_by_role("button", name="Pause").click()
    expect(page.locator("#messages")).to_contain_text("Pause: 3 done.")
    expect(page.locator("tr [data-status=pausing]")).to_have_count(3)
    expect(page.locator("tr [data-status=in_progress]")).to_have_count(1)
    page.locator("[data-choose-page]").check()
    expect(page.locator(".bulk-bar-count")).to_have_text("4 selected")
