"""Playing a recording: its blocks, frames and addresses."""

import json

import pytest

from scans.browser import Task, parse
from tests.browser.playing import play, played, step

pytestmark = pytest.mark.browser


def test_branches_are_played_as_their_conditions_say(site):
    branch = (
        *(step("if", "${n} === 1"), step("store", "one", "seen"), step("elseIf", "${n} > 1"), step("if", "true")),
        *(step("store", "more", "seen"), step("end"), step("else"), step("store", "none", "seen"), step("end")),
    )
    each = []
    for number, seen in ((1, "one"), (2, "more"), (0, "none")):
        each += [step("executeScript", f"return {number}", "n"), *branch, step("assert", "seen", seen)]
    told = played(site, *each)
    assert told.ok, told.detail


def test_loops_go_round_as_often_as_they_say(site):
    more = step("executeScript", "return ${n} + 1", "n")
    told = played(
        site,
        step("executeScript", "return 0", "n"),
        step("while", "${n} < 3"),
        more,
        step("end"),
        step("assert", "n", "3"),
        step("store", "2", "rounds"),
        step("times", "${rounds}"),
        step("times", "2"),
        more,
        step("end"),
        step("end"),
        step("assert", "n", "7"),
        step("do"),
        more,
        step("repeatIf", "${n} < 9"),
        step("assert", "n", "9"),
        step("while", "false"),
        step("fly away", skip=True),
        step("end"),
        step("executeScript", "return [{name: 'a'}, {name: 'b'}]", "list"),
        step("store", "", "names"),
        step("forEach", "list", "one"),
        step("executeScript", "return ${names} + ${one}.name", "names"),
        step("end"),
        step("assert", "names", "ab"),
        step("storeJson", '{"birds": ["owl", "wren"]}', "all"),
        step("forEach", "${all.birds}", "bird"),
        step("end"),
        step("assert", "bird", "wren"),
        step("times", "0"),
        step("click", "id=nowhere"),
        step("end"),
    )
    assert told.ok, told.detail


@pytest.mark.parametrize(
    ("loop", "line", "says"),
    [
        ((step("while", "true"), step("end")), 1, "1000 rounds"),
        ((step("do"), step("echo", "x"), step("repeatIf", "true", "5")), 3, "5 rounds"),
        ((step("times", "many"), step("end")), 1, "“many” is not a number"),
        ((step("forEach", "nothing", "one"), step("end")), 1, "nothing is not a list"),
        ((step("if", "owl("), step("end")), 1, "SyntaxError"),
    ],
)
def test_a_loop_without_end_and_a_wrong_condition_are_named(site, loop, line, says):
    told = played(site, *loop)
    assert (told.reason, told.line) == ("step_failed", line) and says in str(told.detail)


def test_a_loop_is_ended_with_the_time_of_the_recording(site):
    told = played(site, step("while", "true"), step("pause", "300"), step("end"), seconds=2)
    assert told.reason == "timed_out" and told.command in ("while", "pause", "end")


def test_a_suite_that_keeps_its_session_is_played_test_after_test_and_failures_name_the_test(site):
    site.pages["/first"], site.pages["/second"] = "<title>first</title>", "<title>second</title>"
    tests = [
        {"id": "1", "name": "log in", "commands": [step("open", "/first"), step("store", "second", "next")]},
        {"id": "2", "name": "walk", "commands": [step("open", "/${next}"), step("assertTitle", "third")]},
    ]
    suites = [{"id": "s", "name": "s", "persistSession": True, "tests": ["1", "2"]}]
    told = played(site, tests=tests, suites=suites)
    assert told.visited == (f"{site.url}first", f"{site.url}second")
    assert (told.line, str(told.detail)[:45]) == (2, "In the test “walk”: Command 2, assertTitle: t"), told.detail


@pytest.mark.parametrize(
    "recorded", ["http://localhost:3000", "https://staging.example/app/", "not an address", "http://h:port/", ""]
)
def test_a_recording_of_another_host_is_played_on_the_target(site, recorded):
    site.pages["/orders"] = "<title>orders</title>"
    told = played(site, step("open", "/orders"), step("assertTitle", "orders"), url=recorded)
    assert told.ok, told.detail


def test_an_address_of_the_recorded_host_is_opened_on_the_target_and_no_other(site):
    site.pages["/orders?page=2"] = site.pages["/orders"] = "<title>orders</title>"
    opens = step("open", "http://localhost:3000/orders?page=2")
    assert played(site, opens, step("assertTitle", "orders"), url="http://localhost:3000/").ok
    told = played(site, opens, url="http://localhost:4000/")
    assert told.reason == "address_not_allowed" and "localhost:3000" in str(told.detail)


def test_relative_addresses_are_relative_to_that_of_the_recording(site):
    site.pages["/shop/cart"] = "<title>cart</title>"
    text = json.dumps(
        {
            "url": f"{site.url}shop/",
            "tests": [{"name": "t", "commands": [step("open", "cart"), step("assertTitle", "cart")]}],
        }
    )
    assert play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, recording=parse(text))).ok


def test_a_link_is_found_by_its_text_whatever_the_markup_and_style(site):
    site.pages["/links"] = (
        "<style>.up { text-transform: uppercase }</style><a href=/hidden hidden>Your orders</a>"
        "<a href=/a><b>Your</b> orders</a> <a href=/b><span>Log <i>in</i></span></a> <a href=/c>  Two\n lines </a>"
        '<a href=/d class=up>Sign up</a> <a href=/e>1 / 2 &gt;&gt; "next"</a> <a href=/f>Your orders again</a>'
    )
    links = ("Your orders", "Log in", "Two lines", "SIGN UP", '1 / 2 >> "next"', "Your orders again")
    site.pages |= {f"/{letter}": f"<title>{letter}</title>" for letter in "abcdef"}
    each = [
        one
        for letter, link in zip("abcdef", links, strict=True)
        for one in (step("open", "/links"), step("click", f"linkText={link}"), step("assertTitle", letter))
    ]
    partly = (step("open", "/links"), step("click", "partialLinkText=Two"), step("assertTitle", "c"))
    told = played(site, *each, *partly)
    assert told.ok, told.detail


def test_after_a_frame_is_gone_commands_are_for_the_page(site):
    site.pages["/framed"] = "<title>outside</title><iframe src=/leads></iframe>"
    site.pages["/leads"], site.pages["/there"] = "<a href=/there target=_top>x</a>", "<b>there</b>"
    told = played(
        site,
        step("open", "/framed"),
        step("selectFrame", "index=0"),
        step("click", "linkText=x"),
        step("selectFrame", "relative=parent"),
        step("assertText", "css=b", "there"),
    )
    assert told.ok, told.detail
