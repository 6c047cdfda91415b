"""Finding the login form among others, and sending what a browser would send."""

from time import process_time
from urllib.parse import parse_qsl

import httpx
import pytest

from scans.login import signs
from scans.login.base import Login, Method
from scans.login.login_form import asks_for_login, find, find_name_form
from scans.login.page import Page

URL = "http://owls.example/members/login?next=%2Fa"
USER_AND_PASSWORD = '<input name="u"><input type="password" name="p">'


def page(html, url=URL):
    return Page(url, 200, httpx.Headers(), html)


def form(html, **login):
    return find(page(html), Login(method=Method.FORM, **login))


def sent(found):
    return parse_qsl(found.filled("alice", "owls")[0].decode(), keep_blank_values=True)


@pytest.mark.parametrize(
    "html",
    [
        f"<form method=post>{USER_AND_PASSWORD}",
        f"<FORM METHOD='POST'><table><tr><td>{USER_AND_PASSWORD}</table></FORM>",
        f"<table><form method=post><tr><td>{USER_AND_PASSWORD}</td></tr></form></table>",
        f"<div><form method=post></div>{USER_AND_PASSWORD}</form>",
        "<form method=post id=f></form><input name=u form=f><input type=PASSWORD name=p form=f>",
        f"<form method=post action=/r>{USER_AND_PASSWORD}<input type=password name=p2></form>"
        f"<form method=post>{USER_AND_PASSWORD}</form>",
        f"<form method=post action=/register>{USER_AND_PASSWORD}</form><form method=post>{USER_AND_PASSWORD}</form>",
        f"<form method=post action=/r><input name=a><input name=b>{USER_AND_PASSWORD}</form>"
        f"<form method=post>{USER_AND_PASSWORD}</form>",
        "<form method=post><input name=search type=search><input name=u type=email><input name=p type=password>",
        "<form method=post><input name=u autocomplete=username><input name=domain><input name=p type=password>",
        "<form method=post><input name=p type=password><input name=u>",
        "<form method=post><input name=u><input type=password name=p autocomplete=new-password><button>Log in",
        "<form method=post><input name=u type=username><input name=p type=password>",
    ],
)
def test_the_login_form_is_told_from_others_and_its_fields_by_their_place(html):
    found = form(html)
    assert (found.method, found.action, found.username_field, found.password_field) == ("POST", URL, "u", "p")


@pytest.mark.parametrize(
    "html",
    [
        "",
        "\x00<![if",
        "<form method=post><input name=q></form>",
        "<form method=post><input type=password name=a><input type=password name=b></form>",
        "<form method=post><input name=u><input type=password name=p autocomplete=new-password></form>",
        "<form method=post><input name=u><input type=password name=p autocomplete=new-password>"
        "<button>Register and log in</button></form>",
    ],
)
def test_a_page_without_a_login_form_has_none(html):
    assert form(html) is None and not asks_for_login(page(html))


@pytest.mark.parametrize(
    "html",
    [
        f"<form>{USER_AND_PASSWORD}</form>",  # its password would stand in the address
        f"<form method=post action='javascript:go()'>{USER_AND_PASSWORD}</form>",
        "<form method=post><input id=u><input type=password id=p></form>",
        USER_AND_PASSWORD,
    ],
)
def test_a_form_that_only_scripts_send_is_seen_but_not_used(html):
    assert form(html) is None and asks_for_login(page(html))


def test_what_nobody_touched_is_sent_as_a_browser_would():
    found = form(
        f"""<form method=post action="../in#top">{USER_AND_PASSWORD}
        <input type=hidden name=token value="a&amp;b ü"><input name=empty><input name=off disabled value=1>
        <input type=checkbox name=c1 checked><input type=checkbox name=c2 value=2><input type=radio name=r value=1>
        <input type=radio name=r value=2 checked><select name=s><option>one<option value=2 selected>two</select>
        <select name=d><option>first<option>second</select><textarea name=t>text</textarea><input type=file name=f>
        <input type=reset name=reset><button type=button name=other>x</button><input type=submit name=go value=Go>
        <button name=later value=1>Later</button></form>"""
    )
    assert found.action == "http://owls.example/in"
    assert sent(found) == [
        *[("u", "alice"), ("p", "owls"), ("token", "a&b ü"), ("empty", ""), ("c1", "on"), ("r", "2"), ("s", "2")],
        *[("d", "first"), ("t", "text"), ("f", ""), ("go", "Go")],
    ]


@pytest.mark.parametrize(
    "fields",
    [
        "<input name=u><input name=company><input type=password name=p>",
        "<input name=company placeholder=Company><input name=u><input type=password name=p><input name=captcha_code>",
        "<input name=q type=search><input name=u type=email><input name=note><input type=password name=p>",
        "<input name=u type=tel><input type=password name=p>",
        "<input name=u><input name=trap style='display: none'><input type=password name=p>",
        "<input name=u><div class='visually-hidden'><input name=email></div><input type=password name=p>",
        "<input name=u><input name=server value=a readonly><input type=password name=p>",
        "<input name=u aria-label='Your account'><input name=x9><input type=password name=p>",
        "<style>.trap, .b { position: absolute; left: -9999px }</style>"
        "<input name=u><input name=email2 class=trap><input type=password name=p>",
        "<input type=password name=decoy style='display:none'><input name=u><input type=password name=p>",
    ],
)
def test_the_user_name_goes_into_its_field_whatever_else_the_form_asks_for(fields):
    found = form(f"<form method=post>{fields}<button>Log in</button></form>")
    assert (found.username_field, found.password_field) == ("u", "p")


def test_a_form_that_is_hidden_as_a_whole_is_the_login_form_nevertheless():
    modal = f"<div class=modal hidden><form method=post>{USER_AND_PASSWORD}</form></div>"
    inside = f"<form method=post><div style='display:none'>{USER_AND_PASSWORD}</div></form>"
    for html in (modal, inside):
        assert (form(html).username_field, form(html).password_field) == ("u", "p")


def name_form(html, url=URL, **login):
    return find_name_form(page(html, url), Login(method=Method.FORM, **login))


@pytest.mark.parametrize(
    "html",
    [
        "<form method=post><input name=u type=email autocomplete=username><input name=password type=password "
        "style='display:none' tabindex=-1 aria-hidden=true><button>Next</button></form>",
        "<style>@media print { .x { display: none } } .ghost{display:none}</style><form method=post><input name=u>"
        "<input name=p type=password class=ghost><button>Next</button></form>",
        "<form method=post><label>x</label><input name=u><span hidden><input type=password name=p></span><button>Go",
        "<h1>Sign in</h1><form method=post><input name=u autocomplete='username webauthn'><button>Next</button></form>",
        "<form method=post action=/identifier><input name=u id=user_login type=tel><button>Weiter</button></form>",
        "<form method=post><input name=u><button>Sign in</button></form>",
        "<h1>Sign in</h1><form method=post><input name=u type=email><button>Continue</button></form>",
        "<h2>Bitte anmelden</h2><form method=post><label for=x>Kennung</label><input id=x name=u><input type=submit>",
        "<title>Sign in</title><form method=post><label>User ID <input name=u></label><button>Next</button></form>",
    ],
)
def test_a_form_that_asks_for_the_name_alone_is_the_first_of_two_steps(html):
    found = name_form(html)
    assert (found.username_field, found.password_field, form(html)) == ("u", "", None)
    assert "p=owls" not in found.filled("alice", "owls")[0].decode()


@pytest.mark.parametrize(
    "html",
    [
        "<form method=post><input name=email type=email><button>Subscribe to our newsletter</button></form>",
        "<form method=get action=/search><input name=q><button>Search</button></form>",
        "<form method=post action=/register><input name=email type=email><button>Next</button></form>",
        "<form method=post><input name=comment><button>Send</button></form>",
        "<form method=post><label for=c>User comment</label><input id=c name=c><button>Send</button></form>",
        "<h1>Sign in</h1><form method=post><label>Company <input name=c></label><button>Next</button></form>",
        f"<form method=post>{USER_AND_PASSWORD}<button>Log in</button></form>",
    ],
)
def test_other_forms_with_one_field_begin_no_login(html):
    assert name_form(html, "http://owls.example/start") is None


def test_a_style_for_paper_hides_nothing_on_the_screen():
    styles = "<style media=print>.f{display:none}</style><style>@media print{.f{display:none}}.g{display:none}</style>"
    found = form(f"{styles}<form method=post><input name=u class=f><input type=password name=p class=f></form>")
    assert (found.username_field, found.password_field) == ("u", "p")


def test_a_form_that_asks_for_a_password_alone_is_filled_in():
    assert sent(form("<form method=post><input type=password name=p></form>")) == [("p", "owls")]


def test_a_button_and_a_base_may_say_where_the_form_goes():
    found = form(f"<base href='/app/'><form method=post action=a>{USER_AND_PASSWORD}<button formaction=b>in</button>")
    assert found.action == "http://owls.example/app/b"


@pytest.mark.parametrize(
    "piece",
    ["<a href=x>", "<div ", "<!--", "<button>", "<form>", "<input name=u><div>", "<input name=", "verif", " otp"],
)
def test_a_page_made_to_be_hard_to_read_is_read_in_time(piece):
    hostile = page((piece * 100_000)[:200_000])
    started = process_time()
    find(hostile, Login(method=Method.FORM))
    asks_for_login(hostile)
    (
        signs.login_links(hostile),
        signs.offers_logout(hostile),
        signs.wants_code(hostile),
        signs.is_locked(hostile, hostile),
    )
    assert process_time() - started < 8


def test_a_page_that_declares_itself_xml_is_read():
    head = '<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
    assert (
        form(f"{head}<body>ü<form method='post'><p>{USER_AND_PASSWORD}</p></form></body></html>").username_field == "u"
    )


def test_fields_may_be_named_by_their_identifiers():
    found = form(
        "<form method=post><input name=x id=user><input name=y><input name=z id=secret type=text></form>"
        f"<form method=post>{USER_AND_PASSWORD}</form>",
        username_field="user",
        password_field="secret",
    )
    assert (found.username_field, found.password_field) == ("x", "z")


@pytest.mark.parametrize("text", ["Log in", "Sign-in", "Anmelden", "Connexion", "Iniciar sesión", "Войти", "ログイン"])
def test_the_way_in_is_found_in_several_languages(text):
    assert signs.login_links(page(f"<a href='/x'>Owls</a><a href='/y'>{text}</a>")) == ["http://owls.example/y"]


def test_a_refresh_whose_seconds_have_more_digits_than_python_reads_leads_nowhere():
    assert page(f'<meta http-equiv="refresh" content="{"9" * 5000}; url=/x">').next_url == ""


@pytest.mark.parametrize("text", ["Log out", "Sign off", "Abmelden", "Déconnexion", "Cerrar sesión", "Выйти", "退出"])
def test_the_way_out_is_found_in_several_languages(text):
    out = page(f"<a href='/y?a=1&do=2'>{text}</a><form action='/z' method=post><button>{text}</button></form>")
    assert signs.logout_urls(out) == ("http://owls.example/y?a=1&do=2", "http://owls.example/z")
    assert not signs.login_links(out)


def test_the_way_out_is_cut_down_to_what_makes_it_so():
    marks = signs.logout_marks([f"http://o/doku.php?id={name}&do=logout" for name in "ab"] + ["http://o/logout?t=1"])
    assert marks == ("?do=logout", "http://o/logout")  # the first at any path
    assert signs.logout_marks(["http://o/y?a=1"]) == ("http://o/y?a=1",)
