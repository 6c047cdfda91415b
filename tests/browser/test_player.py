"""A login in a real Chromium: by a script, or by a form on the rendered page."""

import time

import pytest

from scans.browser import Task
from tests.browser.playing import LOGIN, SECONDS_TO_REACH_THE_LOOP, play, played, step, task

pytestmark = pytest.mark.browser


def test_a_login_script_gives_a_session_a_picture_and_where_it_went(site):
    played = play(task(site, *LOGIN, ("click", "name=go", ""), ("assertText", "css=p", "Hello Alice*")))
    assert played.ok, played.detail
    assert {cookie.value for cookie in played.session.cookies} & site.sessions
    assert played.screenshot.startswith(b"\x89PNG") and "Hello Alice" in played.text
    assert played.visited[0] == f"{site.url}login"
    assert not played.forms  # it has a password


def test_a_login_that_a_page_asks_for_in_the_background_is_waited_for(site):
    def slow():
        time.sleep(1.5)
        return "<p>in</p>"

    site.pages["/slow"] = slow
    then = "document.cookie = 'session=late'"
    site.pages["/app"] = f"""<button onclick="fetch('/slow').then(() => {then})">Log in</button>"""
    told = played(site, step("open", "/app"), step("pause", "1000"), step("click", "css=button"))
    assert "late" in {cookie.value for cookie in told.session.cookies}


def test_what_a_site_answered_is_looked_at_without_asking_again(site):
    answer = "<link rel=stylesheet href=/style.css><h1>Wrong pässword</h1>"
    site.requests.clear()
    told = play(Task(url=f"{site.url}login?from=here", sites={site.url: ("127.0.0.1",)}, answer=answer))
    assert "Wrong pässword" in told.text and told.screenshot
    asked = [request.path for request in site.requests]
    assert "/style.css" in asked and "/login?from=here" not in asked


ELSEWHERE = "http://elsewhere.example/"


@pytest.mark.parametrize(
    "embeds",
    [
        f"<iframe src={ELSEWHERE}></iframe>",
        f"<embed src={ELSEWHERE}film type=text/html>",
        f"<object data={ELSEWHERE}film type=text/html></object>",
        f"<iframe srcdoc='<script>location = `{ELSEWHERE}`</script>'></iframe>",
        f"<script>open('{ELSEWHERE}')</script>",
    ],
)
def test_what_a_page_embeds_from_elsewhere_does_not_fail_it(site, embeds):
    site.pages["/embeds"] = f"<h1>stays</h1>{embeds}"
    told = played(site, step("open", "/embeds"), step("assertText", "css=h1", "stays"))
    assert told.ok and told.url == f"{site.url}embeds", told.detail
    assert not any("elsewhere" in url for url in told.visited)


def test_a_page_that_leads_elsewhere_itself_fails(site):
    site.pages["/leads"] = f"<iframe src=/x></iframe><script>setTimeout(() => location = '{ELSEWHERE}', 100)</script>"
    told = played(site, step("open", "/leads"), step("pause", "400"))
    assert told.reason == "address_not_allowed" and "elsewhere.example" in str(told.detail)


def test_a_frame_from_elsewhere_cannot_be_entered_and_is_named(site):
    site.pages["/framed"] = f"<iframe src={ELSEWHERE}pay?secret=1></iframe>"
    told = played(site, step("open", "/framed"), step("selectFrame", "index=0"))
    assert (told.line, told.command) == (2, "selectFrame")
    assert f"this frame shows {ELSEWHERE}pay, which may not be visited" in str(told.detail)


def test_the_command_at_which_the_time_was_over_is_named(site):
    told = played(site, step("open", "/login"), step("pause", "20000"), step("echo"), seconds=SECONDS_TO_REACH_THE_LOOP)
    assert (told.reason, told.line, told.command) == ("timed_out", 3, "echo") and told.screenshot
