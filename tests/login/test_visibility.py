"""What a page hides from its visitors, without a browser."""

import httpx
import pytest

from scans.login.page import Page
from scans.login.visibility import Visibility


def hides(inside, head=""):
    """Whether the page hides its field."""
    page = Page("http://o.example/", 200, httpx.Headers(), f"{head}<form>{inside}</form>")
    form = page.soup.find("form")
    return Visibility(page).hides(form.find("input"), form)


@pytest.mark.parametrize(
    "field",
    [
        "<input style='display:none'>",
        "<input style='color: red; visibility: hidden'>",
        "<input style='opacity:0'>",
        "<input style='opacity: 0.0; height: 1px'>",
        "<input style='height:0px;'>",
        "<input style='position:absolute;left:-9999px'>",
        "<input hidden>",
        "<input aria-hidden=true>",
        "<input type=hidden>",
        "<input class='field d-none'>",
        "<div hidden><p><input></p></div>",
    ],
)
def test_a_field_is_hidden_by_itself_or_by_what_is_around_it(field):
    assert hides(field)


@pytest.mark.parametrize(
    "field",
    [
        "<input>",
        "<input style='opacity:0.5'>",
        "<input style='opacity:1; width: 100%; min-height: 0; left: -5px'>",
        "<input aria-hidden=false class=hidden-label tabindex=-1>",
    ],
)
def test_other_fields_are_seen(field):
    assert not hides(field)


@pytest.mark.parametrize(
    ("sheet", "hidden"),
    [
        (".ghost { display: none }", True),
        ("a{} /* .x{} */ form .ghost, .b { left: -1000px; position: absolute }", True),
        ("@font-face { src: url(x) } .ghost { visibility: hidden }", True),
        ("@media print { .ghost { display: none } } p { color: red }", False),
        ("@media print { .ghost { display: none } .ghost { opacity: 0 } }", False),
        (".ghost:hover { display: none } .other { display: none }", False),
        (".ghost { color: red } :::: { display: none", False),
    ],
)
def test_the_page_s_own_rules_count(sheet, hidden):
    assert hides("<input class=ghost>", f"<style>{sheet}</style>") == hidden
