"""Forms as real sites have them: over HTTP where no script is in the way, in a browser where one is."""

import pytest

from scans.login import by_browser
from scans.reasons import Reason
from tests.login.entering import PLAIN_FORM, entered, holds, refused
from tests.sites.guarded import GuardedSite
from tests.sites.scripted import ScriptedSite

IN = (303, "", ("Location", "/"), ("Set-Cookie", "sid=ok42ok42ok42; Path=/"))
MEMBERS = (200, "<h1>Your orders</h1><a href=/logout>Sign out</a>")
NAME_STEP = (
    "<h1>Sign in</h1><form method=post action=/name><input name=login type=email autocomplete=username>{}"
    "<button>Next</button></form>"
)
PASSWORD_STEP = (
    "<h1>Enter your password</h1><form method=post action=/password><input type=hidden name=login value='{}'>"
    "<input name=password type=password><button>Sign in</button></form>"
)
BROWSER = pytest.mark.browser


def site_of(pages, is_right):
    """A site with these pages for strangers by path, which lets in whoever sends a form that `is_right`."""

    def answer(asked):
        if "sid=ok42ok42ok42" in asked.cookies:
            return MEMBERS
        if asked.method == "POST":
            return IN if is_right(asked) else (200, pages[asked.path] if asked.path in pages else pages["/"])
        return 200, pages.get(asked.path, pages["/"])

    return ScriptedSite(answer)


def in_two_steps(decoy, second=PASSWORD_STEP):
    """A site that asks for the name, then for the password."""

    def answer(asked):
        if "sid=ok42ok42ok42" in asked.cookies:
            return MEMBERS
        if asked.method != "POST":
            return 200, NAME_STEP.format(decoy)
        form = asked.form()
        if asked.path == "/name":
            return 200, second.format(form["login"])
        if (form.get("login"), form.get("password")) == ("ada@example.com", "secret-42"):
            return IN
        return 200, "<p>Wrong password</p>" + second.format(form.get("login"))

    return ScriptedSite(answer)


ADA = {"username": "ada@example.com", "password": "secret-42"}


@pytest.mark.parametrize(
    "decoy",
    [
        "",
        "<input name=password type=password style='display:none' tabindex=-1 aria-hidden=true>",
        "<div class=sr-only><input name=password type=password></div>",
        "<style>.pm{position:absolute;left:-9999px}</style><input name=password type=password class=pm>",
    ],
)
def test_the_name_is_sent_first_and_the_password_on_the_next_page(decoy):
    with in_two_steps(decoy) as site:
        logged_in = entered(site, **ADA)
        assert [asked.path for asked in site.posted] == ["/name", "/password"]
        assert not site.posted[0].form().get("password") and site.posted[1].form()["login"] == ADA["username"]
    assert logged_in.login_pattern and logged_in.logout_urls


def test_a_password_field_that_only_another_file_s_style_hides_costs_no_second_try():
    hidden_elsewhere = "<link rel=stylesheet href=/s.css><input name=password type=password class=x1>"
    with in_two_steps(hidden_elsewhere) as site:
        assert entered(site, **ADA).session.cookies
        assert [asked.path for asked in site.posted] == ["/name", "/password"]


@pytest.mark.parametrize(
    ("second", "username"),
    [
        (PASSWORD_STEP.replace("type=hidden name=login", "name=login readonly"), "ada@example.com"),
        (PASSWORD_STEP.replace("type=hidden name=login", "name=login type=email"), "ada@example.com"),
    ],
)
def test_the_name_that_stands_on_the_second_page_is_sent_as_it_is(second, username):
    with in_two_steps("", second) as site:
        entered(site, **ADA)
        assert site.posted[1].form()["login"] == username


def test_a_wrong_password_in_the_second_step_is_told_in_the_site_s_words():
    with in_two_steps("") as site:
        failure = refused(site, username="ada@example.com", password="wrong")
        assert (failure.reason, failure.why.facts["text"]) == ("wrong_credentials", "Wrong password")
        assert [asked.path for asked in site.posted] == ["/name", "/password"]


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        ("<p class=error>We do not know this account: user not found.</p>", "wrong_credentials", "user not found"),
        ("<p role=alert>Something went wrong.</p>", "not_let_in", "Something went wrong"),
        ("<h1>Welcome to our shop</h1>" + "<p>a</p><p>b</p><p>c</p>", "no_login_form", "asks for no password"),
    ],
)
def test_a_site_that_asks_for_no_password_after_the_name_is_told_by_what_it_shows(answer, reason, words):
    first = NAME_STEP.format("")
    with ScriptedSite(lambda asked: (200, first if asked.method == "GET" else answer)) as site:
        failure = refused(site, **ADA)
    assert failure.reason == reason and words in str(failure.why)


# Refusals


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        ("<p>Invalid user name or password.</p>", "wrong_credentials", "Invalid user name or password."),
        ("<div>Das Passwort ist falsch.</div>", "wrong_credentials", "Das Passwort ist falsch."),
        ("<p>Identifiant ou mot de passe incorrect</p>", "wrong_credentials", "mot de passe incorrect"),
        ("<p>Please enter a correct username and password.</p>", "wrong_credentials", "enter a correct username"),
        ("<p>Login failed</p>", "not_let_in", "Login failed"),
        ("<p>Invalid CSRF token. Please log in again.</p>", "not_let_in", "Invalid CSRF token"),
        ("<div class=alert>Cookies must be enabled.</div>", "not_let_in", "Cookies must be enabled"),
        ("", "not_let_in", "asks for the login again"),
    ],
)
def test_credentials_are_wrong_only_if_the_site_says_so(answer, reason, words):
    with site_of({"/": PLAIN_FORM}, lambda _: False) as site:
        before, site.answer = (
            site.answer,
            lambda asked: (200, answer + PLAIN_FORM) if asked.method == "POST" else (200, PLAIN_FORM),
        )
        failure = refused(site, password="something else")
    assert (failure.reason, before is None) == (reason, False)
    assert words in str(failure.why)
    told = f"{failure.why} {failure.next_step}".lower()
    assert reason == "wrong_credentials" or "wrong password" not in told


def test_a_text_with_the_password_in_it_is_not_quoted():
    page = "<p>Login failed for {}</p>" + PLAIN_FORM
    answer = lambda asked: (200, page.format(asked.form()["password"]) if asked.method == "POST" else PLAIN_FORM)  # noqa: E731
    with ScriptedSite(answer) as site:
        assert str(refused(site, password="s3cret-word").why).count("“") == 0


# Frames


FRAME = (
    "<form method=post action=/in target=_top><input name=user><input type=password name=pass><button>Log in</button>"
)


@pytest.mark.parametrize(
    "outer",
    [
        "<h1>Welcome</h1><iframe src=/box></iframe>",
        "<frameset cols='20%,80%'><frame src=/menu><frame src=/box></frameset>",
        "<iframe style='display:none' src=/tracker></iframe><iframe src='box?x=1'></iframe>",
        f"<iframe srcdoc='{FRAME}'></iframe>",
    ],
)
def test_a_form_in_a_frame_of_the_same_site_is_found(outer):
    pages = {"/": outer, "/box": FRAME, "/menu": "<a href=/x>Menu</a>"}
    with site_of(pages, lambda asked: asked.body == b"user=ada&pass=secret-42") as site:
        assert entered(site, username="ada", password="secret-42").session.cookies
        assert [asked.path for asked in site.posted] == ["/in"]


def test_a_wrong_password_in_a_frame_is_told_by_the_frame_that_asks_again():
    with site_of({"/": "<h1>Welcome</h1><iframe src=/box></iframe>", "/box": FRAME}, lambda _: False) as site:
        failure = refused(site)
    assert failure.reason == "not_let_in" and failure.why.facts["url"] == f"{site.url}box"


def test_a_form_in_a_frame_of_another_site_is_named_by_its_address(monkeypatch):
    monkeypatch.setattr(by_browser.browser, "is_there", lambda: False)
    monkeypatch.setattr(by_browser, "fill", _finds_nothing)
    outer = "<iframe src='https://sso.example/login?x=secret'></iframe>"
    with site_of({"/": outer}, lambda _: False) as site:
        failure = refused(site)
    assert failure.reason == "form_in_frame" and "https://sso.example/login," in str(failure.why)


def _finds_nothing(*_):
    raise by_browser.LoginFailed("no_login_form", Reason("page_without_password", url="x"), "login form")


def test_a_site_made_of_frames_is_proven_by_what_is_in_them():
    outer = "<frameset cols='*'><frame src=/main></frameset>"

    def answer(asked):
        member = "sid=ok42ok42ok42" in asked.cookies
        if asked.method == "POST":
            return IN
        if asked.path == "/main":
            return MEMBERS if member else (200, FRAME)
        return 200, outer

    with ScriptedSite(answer) as site:
        logged_in = entered(site, username="ada", password="secret-42")
        assert logged_in.page_url == f"{site.url}main"


# Scripts


SEAL = """<form method=post action=/in onsubmit="return seal(this)"><input name=user>
<input type=password name=pass><input type=hidden name=digest><input type=submit value=Login></form>
<script>function seal(f) { f.digest.value = f.pass.value.split("").reverse().join(""); f.pass.value = ""; return true }
</script>"""
LISTENS = SEAL.replace(' onsubmit="return seal(this)"', "").replace(
    "</script>", "document.forms[0].addEventListener('submit', (e) => seal(e.target))</script>"
)
POSTBACK = """<form method=post action=/in><input type=hidden name=target><input name=user>
<input type=password name=pass><input type=hidden name=digest>
<a href="javascript:__doPostBack('go')">Log in</a></form><script>
function __doPostBack(target) { const f = document.forms[0]; f.target.value = target;
f.digest.value = f.pass.value.split("").reverse().join(""); f.pass.value = ""; f.submit() }</script>"""
BUTTON = SEAL.replace("<input type=submit value=Login>", '<button type=button onclick="go()">Login</button>').replace(
    "</script>", "function go() { const f = document.forms[0]; if (seal(f)) f.submit() }</script>"
)
FRAMED = f"<iframe srcdoc='{SEAL.replace(chr(39), '&#39;')}'></iframe>"


@BROWSER
@pytest.mark.parametrize("page", [SEAL, LISTENS, POSTBACK, BUTTON], ids=["onsubmit", "listener", "postback", "button"])
def test_a_form_whose_script_changes_what_is_sent_is_filled_in_by_the_browser(page):
    def is_right(asked):
        form = asked.form()
        return (form["user"], form["digest"], form["pass"]) == ("admin", "24-terces", "")

    with site_of({"/": page}, is_right) as site:
        logged_in = entered(site, username="admin", password="secret-42")
        assert logged_in.session.cookies and logged_in.screenshot
        assert len(site.posted) == 1  # no wrong try over HTTP before it
        failure = refused(site, username="admin", password="something else")
        assert failure.reason == "not_let_in" and len(site.posted) == 2


@BROWSER
def test_a_script_file_a_cookie_and_a_hidden_field_of_scripts_are_not_missed():
    script = "document.cookie = 'js=1; path=/'; document.forms[0].proof.value = 'made'"
    form = "<form method=post><input name=user><input type=password name=pass><input type=hidden name=proof><button>Go"

    def answer(asked):
        if "sid=ok42ok42ok42" in asked.cookies:
            return MEMBERS
        if asked.path == "/app.js":
            return 200, script, ("Content-Type", "text/javascript")
        if asked.method == "GET":
            return 200, f"<title>Sign in</title>{form}</form><script src=/app.js></script>"
        safe = (*IN, ("Set-Cookie", "safe=1; HttpOnly; Secure"))
        return safe if asked.form()["proof"] == "made" and "js=1" in asked.cookies else (200, form)

    with ScriptedSite(answer) as site:
        flags = {(one.name, one.http_only, one.secure) for one in entered(site).session.cookies}
        assert flags == {("js", False, False), ("sid", False, False), ("safe", True, True)}
        assert len(site.posted) == 1


@BROWSER
def test_what_the_site_says_in_the_browser_is_quoted():
    page = SEAL + "<p id=m></p><script>if (location.search) m.textContent = 'Invalid user name or password'</script>"
    with site_of({"/": page}, lambda _: False) as site:
        before = site.answer
        site.answer = lambda asked: (303, "", ("Location", "/?e=1")) if asked.method == "POST" else before(asked)
        failure = refused(site, username="admin", password="something else")
    assert failure.reason == "wrong_credentials" and "Invalid user name or password" in str(failure.why)


def test_without_a_browser_the_form_is_sent_as_it_stands_and_the_refusal_says_so(monkeypatch):
    monkeypatch.setattr(by_browser.browser, "is_there", lambda: False)
    with site_of({"/": SEAL}, lambda asked: asked.form()["pass"] == "secret-42") as site:
        assert entered(site, username="admin", password="secret-42").session.cookies
        failure = refused(site, username="admin", password="something else")
    assert failure.reason == "browser_missing" and "Only a browser runs them" in str(failure.why)


def test_a_page_without_scripts_needs_no_browser(monkeypatch):
    monkeypatch.setattr(by_browser, "fill", lambda *_: pytest.fail("no browser is needed"))
    harmless = "<script type=application/json>{}</script><script src=https://stats.example/x.js></script>"
    with GuardedSite() as site:
        site.login_page = f"<body onload='document.forms[0].user.focus()'>{harmless}{PLAIN_FORM}"
        assert entered(site).session.cookies


# Single-page applications


APP = """<title>Owls</title><div id=app></div><script>
const app = document.getElementById("app");
const form = '<h1>Sign in</h1><input id=name><input id=pass type=password><button>Log in</button>';
async function start() {
  const me = await (await fetch("/api/me", WITH)).json();
  app.innerHTML = me.user ? "Owls" : form;
  app.querySelector("button")?.addEventListener("click", async () => {
    const typed = {user: app.querySelector("#name").value, password: app.querySelector("#pass").value};
    const answer = await fetch("/api/login", {method: "POST", body: JSON.stringify(typed)});
    THEN
  });
}
start();</script>"""
BY_COOKIE = APP.replace("WITH", "{}").replace(
    "THEN", "if (answer.ok) start(); else app.append((await answer.json()).message)"
)
BY_STORED_TOKEN = APP.replace(
    "WITH", "{headers: localStorage.jwt ? {Authorization: 'Bearer ' + localStorage.jwt} : {}}"
)
BY_STORED_TOKEN = BY_STORED_TOKEN.replace(
    "THEN", "if (answer.ok) { localStorage.jwt = (await answer.json()).jwt; app.innerHTML = 'Owls'; }"
)
TOKEN = "eyJhbGciOi.owls-by-night"


def application(page, strangers):
    """A single-page application: one page for everybody, and `strangers` get this at /api/me."""

    def answer(asked):
        member = "sid=ok42ok42ok42" in asked.cookies or asked.headers.get("authorization") == f"Bearer {TOKEN}"
        kind = ("Content-Type", "application/json")
        if asked.path == "/api/me":
            return (200, '{"user": {"id": 7}}', kind) if member else (*strangers, kind)
        if asked.path == "/api/login":
            if b"secret-42" in asked.body:
                return 200, f'{{"jwt": "{TOKEN}"}}', kind, *([] if "jwt" in page else [IN[3]])
            return 422, '{"message": "Password is wrong or user unknown"}', kind
        return 200, page

    return ScriptedSite(answer)


@BROWSER
@pytest.mark.parametrize("strangers", [(200, '{"user": null}'), (200, "{}"), (401, '{"error": "no"}')])
def test_an_application_whose_page_looks_alike_is_proven_by_what_its_scripts_are_told(strangers):
    with application(BY_COOKIE, strangers) as site:
        logged_in = entered(site, username="ada", password="secret-42")
        assert logged_in.page_url == f"{site.url}api/me"
        assert holds(site, logged_in)
        site.answer = lambda _: (200, '{"user": null}', ("Content-Type", "application/json"))
        assert strangers[0] == 401 or not holds(site, logged_in)


@BROWSER
def test_a_token_that_is_only_kept_at_the_login_is_sent_when_the_page_is_loaded_once_more():
    with application(BY_STORED_TOKEN, (200, '{"user": null}')) as site:
        logged_in = entered(site, username="ada", password="secret-42")
    assert logged_in.session.headers == (("authorization", f"Bearer {TOKEN}"),)
    assert logged_in.page_url == f"{site.url}api/me"


@BROWSER
def test_an_application_s_own_words_for_a_wrong_password_are_quoted():
    with application(BY_COOKIE, (200, '{"user": null}')) as site:
        failure = refused(site, username="ada", password="nope")
    assert failure.reason == "wrong_credentials" and "Password is wrong" in str(failure.why)
