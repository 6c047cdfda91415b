"""What is sent for a form is what a browser sends, to the byte."""

import httpx
import pytest

from scans.login.base import Login, Method
from scans.login.login_form import find
from scans.login.page import Page

FIELDS = '<input name="u"><input type="password" name="p">'


def body_of(html, encoding="utf-8", username="anna", password="Grüße ☃"):  # noqa: S107 - made up
    page = Page("http://owls.example/in", 200, httpx.Headers(), html, encoding=encoding)
    return find(page, Login(method=Method.FORM)).filled(username, password)


@pytest.mark.parametrize(
    ("form", "encoding", "password"),
    [
        ("<form method=post>", "utf-8", "Gr%C3%BC%C3%9Fe+%E2%98%83"),
        ("<form method=post>", "cp1252", "Gr%FC%DFe+%26%239731%3B"),
        ("<form method=post>", "koi8-r", "Gr%26%23252%3B%26%23223%3Be+%26%239731%3B"),
        ("<form method=post>", "utf-16-le", "Gr%C3%BC%C3%9Fe+%E2%98%83"),
        ("<form method=post accept-charset=utf-8>", "cp1252", "Gr%C3%BC%C3%9Fe+%E2%98%83"),
        ("<form method=post accept-charset='klingon ISO-8859-1'>", "utf-8", "Gr%FC%DFe+%26%239731%3B"),
        ("<form method=post accept-charset=unknown>", "cp1252", "Gr%FC%DFe+%26%239731%3B"),
    ],
)
def test_a_form_is_sent_in_the_encoding_of_its_page_or_its_own(form, encoding, password):
    assert body_of(form + FIELDS, encoding)[0].decode() == f"u=anna&p={password}"


def test_a_japanese_form_is_sent_in_shift_jis():
    assert body_of(f"<form method=post>{FIELDS}", "cp932", password="猫")[0] == b"u=anna&p=%94L"


def test_a_field_may_ask_for_the_name_of_the_encoding():
    body, _ = body_of(f"<form method=post>{FIELDS}<input type=hidden name=_charset_>", "cp1252", password="x")
    assert body == b"u=anna&p=x&_charset_=windows-1252"


def test_signs_are_escaped_and_line_ends_sent_as_browsers_do():
    body, _ = body_of(f"<form method=post>{FIELDS}<textarea name=t>\na\nb</textarea>", password="a*b-c._~d e+f&g=h")
    assert body == b"u=anna&p=a*b-c._%7Ed+e%2Bf%26g%3Dh&t=a%0D%0Ab"


def test_parts_are_in_the_encoding_of_the_page_too():
    form = f"<form method=post enctype=multipart/form-data>{FIELDS}<input type=file name='f\"'>"
    body, kind = body_of(form, "cp1252", password="ü")
    boundary = kind.partition("boundary=")[2].encode()
    assert body.split(b"--" + boundary)[1:] == [
        b'\r\nContent-Disposition: form-data; name="u"\r\n\r\nanna\r\n',
        b'\r\nContent-Disposition: form-data; name="p"\r\n\r\n\xfc\r\n',
        b'\r\nContent-Disposition: form-data; name="f%22"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n",
        b"--\r\n",
    ]


def test_a_form_may_be_sent_as_plain_text():
    assert body_of(f"<form method=post enctype=text/plain>{FIELDS}", password="a b") == (
        b"u=anna\r\np=a b\r\n",
        "text/plain",
    )


@pytest.mark.parametrize(
    ("controls", "sent"),
    [
        ("<input type=checkbox name=remember>", ""),
        ("<input type=checkbox name=terms required value=yes>", "&terms=yes"),
        ("<input type=radio name=r value=1><input type=radio name=r value=2>", ""),
        ("<input type=radio name=r value=1 required><input type=radio name=r value=2 required>", "&r=1"),
        ("<input type=radio name=r value=1 required><input type=radio name=r value=2 checked>", "&r=2"),
        ("<select name=s><option value=1 disabled>a<option value=2>b</select>", "&s=2"),
        ("<select name=s multiple><option value=1>a</select>", ""),
        ("<select name=s required><option value=''>Choose<option value=local>Local</select>", "&s=local"),
        ("<select name=s><option value=''>Choose<option value=local>Local</select>", "&s="),
        ("<input type=image name=go>", "&go.x=0&go.y=0"),
        ("<input type=image src=x>", "&x=0&y=0"),
        ("<button name=a value=1>Register</button><button name=b value=2>Log in</button>", "&b=2"),
        ("<button name=a value=1>Go</button><button name=b value=2>Help</button>", "&a=1"),
        ("<input type=hidden name=h value=1><input type=hidden name=h value=2>", "&h=1&h=2"),
        ("<input type=submit name=go>", "&go="),
    ],
)
def test_boxes_choices_lists_and_buttons_are_sent_as_a_person_leaves_them(controls, sent):
    assert body_of(f"<form method=post>{FIELDS}{controls}</form>", password="x")[0].decode() == f"u=anna&p=x{sent}"


def test_the_pressed_button_says_how_the_form_is_sent():
    button = "<button formaction=/other formmethod=post formenctype=multipart/form-data>Log in</button>"
    page = Page("http://o.example/", 200, httpx.Headers(), f"<form method=get action=/a>{FIELDS}{button}</form>")
    form = find(page, Login(method=Method.FORM))
    assert (form.method, form.action, form.enctype) == ("POST", "http://o.example/other", "multipart/form-data")
