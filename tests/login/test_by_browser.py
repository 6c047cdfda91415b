"""Logging in with a real browser: forms that only scripts make, recorded scripts, and what they cannot give."""

import json

import pytest

from scans.engines.base import Seed
from scans.login.base import Login, Method
from scans.login.for_engine import new_login
from scans.login.logging_in import log_in, log_out
from scans.login.outcome import LoginFailed
from scans.prescan.checks import Target, check
from scans.reasons import Reason
from scans.targets.policy import TargetPolicy
from tests.eventually import eventually
from tests.sites.guarded import PASSWORD, TOKEN, USER, GuardedSite
from tests.sites.scripted import ScriptedSite

pytestmark = pytest.mark.browser
LOOPBACK = ("127.0.0.1",)
POLICY = TargetPolicy(["127.0.0.0/8"])
FORM = {"method": Method.FORM, "username": USER, "password": PASSWORD}
MADE_BY_SCRIPTS = """<!doctype html><title>Come in</title><div id="app"></div><script>
document.getElementById("app").innerHTML =
  '<form><input id="name" autocomplete="username"><input id="pass" type="password"><button>Log in</button></form>';
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const typed = {user: document.getElementById("name").value, password: document.getElementById("pass").value};
  const answer = await fetch("/login", {method: "POST", body: new URLSearchParams(typed), redirect: "manual"});
  /* KEEP */
  if (answer.type === "opaqueredirect") location.href = "/";
});</script>"""

BY_TOKEN = """<!doctype html><title>Owls</title><div id="app">
  <input id="name"><input id="pass" type="password"><button>Log in</button></div><script>
const ask = (token) => fetch("/api/me", token ? {headers: {Authorization: "Bearer " + token}} : {});
document.querySelector("button").addEventListener("click", async () => {
  const typed = {user: document.getElementById("name").value, password: document.getElementById("pass").value};
  const answer = await fetch("/login", {method: "POST", body: new URLSearchParams(typed)});
  if (!answer.ok) return;
  sessionStorage.access_token = "bearer-of-owls";
  document.getElementById("app").innerHTML = "Hello Alice";
  ask(sessionStorage.access_token);
});
/* AT ONCE */</script>"""

UNHIDES = """<!doctype html><link rel=stylesheet href=/s.css>
<form><input name="user"><input name="password" type="password"><button>Log in</button></form>
<p id="wrong" class="x1">Wrong user name or password.</p><p id="other" class="x1">The login server is away.</p><script>
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  await fetch("/login", {method: "POST", body: new URLSearchParams(new FormData(event.target))});
  document.getElementById("SHOWS").className = "";
});</script>"""

SENT_BY_SCRIPTS = """<form method="post"><input name="user"><input name="password" type="password"><button>In</button>
</form><script>document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  location.href = "/login?" + new URLSearchParams(new FormData(event.target));
});</script>"""


@pytest.fixture
def site():
    with GuardedSite(login_page=MADE_BY_SCRIPTS, same_browser=True) as site:
        yield site


def script(*steps):
    """A recording, as recorders export it."""
    commands = [
        {"id": str(number), "comment": "", "command": command, "target": target, "targets": [], "value": value}
        for number, (command, target, value) in enumerate(steps)
    ]
    test = {"id": "t", "name": "in", "commands": commands}
    project = {"id": "p", "version": "2.0", "name": "owls", "url": "", "tests": [test], "suites": [], "urls": []}
    return json.dumps({**project, "plugins": []})


ENTER = [("open", "/login", ""), ("type", "id=name", USER), ("type", "id=pass", PASSWORD), ("click", "css=button", "")]
SEE_IT = ("waitForElementPresent", "linkText=Log out", "5000")


def refused(site, **login):
    with pytest.raises(LoginFailed) as failed:
        log_in(Login(**login), site.url, LOOPBACK, POLICY)
    assert PASSWORD not in str(failed.value)
    return failed.value


def test_a_form_that_scripts_make_is_filled_in(site):
    logged_in = log_in(Login(**FORM), site.url, LOOPBACK, POLICY)
    assert {cookie.value for cookie in logged_in.session.cookies} & site.sessions
    assert "Alice" in logged_in.html and logged_in.login_url == f"{site.url}login"
    assert logged_in.screenshot.startswith(b"\x89PNG")
    assert len(site.attempts) == 1


def test_a_form_that_the_site_does_not_take_from_us_is_sent_by_its_scripts(site):
    site.login_page, site.takes_post = SENT_BY_SCRIPTS, False
    assert log_in(Login(**FORM), site.url, LOOPBACK, POLICY).session.cookies


def test_a_wrong_password_in_such_a_form_is_told_with_a_picture(site):
    failure = refused(site, **{**FORM, "password": "wrong"})
    assert failure.reason == "not_let_in" and failure.screenshot.startswith(b"\x89PNG")


def test_a_wrong_password_in_a_page_that_looks_alike_without_scripts_is_told_too(site):
    site.open, site.open_page = True, MADE_BY_SCRIPTS.replace("/* KEEP */", "localStorage.csrf_token = 'abc'")
    failure = refused(site, **{**FORM, "password": "wrong"})
    assert failure.reason == "not_let_in" and failure.why == Reason("page_asks_again", url=site.url)


@pytest.mark.parametrize(("shows", "reason"), [("wrong", "wrong_credentials"), ("other", "not_let_in")])
def test_a_refusal_that_scripts_unhide_is_read_as_a_person_sees_it(shows, reason):
    def answer(asked):
        if asked.path == "/s.css":
            return 200, ".x1 { display: none }", ("Content-Type", "text/css")
        return 200, UNHIDES.replace("SHOWS", shows) if asked.method == "GET" else '{"ok": false}'

    with ScriptedSite(answer) as site:
        failure = refused(site, **FORM)
    assert failure.reason == reason
    assert ("Wrong user name or password." in str(failure.why)) == (shows == "wrong")


def test_a_page_without_any_form_is_said(site):
    site.login_page = "<p>Nothing to see here.</p>"
    assert refused(site, **FORM).reason == "no_login_form"


def test_a_token_that_stays_in_the_browser_is_told(site):
    lets_in = "localStorage.access_token = 'abc'; document.getElementById('app').innerHTML = 'Hello'; return;"
    site.login_page, site.keeps_login = MADE_BY_SCRIPTS.replace("/* KEEP */", lets_in), False
    failure = refused(site, **FORM)
    assert failure.reason == "token_in_browser" and "access_token" in str(failure.why)


@pytest.fixture
def by_token():
    """A page that is alike for everybody, whose scripts get members' data by a header."""
    switches = {"scheme": "Bearer", "asks_at": "/api/me", "welcome": "{}", "refused": (403, "no")}
    with GuardedSite(login_page="", pages={"/": BY_TOKEN}, keeps_login=False, **switches) as site:
        yield site


def test_a_token_that_scripts_send_is_carried_and_proven_by_what_they_ask_for(by_token):
    report = check(Target(url=by_token.url, login=Login(**FORM)), POLICY, pictures=False)
    logged_in = report.logged_in
    assert logged_in.session.headers == (("authorization", f"Bearer {TOKEN}"),)
    assert logged_in.page_url == f"{by_token.url}api/me" and logged_in.screenshot
    assert report.seeds == (Seed(method="GET", url=f"{by_token.url}api/me"),)
    assert TOKEN in logged_in.session.storage and not new_login(Login(**FORM), logged_in).session.storage


@pytest.mark.parametrize("at", ["/api/me", "/held"], ids=["answered", "not answered before the login"])
def test_a_token_that_strangers_have_too_is_no_login(by_token, at):
    def held():
        eventually(lambda: by_token.attempts, seconds=10)
        return "{}"

    by_token.pages["/held"] = held
    asks = f"fetch('{at}', {{headers: {{Authorization: 'Bearer {TOKEN}'}}}});"
    by_token.pages["/"] = BY_TOKEN.replace("/* AT ONCE */", asks)
    failure = refused(by_token, **FORM)
    assert failure.reason == "token_in_browser" and "access_token" in str(failure.why)


def test_a_login_script_is_played_and_its_session_proven(site):
    login = Login(method=Method.SCRIPT, login_script=script(*ENTER, SEE_IT), logged_in="Alice")
    logged_in = log_in(login, site.url, LOOPBACK, POLICY)
    assert {cookie.value for cookie in logged_in.session.cookies} & site.sessions


def test_a_login_script_that_ends_without_a_login_is_not_believed(site):
    failure = refused(site, method=Method.SCRIPT, login_script=script(("open", "/login", "")))
    assert failure.reason == "not_let_in" and failure.screenshot


def test_a_step_that_fails_is_named_by_its_line(site):
    broken = script(*ENTER[:2], ("waitForElementPresent", "id=nothing", "200"))
    failure = refused(site, method=Method.SCRIPT, login_script=broken)
    assert (failure.reason, failure.line, failure.step) == ("step_failed", 3, "login script")


UNKNOWN_COMMAND = script(("fly", "", ""))


@pytest.mark.parametrize(("text", "reason"), [("{", "script_malformed"), (UNKNOWN_COMMAND, "unsupported_command")])
def test_a_script_that_cannot_be_played_is_refused(site, text, reason):
    assert refused(site, method=Method.SCRIPT, login_script=text).reason == reason


def test_a_logout_script_is_played_and_its_effect_seen(site):
    out = Login(method=Method.HEADERS, logout_script=script(("open", "/logout", "")))
    site.sessions = {"abc"}
    logged_in = log_in(Login(method=Method.HEADERS, cookies="session=abc"), site.url, LOOPBACK, POLICY)
    log_out(out, logged_in.session, site.url, LOOPBACK, POLICY)
    assert not site.sessions


def test_a_logout_script_without_effect_is_said(site):
    out = Login(method=Method.HEADERS, logout_script=script(("open", "/", "")))
    site.sessions = {"abc"}
    logged_in = log_in(Login(method=Method.HEADERS, cookies="session=abc"), site.url, LOOPBACK, POLICY)
    with pytest.raises(LoginFailed) as failed:
        log_out(out, logged_in.session, site.url, LOOPBACK, POLICY)
    assert failed.value.reason == "not_logged_out"
