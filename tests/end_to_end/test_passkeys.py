"""Passkeys in a real browser, with the virtual authenticator of Chromium."""

import pytest
from allauth.mfa.models import Authenticator

from tests import factories
from tests.end_to_end.remote import expect
from tests.end_to_end.visits import visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def give_password(page) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=username]", "ada")
    page.fill("input[name=password]", "password")
    page.click("main button[type=submit]")


def test_a_passkey_is_added_logs_in_alone_and_confirms_a_password(own_browser, live_server, problems):
    factories.user("Submitter", username="ada")
    with visit(own_browser, problems, base_url=live_server.url) as page:
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        key = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]
        give_password(page)
        expect(page.locator("#home")).to_be_visible()
        page.goto("/settings/")
        page.click("a[href='/accounts/two-factor/']")
        page.click("text=Add a passkey")
        page.fill("input[name=name]", "My laptop")
        page.click("main button[type=submit]")
        expect(page.locator("main h1")).to_have_text("Recovery codes")
        expect(page.locator(".recovery-codes li")).to_have_count(10)
        page.click("text=I have kept them")
        expect(page.locator("main")).to_contain_text("My laptop")

        page.context.clear_cookies()
        page.goto("/accounts/login/?next=/statuses/")
        page.click("text=Log in with a passkey")
        expect(page.locator("main h1")).to_have_text("Statuses")

        page.context.clear_cookies()
        give_password(page)
        expect(page.locator("main h1")).to_have_text("Confirm your login")
        page.click("text=Use a passkey")
        expect(page.locator("#home")).to_be_visible()

        session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        page.click("text=Log in with a passkey")
        expect(page.locator("[data-passkey-problem]")).to_be_visible()
    passkey = Authenticator.objects.get(type="webauthn")
    assert passkey.wrap().is_passwordless and passkey.last_used_at
