"""On a phone: the header takes one line, and its menu holds the rest."""

import pytest

from tests.end_to_end.remote import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
PHONE = {"viewport": {"width": 320, "height": 700}}
IS_CUT_OFF = "() => document.documentElement.scrollWidth > innerWidth"


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
@pytest.mark.parametrize("width", [320, 390])
def test_the_header_takes_one_line_on_a_phone(open_page, width, locale):
    page = open_page("/statuses/", locale=locale, viewport={"width": width, "height": 700})
    assert page.evaluate("document.querySelector('.header').offsetHeight") < 60
    expect(page.get_by_role("banner").get_by_role("link")).to_have_count(3)  # home, list, new analysis


def test_every_page_of_the_header_is_in_its_menu_without_javascript(open_page):
    page = open_page("/analyses/", java_script_enabled=False, locale="de-DE", **PHONE)
    page.locator("#account-menu > summary").click()
    assert not page.evaluate(IS_CUT_OFF)
    expect(page.get_by_role("button", name="Dunkel")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Tastenkürzel")).to_be_hidden()  # it needs JavaScript
    menu = page.get_by_role("navigation", name="Weitere Seiten")
    expect(menu.get_by_role("link", name="Zeitpläne")).to_be_visible()
    menu.get_by_role("link", name="Status").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Status")
