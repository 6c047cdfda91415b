"""Pages are read as a visitor reads them."""

from tests.login.entering import entered, holds
from tests.sites.guarded import LOGIN_PAGE, MEMBERS_PAGE


def test_a_text_is_known_again_however_the_page_writes_its_letters(site):
    site.open, site.members_page = True, "<p>Ol&aacute;, M&uuml;ller &amp; O&#x27;Hara"
    logged_in = entered(site, logged_in="Olá, Müller & O'Hara")
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


def test_a_form_and_a_proof_are_found_far_down_a_long_page(site):
    filler = f"<style>{'x' * 200_000}</style>"
    site.login_page, site.members_page = filler + LOGIN_PAGE, filler + MEMBERS_PAGE
    assert entered(site, logged_in="Alice").login_url == f"{site.url}login"
