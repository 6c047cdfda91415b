"""The hints that say what a status means: whole in the window, pointed at themselves, and sent away by Escape."""

import pytest

from tests import factories
from tests.end_to_end.remote import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def move_to(page, locator):
    box = locator.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 260}, {"width": 390, "height": 700}])
def test_a_hint_is_whole_in_the_window_can_be_pointed_at_and_goes_with_escape(open_page, viewport):
    analysis = factories.running()
    page = open_page("/analyses/", viewport=viewport)
    hint = page.locator(f"#analysis-{analysis.pk} [data-hint]")
    badge, tip = hint.locator("a"), hint.locator("[role=tooltip]")
    badge.evaluate("badge => scrollTo(0, badge.getBoundingClientRect().bottom + scrollY - innerHeight + 4)")
    expect(tip).to_be_hidden()
    move_to(page, badge)
    expect(tip).to_be_visible()
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= viewport["width"]
    assert box["y"] >= 0 and box["y"] + box["height"] <= viewport["height"]
    move_to(page, tip)
    assert tip.evaluate("tip => tip.matches(':hover')")
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.mouse.move(1, 1)
    move_to(page, badge)
    expect(tip).to_be_visible()


def test_a_hint_of_a_badge_with_the_focus_goes_with_escape_too(open_page):
    analysis = factories.running()
    page = open_page("/analyses/")
    hint = page.locator(f"#analysis-{analysis.pk} [data-hint]")
    page.keyboard.press("Tab")  # the keyboard is in use
    hint.locator("a").focus()
    expect(hint.locator("[role=tooltip]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(hint.locator("[role=tooltip]")).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('[data-hint] a')")
