"""A login form is filled in as a person does, on whatever page or frame the browser shows it."""

import pytest

from scans.browser import LoginForm, Task
from tests.browser.playing import play

pytestmark = pytest.mark.browser


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


def test_a_password_field_that_the_button_shows_in_the_same_form_is_filled_in_before_anything_is_sent(site):
    site.pages["/unfolds"] = (
        "<h1>Sign in</h1><form action=/login method=post><label>Kennung <input name=x1></label>"
        "<p hidden id=more><input type=password name=p></p><button>Next</button></form>"
        "<script>document.forms[0].onsubmit = () => { const asked = !more.hidden; more.hidden = false; return asked }"
        "</script>"
    )
    assert sent_from(site, "unfolds") == ["x1=ada&p=byron"]


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


def test_a_password_that_nobody_sees_is_not_typed_and_the_name_goes_where_it_belongs(site):
    after = "<form action=/login method=post><input type=password name=password><button>in</button></form>"
    site.pages["/hidden"] = (
        "<style>.x { opacity: 0; position: absolute }</style><h1>Sign in</h1>"
        "<form onsubmit='next(); return false'><input name=company><input name=z9 aria-label=Account>"
        "<input name=password type=password class=x><button>Next</button></form><script>function next() {"
        f"document.title = document.forms[0].z9.value; document.body.innerHTML = `{after}` }}</script>"
    )
    assert sent_from(site, "hidden") == ["password=byron"]


def test_a_form_in_a_frame_is_filled_in_with_the_boxes_that_it_requires(site):
    site.pages["/inner"] = (
        "<form action=/login method=post><input name=user><input type=password name=password>"
        "<input type=checkbox name=terms required><select name=realm required><option value=''>-<option>local</select>"
        "<button name=b value=0 formaction=/register>Register</button><button name=b value=1>Log in</button></form>"
    )
    site.pages["/outer"] = "<h1>Welcome</h1><script>0</script><iframe src=/inner width=600 height=400></iframe>"
    assert sent_from(site, "outer") == ["user=ada&password=byron&terms=on&realm=local&b=1"]


def test_a_page_whose_frame_is_of_another_site_names_it(site):
    site.pages["/framed"] = "<iframe src='http://sso.example/login?token=1' width=600 height=400></iframe>"
    form = LoginForm(url=f"{site.url}framed", username="ada", password="lovelace")
    played = play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, form=form))
    assert played.reason == "form_in_frame" and played.detail.facts["address"] == "http://sso.example/login"
