"""Ways out, codes, captchas and locks are known by a page's own words."""

import pytest

from tests.login.entering import PLAIN_FORM, entered, holds, refused


def test_a_warning_that_stood_there_before_is_no_lock(site):
    site.login_page += "<p>After too many attempts your account is locked.</p>"
    assert refused(site, password="wrong").reason == "not_let_in"


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
