"""A real Chromium: what scripts do in it, where they cannot lead it, and that nothing of it is left."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scans.browser import LoginForm, Task, parse, play, session
from scans.engines.base import Cookie, Session
from tests.sites.guarded import PASSWORD, USER, GuardedSite
from tests.sites.neighbours import COOKIE, Neighbours

pytestmark = pytest.mark.browser
SECONDS_TO_REACH_THE_LOOP = 8  # a browser's first page took more than one on a busy machine


@pytest.fixture(scope="module")
def site():
    with GuardedSite(pages={"/favicon.ico": ""}) as site:
        yield site


class Bystander:
    """Another server on loopback, which nobody may reach."""

    def __init__(self):
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()

            do_POST = do_CONNECT = do_GET

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def bystander():
    bystander = Bystander()
    yield bystander
    bystander.server.shutdown()


def processes() -> str:
    """The command lines of all processes of this machine."""
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def task(site, *commands, **values):
    steps = [
        {"id": str(n), "comment": "", "command": c, "target": t, "targets": values.pop("targets", []), "value": v}
        for n, (c, t, v) in enumerate(commands)
    ]
    text = json.dumps({"url": site.url, "tests": [{"id": "t", "name": "t", "commands": steps}], "suites": []})
    recording = parse(text) if commands else None
    return Task(url=site.url, sites={site.url: ("127.0.0.1",)}, recording=recording, **values)


def step(command, target="", value="", **more):
    """One command as a recorder writes it, with whatever else it notes beside it."""
    return {"id": "1", "comment": "", "command": command, "target": target, "targets": [], "value": value, **more}


def played(site, *steps, **values):
    """What happened when these steps were played."""
    text = json.dumps({"url": site.url, "tests": [{"id": "t", "name": "t", "commands": steps}], "suites": []})
    return play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, recording=parse(text)), **values)


LOGIN = (("open", "/login", ""), ("type", "css=[name=token] ~ [type=password]", PASSWORD), ("type", "name=user", USER))


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


def test_an_address_with_a_password_in_it_is_told_to_nobody(site):
    played = play(task(site, ("open", f"/login?user={USER}&password=lovelace", ""), ("open", "/?token=1", "")))
    assert f"{site.url}?token=1" in played.visited and "lovelace" not in str(played.visited)


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


def test_a_session_is_carried(site):
    site.sessions.add("abc")
    session = Session(cookies=(Cookie(name="session", value="abc", domain="127.0.0.1"),))
    assert "Hello Alice" in play(task(site, session=session)).text


def test_a_session_is_carried_to_the_addresses_of_its_cookies_alone():
    at_paths = {"/first/": "1", "/second/": "2", "/elsewhere/": "3"}
    given = [Cookie(name=COOKIE, value=value, domain="127.0.0.1", path=path) for path, value in at_paths.items()]
    unusable = Cookie(name=COOKIE, value="4", domain="::1")  # it would have to be in brackets
    with Neighbours() as site:
        for root in (site.first, site.second):
            site.begun[root].append(at_paths[root])
        task = Task(
            url=f"{site.url}second/", sites={site.url: ("127.0.0.1",)}, session=Session(cookies=(unusable, *given))
        )
        told = play(task)
        assert site.sent_to(site.second) == [["2"]]
    assert {(cookie.path, cookie.value) for cookie in told.session.cookies} == set(at_paths.items())


def test_a_step_that_fails_is_named_without_what_was_typed(site):
    played = play(task(site, ("open", "/login", ""), ("type", "id=no", "s3cr3t")))
    assert (played.reason, played.line, played.command) == ("step_failed", 2, "type")
    assert "there is no element id=no" in played.detail and "s3cr3t" not in played.detail and played.screenshot


def test_windows_are_told_apart_by_the_names_that_the_recorder_gave_them(site):
    site.pages["/windows"] = "<title>first</title><a href=/one target=_blank>one</a><a href=/two target=_blank>two</a>"
    site.pages["/one"], site.pages["/two"] = "<title>one</title>", "<title>two</title>"
    opens = {"opensWindow": True, "windowTimeout": 2000}
    told = played(
        site,
        step("open", "/windows"),
        step("click", "linkText=one", windowHandleName="win1", **opens),
        step("click", "linkText=two", windowHandleName="win2", **opens),
        step("storeWindowHandle", "root"),
        step("selectWindow", "handle=${win1}"),
        step("assertTitle", "one"),
        step("selectWindow", "handle=${win2}"),
        step("assertTitle", "two"),
        step("close"),
        step("selectWindow", "handle=${root}"),
        step("assertTitle", "first"),
        step("selectWindow", "handle=${win2}"),
    )
    assert (told.reason, told.line) == ("step_failed", 12) and "window" in told.detail


def test_frames_are_counted_inside_of_the_frame_one_is_in(site):
    site.pages["/outer"] = "<b>outer</b><iframe src=/middle></iframe>"
    site.pages["/middle"] = "<b>middle</b><iframe src=/inner></iframe>"
    site.pages["/inner"] = "<b>inner</b>"
    told = played(
        site,
        step("open", "/outer"),
        step("selectFrame", "index=0"),
        step("selectFrame", "index=0"),
        step("assertText", "css=b", "inner"),
        step("selectFrame", "relative=parent"),
        step("assertText", "css=b", "middle"),
        step("selectFrame", "relative=top"),
        step("assertText", "css=b", "outer"),
        step("selectFrame", "css=b"),
    )
    assert told.line == 9 and "no frame" in told.detail


def test_dialogs_are_answered_as_recorded_whether_that_was_noted_before_or_after(site):
    said = "document.title = confirm('Sure?') + '/' + prompt('Who?', 'nobody')"
    site.pages["/dialogs"] = f'<button onclick="{said}">ask</button>'
    ask = step("click", "css=button")
    told = played(
        site,
        step("open", "/dialogs"),
        ask,
        step("assertTitle", "true/nobody"),
        step("chooseCancelOnNextConfirmation"),
        ask,
        step("assertTitle", "false/nobody"),
        ask,
        step("assertConfirmation", "Sure?"),
        step("webdriverChooseCancelOnVisibleConfirmation"),
        step("assertPrompt", "Who?"),
        step("webdriverAnswerOnVisiblePrompt", "ada"),
        step("assertTitle", "false/ada"),
        ask,
        step("assertTitle", "true/nobody"),  # what was noted was for one dialog
    )
    assert told.ok, told.detail


def test_what_was_stored_is_a_value_in_scripts_and_can_be_compared(site):
    site.pages["/table"] = "<title>t</title><b>it's 3 'owls'</b><i></i><i></i>"
    told = played(
        site,
        step("open", "/table"),
        step("storeText", "css=b", "seen"),
        step("executeScript", "return ${seen} + '!'", "louder"),
        step("assert", "louder", "it's 3 'owls'!"),
        step("storeXpathCount", "xpath=//i", "count"),
        step("verify", "count", "2"),
        step("executeScript", "return ${count} === '2'", "same"),
        step("assert", "same", "true"),
        step("storeJson", '{"a": 1}', "json"),
        step("executeAsyncScript", "return new Promise(done => setTimeout(() => done('late'), 50))", "late"),
        step("assert", "late", "late"),
        step("assertText", "css=b", "regexp:\\d 'o[wl]+s'"),
        step("assert", "late", "early"),
    )
    assert told.line == 13 and "early" in told.detail


def test_fields_are_asked_for_what_is_chosen_and_whether_they_take_anything(site):
    options = "<option value=1>One<option value=2>Two"
    site.pages["/fields"] = f"<select id=a>{options}</select><select multiple id=b>{options}</select><input disabled>"
    told = played(
        site,
        step("open", "/fields"),
        step("select", "id=a", "label=Two"),
        step("assertSelectedLabel", "id=a", "Two"),
        step("assertSelectedValue", "id=a", "2"),
        step("verifyNotSelectedValue", "id=a", "1"),
        step("addSelection", "id=b", "label=One"),
        step("addSelection", "id=b", "label=Two"),
        step("removeSelection", "id=b", "label=One"),
        step("executeScript", "return [...document.getElementById('b').selectedOptions].map(o => o.value)", "left"),
        step("assert", "left", '["2"]'),
        step("assertEditable", "id=a"),
        step("waitForElementNotEditable", "css=input", "500"),
        step("assertNotEditable", "id=a"),
    )
    assert told.line == 13, told.detail


def test_a_window_as_small_as_the_recorded_one_shows_what_was_shown_there(site):
    site.pages["/narrow"] = "<style>@media (min-width: 700px) { a { display: none } }</style><a href=/burger>Menu</a>"
    site.pages["/burger"] = "x"
    told = played(
        site, step("setWindowSize", "550x800"), step("open", "/narrow"), step("click", "linkText=Menu"), seconds=30
    )
    assert f"{site.url}burger" in told.visited, told.detail


def test_keys_are_pressed_by_the_names_that_recorders_know(site):
    site.pages["/keys"] = "<form action=/in><input name=q></form>"
    site.pages["/in"] = "x"
    typed = "abcd${KEY_BKSP}${KEY_LEFT}${KEY_DEL}${KEY_HOME}${KEY_INSERT}x${KEY_PGDN}${KEY_F2}${KEY_ENTER}"
    told = played(site, step("open", "/keys"), step("sendKeys", "name=q", typed))
    assert f"{site.url}in?q=xab" in told.visited, told.detail


LOCATORS = (
    *("linkText=Über “uns”", "link=Über “uns”", "partialLinkText=Über", "id=über", "xpath=//a", "//a", "css=a[href]"),
    *("name=da'hin", "class=way", "tagName=a"),
)


def test_elements_are_found_by_every_kind_of_locator(site):
    site.pages["/kinds"] = '<a class=way id=über name="da\'hin" href=/found>Über “uns”</a>'
    site.pages["/found"] = "<title>found</title>"
    each = [(step("open", "/kinds"), step("click", locator), step("assertTitle", "found")) for locator in LOCATORS]
    told = played(site, *[one for steps in each for one in steps])
    assert told.ok, told.detail


def test_another_locator_is_tried_only_when_the_first_finds_nothing_for_a_while(site):
    script = "setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<a id=next href=/right>Next</a>'), 400)"
    site.pages["/late"] = f"<a href=/wrong>Help</a><script>onload = () => {{ {script} }}</script>"
    site.pages["/wrong"] = site.pages["/right"] = "x"
    others = [["id=next", "id"], ["identifier=next", "unknown"], ["xpath=//a", "xpath:position"]]
    told = played(site, step("open", "/late"), step("click", "id=next", targets=others))
    assert f"{site.url}right" in told.visited
    not_there = step("waitForElementNotPresent", "id=gone", "500", targets=others)
    told = played(site, step("open", "/late"), not_there, step("click", "id=gone", targets=others[1:]))
    assert f"{site.url}wrong" in told.visited, told.detail


def test_whatever_a_page_says_can_be_stored_in_a_database(site):
    odd = "token\\u0000\\ud800" + "x" * 1000
    site.pages["/odd"] = f"<script>localStorage['{odd}'] = 1; function fail() {{ throw Error('{odd}') }}</script>"
    told = played(site, step("open", "/odd"), step("executeScript", "fail()"))
    said = f"{told.detail} {told.storage[0]}"
    assert told.line == 2 and said.encode() and "\0" not in said and len(told.storage[0]) <= 100


PLANTED = "pl4nted-s3cret"


@pytest.mark.parametrize(
    "form", ["method=post", "method=post enctype=multipart/form-data", "method=post enctype=text/plain", "method=get"]
)
def test_what_was_typed_into_a_password_field_is_told_to_nobody_whatever_the_field_is_called(site, form):
    site.pages["/pin"] = (
        f"<form {form} action=/in><input name=u><input type=password name=pin><button>x</button></form>"
    )
    site.pages["/in"] = "x"
    told = played(
        site,
        step("open", "/pin"),
        step("type", "name=u", "ada"),
        step("store", PLANTED, "known"),
        step("type", "name=pin", "${known}"),
        step("click", "css=button"),
        step("assertTitle", PLANTED, ""),
    )
    assert told.url.startswith(f"{site.url}in") and told.line == 6
    assert PLANTED not in f"{told.detail} {told.visited} {told.forms}"


def test_a_walk_goes_on_with_what_a_site_keeps_in_the_browser_and_tells_what_scripts_ask_for(site):
    site.pages |= {
        "/app": "<script>fetch(`/api?local=${localStorage.owl}&window=${sessionStorage.owl}`);"
        "fetch('/api?access_token=barn-owls-by-night')</script>",
        "/api": "{}",
    }
    kept = {"origins": [{"origin": site.url.rstrip("/"), "localStorage": [{"name": "owl", "value": "barn"}]}]}
    kept["window"] = [["owl", "snowy"]]
    told = play(task(site, ("open", "/app", ""), session=Session(storage=json.dumps(kept))))
    assert told.asked_for == (f"{site.url}api?local=barn&window=snowy",), told.detail
    assert json.loads(told.session.storage)["window"] == kept["window"] and "barn" in told.session.storage


def test_a_form_sent_as_multipart_seeds_the_crawl_with_its_fields(site):
    site.pages["/parts"] = (
        "<form method=post action=/in enctype=multipart/form-data><input name=q><input type=file name=f>"
        "<button>x</button></form>"
    )
    site.pages["/in"] = "x"
    told = played(site, step("open", "/parts"), step("type", "name=q", "öwls"), step("click", "css=button"))
    assert [(form.url, form.fields) for form in told.forms] == [(f"{site.url}in", (("q", "öwls"),))]


@pytest.mark.parametrize(
    "address",
    [f"/gone?password={PLANTED}", f"http://ada:{PLANTED}@other.example/", f"http://other.example/#token={PLANTED}"],
)
def test_an_address_that_fails_is_named_without_what_may_be_secret_in_it(site, address):
    def hang_up():
        raise ConnectionAbortedError

    site.pages["/gone"] = hang_up
    told = played(site, step("open", address))
    assert told.line == 1 and PLANTED not in told.detail


@pytest.mark.parametrize(
    ("command", "target", "value"),
    [
        ("open", "http://127.0.0.1:99999/", ""),
        ("open", "http://[/", ""),
        ("pause", "²", ""),
        ("selectFrame", "index=x", ""),
        ("setWindowSize", "large", ""),
        ("assertText", "css=p", "regexp:("),
        ("storeJson", "{", "x"),
    ],
)
def test_a_command_with_something_odd_in_it_fails_with_its_number(site, command, target, value):
    site.pages["/p"] = "<p>x</p>"
    told = played(site, step("open", "/p"), step(command, target, value))
    assert (told.reason, told.line, told.command) == ("step_failed", 2, command) and told.screenshot


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "http://169.254.169.254/", "chrome://version", "http://127.0.0.1:1/"]
)
def test_addresses_that_are_not_the_targets_are_refused(site, address):
    played = play(task(site, ("open", address, "")))
    assert played.reason == "address_not_allowed" and played.line == 1


def test_nothing_in_a_page_reaches_another_port(site, bystander):
    other = f"127.0.0.1:{bystander.port}"
    site.pages["/hostile"] = f"""<body><img src="http://{other}/img"><iframe src="http://{other}/frame"></iframe>
        <script>fetch("http://{other}/fetch", {{mode: "no-cors"}}); new WebSocket("ws://{other}/socket");
        navigator.sendBeacon("http://{other}/beacon"); window.open("http://{other}/popup");
        fetch("http://localhost:{bystander.port}/name", {{mode: "no-cors"}})</script>"""
    played = play(
        task(
            site,
            ("open", "/hostile", ""),
            ("pause", "800", ""),
            ("executeScript", f"location = 'http://{other}/go'", ""),
            ("pause", "500", ""),
        )
    )
    assert not bystander.asked
    assert played.reason == "address_not_allowed", played.detail


def test_no_call_between_browsers_reaches_another_port(site):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bystander:
        bystander.bind(("127.0.0.1", 0))
        bystander.setblocking(False)
        port = bystander.getsockname()[1]
        site.pages["/call"] = f"""<script>
            const call = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.1:{port}"}}]}})
            call.createDataChannel("x"); call.createOffer().then(offer => call.setLocalDescription(offer))
            call.onicegatheringstatechange = () => document.title = call.iceGatheringState</script>"""
        told = played(site, step("open", "/call"), step("assertTitle", "complete"))
        assert told.ok, told.detail
        with pytest.raises(BlockingIOError):
            bystander.recv(100)


def test_a_redirect_elsewhere_is_refused(site, bystander):
    site.location = f"http://127.0.0.1:{bystander.port}/"
    try:
        played = play(task(site, ("open", "/", "")))
    finally:
        site.location = ""
    assert played.reason == "address_not_allowed" and not bystander.asked


def test_an_endless_loop_is_ended_in_time_and_nothing_is_left(site, monkeypatch):
    ours = tempfile.mkdtemp()  # browsers of other tests run beside this one; a longer path is none for sockets
    monkeypatch.setattr("tempfile.tempdir", ours)
    monkeypatch.setattr(session, "_SECONDS_TO_SAY_SO", 5)
    endless = task(site, ("open", "/login", ""), ("executeScript", "while (true) {}", ""))
    played = play(endless, seconds=SECONDS_TO_REACH_THE_LOOP)
    assert (played.reason, played.line, played.command) == ("timed_out", 2, "executeScript")
    assert played.detail.startswith("Command 2, executeScript: ")
    assert ours not in processes()
    os.rmdir(ours)  # raises where something is left in it


def test_what_a_killed_worker_left_of_a_browser_goes_with_the_next_one(site, monkeypatch):
    ours = Path(tempfile.mkdtemp())
    monkeypatch.setattr("tempfile.tempdir", str(ours))
    left, in_use, somebody_s = ours / f"{session.HOMES}left", ours / f"{session.HOMES}in-use", ours / "browser-x"
    for folder in (left, in_use, somebody_s):
        (folder / "Default").mkdir(parents=True)
    for folder in (left, somebody_s):
        os.utime(folder, (0, 0))
    assert play(task(site, ("open", "/login", ""))).ok
    assert set(ours.iterdir()) == {in_use, somebody_s}
    shutil.rmtree(ours)


def test_the_command_at_which_the_time_was_over_is_named(site):
    told = played(site, step("open", "/login"), step("pause", "20000"), step("echo"), seconds=SECONDS_TO_REACH_THE_LOOP)
    assert (told.reason, told.line, told.command) == ("timed_out", 3, "echo") and told.screenshot


def test_a_browser_whose_worker_was_killed_ends_by_itself(site, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "_SECONDS_TO_SAY_SO", 5)
    endless = task(site, ("open", "/login", ""), ("executeScript", "while (true) {}", ""))
    job = session._job(endless, str(tmp_path), SECONDS_TO_REACH_THE_LOOP)
    answer = subprocess.run([sys.executable, str(session.PLAYER)], input=job, capture_output=True, timeout=60)
    assert answer.returncode == 1, answer.stdout  # what it says, it says only where it was not held in the loop
    until = time.monotonic() + 10  # its Chromium notices that it is alone
    while str(tmp_path) in processes() and time.monotonic() < until:
        time.sleep(0.1)
    assert str(tmp_path) not in processes()


def test_the_browser_runs_in_its_sandbox_unless_it_is_told_not_to(site, settings, monkeypatch):
    really_root = os.geteuid() == 0
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    played = play(task(site, ("open", "/", "")))
    assert "cannot make its sandbox" in played.detail if really_root else played.ok  # Chromium makes none for root
    settings.SCANS_CHROMIUM_SANDBOX = False
    assert play(task(site, ("open", "/", ""))).ok


@pytest.mark.parametrize(
    ("last_words", "told"),
    [
        ("FATAL:zygote_host_impl_linux.cc: No usable sandbox! See the docs.", "SCANS_CHROMIUM_SANDBOX=false"),
        ("error while loading shared libraries: libnss3.so", "unexpectedly: error while loading shared libraries"),
    ],
)
def test_a_browser_that_does_not_start_says_why(site, settings, tmp_path, last_words, told):
    settings.SCANS_CHROMIUM = tmp_path / "chromium"
    settings.SCANS_CHROMIUM.write_text(f"#!/bin/sh\necho '{last_words}' >&2; exit 1\n")
    settings.SCANS_CHROMIUM.chmod(0o755)
    played = play(task(site, ("open", "/", "")))
    assert played.reason == "browser_failed" and told in played.detail


def test_a_browser_that_dies_over_a_command_says_why():
    played = session._outcome((b'{"line": 1, "command": "open"}\n', b"MemoryError\n"))
    assert played.reason == "browser_failed" and "MemoryError" in played.detail


def test_without_a_browser_it_is_said_which_one_is_missing(site, settings):
    settings.SCANS_CHROMIUM = "/nowhere/chromium"
    assert play(task(site)).reason == "browser_missing"
