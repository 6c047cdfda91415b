"""A login in a real Chromium: by a script, or by a form on the rendered page."""

import time

import pytest

from scans.browser import LoginForm, Task
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


def test_a_login_form_is_found_in_the_rendered_page(site):
    fields = "<input name=user type=username><input type=password name=password><button>in</button>"
    script = f"document.body.innerHTML = '<form action=/login method=post>{fields}</form>'"
    site.pages["/app"] = f"<body><script>setTimeout(() => {{ {script} }}, 300)</script>"
    form = LoginForm(url=f"{site.url}app", username="ada", password="lovelace")
    play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, form=form))
    assert any("user=ada&password=lovelace" in request.body for request in site.attempts)


def test_a_login_form_that_comes_when_it_is_asked_for(site):
    fields = (
        "<form action=/login method=post><input name=user><input type=password name=password><button>in</button></form>"
    )
    site.pages["/opens"] = (
        "<button>Log in with Owlbook</button><button onclick='document.body.innerHTML = shown'>Log in</button>"
        f"<script>const shown = '{fields}'</script>"
    )
    assert sent_from(site, "opens") == ["user=ada&password=byron"]


def test_a_registration_form_is_no_login_form(site):
    fields = "<input name=mail><input type=password name=one>"
    register = f"<form action=/register method=post>{fields}<input type=password name=two></form>"
    site.pages["/both"] = f"{register}<form action=/login method=post>{fields}<button>in</button></form>"
    form = LoginForm(url=f"{site.url}both", username="ada", password="lovelace")
    play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, form=form))
    assert [(request.path, request.body) for request in site.attempts][-1] == ("/login", "mail=ada&one=lovelace")


def test_a_login_in_two_steps(site):
    step = (
        "<form onsubmit='document.body.innerHTML=next;return false'><input name=username><button>next</button></form>"
    )
    after = "<form action=/login method=post><input type=password name=password><button>in</button></form>"
    site.pages["/steps"] = f"<body>{step}<script>const next = `{after}`</script>"
    form = LoginForm(url=f"{site.url}steps", username="ada", password="byron")
    play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, form=form))
    assert site.attempts[-1].body == "password=byron"


def sent_from(site, page):
    """What is sent when the form of this page is filled in."""
    before = len(site.attempts)
    form = LoginForm(url=f"{site.url}{page}", username="ada", password="byron")
    play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, form=form))
    return [request.body for request in site.attempts[before:]]


def test_a_login_that_only_its_button_sends(site):
    send = "fetch('/login', {method: 'POST', body: new URLSearchParams"
    typed = "({user: user.value, password: pass.value})})"
    site.pages["/loose"] = (
        "<input id=user><input id=pass type=password><button aria-label='Show'>o</button>"
        f'<button onclick="{send}{typed}">Log in</button>'
    )
    assert sent_from(site, "loose") == ["user=ada&password=byron"]


def test_fields_are_found_by_the_names_that_are_given_in_any_script(site):
    site.pages["/named"] = (
        "<form action=/login method=post><input name=Schlüssel type=password><input name=Benützer><button>in</button>"
        "</form>"
    )
    fields = {"username_field": "Benützer", "password_field": "Schlüssel"}
    form = LoginForm(url=f"{site.url}named", username="a", password="b", **fields)
    play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, form=form))
    assert site.attempts[-1].body == "Schl%C3%BCssel=b&Ben%C3%BCtzer=a"


def test_a_login_form_inside_of_a_web_component(site):
    fields = (
        "<form action=/login method=post><input name=user><input type=password name=password><button>in</button></form>"
    )
    site.pages["/component"] = (
        "<x-login></x-login><script>customElements.define('x-login', class extends HTMLElement {"
        f"connectedCallback() {{ this.attachShadow({{mode: 'open'}}).innerHTML = `{fields}` }} }})</script>"
    )
    assert sent_from(site, "component") == ["user=ada&password=byron"]


def test_a_page_without_a_form_says_so(site):
    site.pages["/bare"] = "<p>nothing</p>"
    form = LoginForm(url=f"{site.url}bare", username="ada", password="lovelace")
    played = play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, form=form))
    assert played.reason == "no_login_form" and "lovelace" not in repr(played)


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
