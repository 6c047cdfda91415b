"""Ways out, codes, captchas and locks are known by a page's own words."""

from time import process_time

import httpx
import pytest

from scans.login import signs
from scans.login.page import Page
from tests.login.entering import PLAIN_FORM, entered, holds, refused


def test_a_warning_that_stood_there_before_is_no_lock(site):
    site.login_page += "<p>After too many attempts your account is locked.</p>"
    assert refused(site, password="wrong").reason == "not_let_in"


URL = "http://owls.example/login"
WRONG = "Wrong user name or password."


def page(html, **values):
    return Page(URL, 200, httpx.Headers(), html, **values)


HIDDEN = [
    f"<p hidden>{WRONG}</p>",
    f"<div style='display: none'><div><p>{WRONG}</p></div></div>",
    f"<p>Your shop. <span style='visibility:hidden'>{WRONG}</span></p>",
    f"<p>Your shop. <b class=d-none>{WRONG}</b></p>",
    f"<style>.fault {{ display: none }}</style><p class='fault'>{WRONG}</p>",
    f"<p aria-hidden=true>{WRONG}</p>",
    f"<template><p>{WRONG}</p></template>",
    f"<p>Your shop.<!-- {WRONG} --></p>",
    f"<div class='alert error' hidden>{WRONG}</div>",
]


@pytest.mark.parametrize("html", HIDDEN)
def test_hidden_words_are_nothing_that_a_page_says(html):
    assert not signs.said_new(page(html + PLAIN_FORM), [page(PLAIN_FORM)], by_scripts=True)
    other = "<p>The login failed for another reason.</p>"
    assert signs.said_new(page(html + other), [page(PLAIN_FORM)]) == "The login failed for another reason."


@pytest.mark.parametrize("html", HIDDEN[:6] + HIDDEN[8:])
def test_words_that_were_hidden_before_are_news_where_they_are_shown(html):
    assert WRONG in signs.said_new(page(f"<p>{WRONG}</p>{PLAIN_FORM}"), [page(html + PLAIN_FORM)], by_scripts=True)


def test_words_that_were_shown_before_are_no_news_however_they_are_shown_now():
    before = page(f"<div class=alert><p>{WRONG}</p><p>Or none.</p></div>")
    after = page(f"<h1>Owls</h1><div class=alert><p>{WRONG}</p><p>Or none.</p></div>")
    assert not signs.said_new(after, [before], by_scripts=True)
    assert signs.said_new(page(f"<p>{WRONG}</p>"), [page("<h1>Owls</h1>")]) == WRONG


def test_a_browser_knows_better_than_the_names_of_classes_what_is_shown():
    unhidden = f"<p class='alert hide in'>{WRONG}</p>"
    assert signs.said_new(page(unhidden, as_shown=True), [page("", as_shown=True)], by_scripts=True) == WRONG


def test_hidden_words_of_a_lock_and_hidden_fields_for_a_code_are_no_signs():
    locked = "<p {}>Too many attempts. Your account is locked.</p>"
    code = "<div {}><input name=otp autocomplete=one-time-code></div>"
    for html, sign in (
        (locked, lambda seen: signs.is_locked(seen, page(locked.format("hidden")))),
        (code, signs.wants_code),
    ):
        assert sign(page(html.format(""))) and not sign(page(html.format("hidden")))
    assert not signs.is_locked(page(locked.format("")), page(locked.format("")))


def test_a_refusal_is_not_read_from_hidden_words(site):
    site.refused = (200, f"<p hidden>{WRONG}</p><p>The shop is closed today.</p>{site.login_page}")
    failure = refused(site, password="something else")
    assert failure.reason == "not_let_in" and WRONG not in str(failure.why)


@pytest.mark.parametrize("inside", [f"<p class=a>{WRONG}</p>", f"<b>{WRONG}", f"<i class=a>{WRONG}</i>"])
def test_a_page_that_says_it_very_often_is_read_quickly(inside):
    sheet = "".join(f"<style>.b{number}, p:nth-child({number}n) {{ display: none }}</style>" for number in range(30))
    began = process_time()
    signs.said_new(page(sheet + inside * 2000), [page(sheet + inside * 1500)], by_scripts=True)
    signs.is_locked(page(sheet + "<p>Too many attempts</p>" * 2000), page(inside))
    assert process_time() - began < 15


def test_a_captcha_is_noticed_before_anything_is_sent(site):
    site.login_page = PLAIN_FORM.replace("</form>", '<input name="captcha_answer"></form>')
    assert refused(site).reason == "captcha" and not site.attempts


def test_a_second_factor_is_told_by_the_code_that_is_asked_for(site):
    site.code_page = '<form method="post"><input name="code" autocomplete="one-time-code"></form>'
    assert refused(site).reason == "second_factor"


@pytest.mark.parametrize("way_out", ["D&eacute;connexion", "Log&nbsp;out", "Log <b>out</b>"])
def test_a_way_out_is_known_again_however_the_page_writes_its_letters(site, way_out):
    site.open, site.members_page = True, f"<a href='/index.php?id=7'>{way_out}</a>"
    logged_in = entered(site)
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


def test_a_link_that_a_script_logs_out_with_proves_a_login_and_is_not_the_address_of_its_page(site):
    site.open, site.members_page = True, "<a href='#' onclick='logOut()'>Log out</a>"
    logged_in = entered(site)
    assert "offers to log out" in str(logged_in.detail) and logged_in.logout_urls == ()
