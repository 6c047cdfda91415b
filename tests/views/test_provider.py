"""Logging in with OpenID Connect, at a real provider."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client

from dashboard.environment import Hidden
from scans.accounts.provider import Conversation
from scans.encryption import seal
from scans.models import SecurityEvent
from tests import factories
from tests.sites import canaille
from tests.sites.controllable import ControllableSite
from tests.sites.serving import free_port

CALLBACK = "http://testserver/accounts/provider/callback/"
PEOPLE = ("ada", "bob", "cleo", "dora", "emil", "finn", "gita", "hugo")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.process,
    pytest.mark.skipif(canaille.is_missing(), reason="no provider found: make .provider/.installed"),
]


@pytest.fixture(scope="module")
def running_provider():
    with canaille.canaille(CALLBACK, *PEOPLE) as provider:
        yield provider


@pytest.fixture
def provider(running_provider, settings):
    """The provider, and the dashboard that uses it."""
    settings.SCANS_OIDC_ISSUER = running_provider.issuer
    settings.SCANS_OIDC_CLIENT_ID = canaille.CLIENT_ID
    settings.SCANS_OIDC_CLIENT_SECRET = canaille.CLIENT_SECRET
    settings.SCANS_OIDC_NAME = "Owl House"
    settings.SCANS_OIDC_SCOPES = ["openid", "profile", "email", "groups"]
    settings.SCANS_OIDC_ROLES = [("scan-admins", "Administrator"), ("testers", "Submitter")]
    settings.SCANS_OIDC_KNOWN_BY = "username"
    return running_provider


def log_in(provider, name, client=None, *, next=""):
    """The answer to a browser that logged in at the provider as this person."""
    client = client or Client()
    sent = client.get("/accounts/provider/", {"next": next} if next else {})
    assert sent.status_code == 302, sent.content.decode()
    back = provider.log_in(sent["Location"], name, CALLBACK)
    return client.get(back)


def roles(name):
    return set(User.objects.get(username=name).groups.values_list("name", flat=True))


def test_a_person_logs_in_gets_an_account_and_the_roles_of_its_groups_and_loses_them_at_a_later_login(provider):
    provider.has(ada=["scan-admins", "testers", "owls"])
    client = Client()
    assert log_in(provider, "ada", client, next="/statuses/")["Location"] == "/statuses/"
    assert client.get("/").wsgi_request.user.username == "ada"
    ada = User.objects.get(username="ada")
    assert roles("ada") == {"Administrator", "Submitter"} and ada.is_staff and not ada.is_superuser
    assert (ada.email, ada.has_usable_password()) == ("ada@example.org", False)
    provider.has(ada=["testers"])
    log_in(provider, "ada")
    ada.refresh_from_db()
    assert roles("ada") == {"Submitter"} and not ada.is_staff
    assert client.get("/admin/").status_code == 302  # the session of before lost the admin as well
    assert User.objects.count() == 1
    events = list(SecurityEvent.objects.order_by("pk").values_list("event", flat=True))
    assert {"account.created", "account.provider_linked", "account.roles_changed"} <= set(events)


def refused(answer, status=403):
    """The reason on the page of a login that failed."""
    assert answer.status_code == status and not answer.wsgi_request.user.is_authenticated
    assert "Log in with a password" in answer.content.decode()
    return str(answer.context["reason"])


def begun(client, provider, name):
    """The address that the provider sends this person back to."""
    return provider.log_in(client.get("/accounts/provider/")["Location"], name, CALLBACK)


def test_a_login_goes_with_pkce_state_and_nonce_and_nothing_of_its_address_but_the_page_that_follows(provider):
    asked = {"scope": "admin", "auth_params": "prompt=none&redirect_uri=http://evil/", "process": "connect"}
    sent = Client().get("/accounts/provider/", asked)["Location"]
    query = {name: value for name, (value,) in parse_qs(urlsplit(sent).query).items()}
    assert set(query["scope"].split()) == {"openid", "profile", "email", "groups"}
    assert query["code_challenge_method"] == "S256" and len(query["nonce"]) > 20 and len(query["state"]) > 10
    assert query["redirect_uri"] == CALLBACK and "prompt" not in query
    assert "client_secret" not in query


def test_whoever_is_in_no_group_that_gives_a_role_reads_why_gets_no_account_and_loses_an_earlier_role(provider):
    provider.has(bob=["owls"], cleo=[])
    assert "owls" in refused(log_in(provider, "bob")) and not User.objects.exists()
    assert "“groups”" in refused(log_in(provider, "cleo"))
    provider.has(bob=["testers"], cleo=[])
    log_in(provider, "bob")
    provider.has(bob=[], cleo=[])
    refused(log_in(provider, "bob"))
    assert roles("bob") == set()
    assert SecurityEvent.objects.filter(event="login.provider_failed", facts__why__code="provider_no_role").exists()


def test_without_roles_in_the_settings_an_administrator_gives_them(provider, settings):
    settings.SCANS_OIDC_ROLES = []
    dora = factories.user("Reviewer", username="dora")
    assert log_in(provider, "dora").status_code == 302
    assert roles("dora") == {"Reviewer"} and User.objects.get() == dora


def test_known_accounts_alone_may_log_in_if_the_settings_say_so(provider, settings):
    settings.SCANS_OIDC_ACCOUNTS, settings.SCANS_OIDC_KNOWN_BY = "known", "verified-email"
    provider.has(emil=["testers"])
    assert "does not say that it checked your e-mail" in refused(log_in(provider, "emil"))
    settings.SCANS_OIDC_KNOWN_BY = "email"
    assert "emil@example.org" in refused(log_in(provider, "emil"))
    made = factories.user("", username="somebody", email="Emil@example.org")
    assert log_in(provider, "emil").status_code == 302 and roles("somebody") == {"Submitter"}
    made.email = "moved@example.org"
    made.save()
    assert log_in(provider, "emil").status_code == 302  # known by its number at the provider from now on
    assert User.objects.count() == 1


def test_a_name_that_somebody_has_here_is_not_taken_over(provider, settings):
    settings.SCANS_OIDC_KNOWN_BY = "verified-email"
    provider.has(finn=["scan-admins"])
    finn = factories.user("Viewer", username="Finn")
    assert "An account named finn exists here" in refused(log_in(provider, "finn"))
    assert roles("Finn") == {"Viewer"} and User.objects.get() == finn


def test_superusers_and_accounts_that_are_switched_off_do_not_log_in_through_the_provider(provider):
    provider.has(gita=["scan-admins"], hugo=["scan-admins"])
    factories.user("", username="gita", is_superuser=True)
    factories.user("", username="hugo", is_active=False)
    assert "superuser" in refused(log_in(provider, "gita"))
    assert "switched off" in refused(log_in(provider, "hugo"))
    assert roles("gita") == roles("hugo") == set()


def test_an_answer_of_the_provider_is_good_once_and_in_the_browser_that_asked(provider):
    provider.has(ada=["testers"])
    client = Client()
    back = begun(client, provider, "ada")
    assert "no such login in progress" in refused(Client().get(back))
    assert client.get(back).status_code == 302
    assert "no such login in progress" in str(client.get(back).context["reason"])


def test_an_id_token_of_another_login_is_refused(provider):
    provider.has(ada=["testers"])
    client = Client()
    back = begun(client, provider, "ada")
    session = client.session
    (state,) = session["socialaccount_states"].values()
    state[0]["nonce"] = "of another login"
    session.save()
    assert "belongs to another login" in refused(client.get(back))


def test_a_login_that_ends_at_the_provider_says_how(provider):
    client = Client()
    state = parse_qs(urlsplit(client.get("/accounts/provider/")["Location"]).query)["state"][0]
    assert "You cancelled" in refused(client.get(CALLBACK, {"error": "access_denied", "state": state}))
    state = parse_qs(urlsplit(client.get("/accounts/provider/")["Location"]).query)["state"][0]
    assert "“server_error”" in refused(client.get(CALLBACK, {"error": "server_error", "state": state}))


def test_a_wrong_secret_is_said_and_never_shown(provider, settings, caplog):
    settings.SCANS_OIDC_CLIENT_SECRET = Hidden("not-the-secret-at-all")
    provider.has(ada=["testers"])
    client = Client()
    answer = client.get(begun(client, provider, "ada"))
    assert "SCANS_OIDC_CLIENT_SECRET" in refused(answer, 502)
    assert "not-the-secret-at-all" not in answer.content.decode() + caplog.text + repr(
        settings.SCANS_OIDC_CLIENT_SECRET
    )


def test_a_provider_that_is_down_or_another_one_is_said(provider, settings):
    settings.SCANS_OIDC_ISSUER = provider.issuer.replace("127.0.0.1", "localhost")
    assert provider.issuer in refused(Client().get("/accounts/provider/"), 502)
    settings.SCANS_OIDC_ISSUER = f"{provider.issuer}/static"
    assert "status 404" in refused(Client().get("/accounts/provider/"), 502)
    settings.SCANS_OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    assert "cannot be reached" in refused(Client().get("/accounts/provider/"), 502)


def test_a_certificate_that_nobody_vouches_for_is_said(provider, settings):
    with ControllableSite(tls=True) as site:
        settings.SCANS_OIDC_ISSUER = site.url.rstrip("/")
        assert "certificate of Owl House is not trusted" in refused(Client().get("/accounts/provider/"), 502)
        assert not site.requests


def test_two_factors_at_the_provider_count_and_a_factor_of_here_is_asked_for(provider, settings, monkeypatch):
    settings.SCANS_TWO_FACTOR_ROLES = ["Submitter"]
    provider.has(ada=["testers"])
    client, page = Client(), {"HTTP_ACCEPT": "text/html"}
    log_in(provider, "ada", client)
    assert client.get("/", **page)["Location"] == "/accounts/two-factor/"
    decode = Conversation._decode_id_token
    monkeypatch.setattr(
        Conversation, "_decode_id_token", lambda self, *args: {**decode(self, *args), "amr": ["pwd", "otp", "mfa"]}
    )
    log_in(provider, "ada", client)
    assert client.get("/", **page).status_code == 200
    Authenticator.objects.create(user=User.objects.get(), type="totp", data={"secret": seal("A" * 32)})
    assert log_in(provider, "ada")["Location"] == "/accounts/two-factor/authenticate/"


def test_logging_out_ends_our_session_and_the_password_form_is_always_there(provider):
    provider.has(ada=["testers"])
    client = Client()
    log_in(provider, "ada", client)
    client.post("/accounts/logout/")
    assert client.get("/analyses/").status_code == 302
    page = client.get("/accounts/login/?next=/statuses/").content.decode()
    assert 'href="/accounts/provider/?next=/statuses/"' in page and "Log in with Owl House" in page
    assert 'name="password"' in page


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_leads_nobody_to_the_provider_but_to_the_login_page(provider, site):
    sent = Client().get("/accounts/provider/?next=/statuses/", headers={"Sec-Fetch-Site": site})
    assert sent["Location"] == "/accounts/login/?next=/statuses/"
    ours = Client().get("/accounts/provider/?next=/statuses/", headers={"Sec-Fetch-Site": "same-origin"})
    assert ours["Location"].startswith(provider.issuer)


def test_an_account_without_a_password_confirms_at_the_provider(provider):
    provider.has(ada=["testers"])
    client = Client()
    log_in(provider, "ada", client)
    assert client.get("/accounts/two-factor/totp/activate/").status_code == 200
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    sent = client.get("/accounts/two-factor/totp/activate/")["Location"]
    assert sent == "/accounts/provider/?next=%2Faccounts%2Ftwo-factor%2Ftotp%2Factivate%2F"
    assert "prompt=login" in client.get(sent)["Location"]


def test_without_a_provider_there_is_neither_button_nor_address(client, settings):
    settings.SCANS_OIDC_ISSUER = ""
    assert "/accounts/provider/" not in client.get("/accounts/login/").content.decode()
    assert (
        client.get("/accounts/provider/").status_code == client.get("/accounts/provider/callback/").status_code == 404
    )
