"""The conversation with the OpenID Connect provider: django-allauth's, made strict.

Beyond the library: PKCE and a nonce for each login, the issuer must be the one in the settings, the signature of each
ID token is verified whatever way it came, and the user information must be about the same person.
"""

import logging
import secrets
from typing import Any
from urllib.parse import quote

import jwt
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from scans.harmless import one_line
from scans.reasons import Reason, Reasoned, facts_of

logger = logging.getLogger(__name__)
# Signed with the provider's private key. Never HS…, whose key is the client secret; never none.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
NEEDED_CLAIMS = ["iss", "sub", "aud", "exp", "iat"]
SECONDS_OF_DRIFT = 60  # between our clock and the provider's
LONGEST_SUBJECT = 191  # of the column


class ProviderFailed(Reasoned):
    """The login through the provider failed; str() says why and what to do."""


def failed(code: str, /, **facts) -> ProviderFailed:
    """The failure with this reason. The provider's name is added if the sentence has it."""
    if "provider" in facts_of(code):
        facts["provider"] = settings.SCANS_OIDC_NAME
    return ProviderFailed(code, **facts)


class Client(OAuth2Client):
    """Redeems the code of a login. A refusal is told apart from another failure."""

    def get_access_token(self, *args, **kwargs) -> dict:
        """The tokens; raises ProviderFailed. The provider's answer is not repeated: it may hold a token."""
        if self.basic_auth:
            self.consumer_secret = quote(self.consumer_secret, safe="")  # RFC 6749, 2.3.1
        try:
            return super().get_access_token(*args, **kwargs)
        except OAuth2Error as error:
            if any(code in str(error) for code in ("invalid_client", "unauthorized_client")):
                raise failed("provider_secret") from None
            raise failed("provider_refused", code="invalid_grant") from None


class Conversation(OpenIDConnectOAuth2Adapter):
    """The questions to the provider during one login, and the checks of its answers."""

    client_class = Client

    def __init__(self, request: HttpRequest, provider_id: str):
        super().__init__(request, provider_id)
        self.state: dict[str, Any] = {}  # of the beginning of this login; set by `Callback`
        self.claims: dict[str, Any] = {}  # of the person, once the login is complete

    @property
    def openid_config(self) -> dict:
        """The provider's description of itself; raises ProviderFailed if it is another provider's, or incomplete."""
        if not hasattr(self, "_openid_config"):
            found = self._json(self.get_provider().server_url)
            for name in ("issuer", *ENDPOINTS):
                if not isinstance(found.get(name), str):
                    raise failed("provider_answer", problem=Reason("provider_lacks", name=name))
                if settings.SCANS_OIDC_ISSUER.startswith("https:") and not found[name].startswith("https:"):
                    raise failed("provider_answer", problem=Reason("provider_not_https", name=name))
            if found["issuer"].rstrip("/") != settings.SCANS_OIDC_ISSUER.rstrip("/"):
                raise failed("provider_issuer", found=found["issuer"][:200])
            self._openid_config = found
        return self._openid_config

    @property
    def basic_auth(self) -> bool:
        """Whether the client's secret goes into a header: the standard's way, unless the provider has only others."""
        known = self.openid_config.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" in known or "client_secret_post" not in known

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs) -> SocialLogin:
        """The login with its `claims`: those of the ID token, completed by the user information."""
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise failed("provider_answer", problem=Reason("provider_lacks", name="id_token"))
        proven = self._decode_id_token(app, id_token)
        claims = {**self._user_information(token.token, proven["sub"]), **proven}
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.claims = self.claims = claims
        return login

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict:
        """The claims of the ID token, its signature, issuer, audience, time and nonce verified."""
        config = self.openid_config
        try:
            claims = jwt.decode(
                id_token,
                key=self._key(jwt.get_unverified_header(id_token)),
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=config["issuer"],
                leeway=SECONDS_OF_DRIFT,
                options={"require": NEEDED_CLAIMS},
            )
        except jwt.PyJWTError as error:
            logger.warning("OpenID Connect: the ID token is refused: %s", one_line(error))
            raise failed("provider_token", problem=Reason("provider_bad_signature")) from None
        nonce = self.state.get("nonce")
        if not nonce or not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise failed("provider_token", problem=Reason("provider_other_nonce"))
        if claims.get("azp", app.client_id) != app.client_id or not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise failed("provider_token", problem=Reason("provider_bad_signature"))
        return claims

    def _key(self, header: dict) -> Any:
        """The provider's public key that the header names; a provider with one key need not name it."""
        keys = jwt.PyJWKSet.from_dict(self._json(self.openid_config["jwks_uri"])).keys
        named = [key for key in keys if key.key_id == header.get("kid")] if "kid" in header else keys
        if len(named) != 1:
            raise jwt.InvalidKeyError("no key of the provider, or more than one, has this kid")
        return named[0].key

    def _user_information(self, access_token: str, subject: str) -> dict:
        """More claims about this person; none from a provider without such an address."""
        address = self.openid_config.get("userinfo_endpoint")
        if not address:
            return {}
        claims = self._json(address, headers={"Authorization": f"Bearer {access_token}"})
        if claims.get("sub") != subject:
            raise failed("provider_token", problem=Reason("provider_other_subject"))
        return claims

    def _json(self, address: str, **kwargs) -> dict:
        with get_adapter().get_requests_session() as session:
            response = session.get(address, **kwargs)
        if not response.ok:
            raise failed("provider_answer", problem=Reason("provider_status", status=response.status_code))
        try:
            found = response.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise failed("provider_answer", problem=Reason("provider_no_json"))
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Our address that the provider sends people back to."""
        return request.build_absolute_uri(reverse("provider_callback"))


class Callback(OAuth2CallbackView):
    """Django-allauth's callback; hands what the login began with to the conversation, which checks the nonce."""

    def _get_state(self, request: HttpRequest, provider):
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, response


class Provider(OpenIDConnectProvider):
    """The provider of the settings. The address of a login decides nothing but the page that follows."""

    oauth2_adapter_class = Conversation
    pkce_enabled_default = True

    def get_login_url(self, request: HttpRequest, **kwargs) -> str:
        """Our address that a login begins at."""
        return reverse("provider_login")

    def get_callback_url(self) -> str:
        """Our address that a login ends at."""
        return reverse("provider_callback")

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict:
        """The page that follows the login; scopes and parameters come from the settings alone."""
        following = {"next_url": address} if (address := get_next_redirect_url(request)) else {}
        # A person who confirms who they are, not only a browser that is still logged in at the provider.
        asked = {"prompt": "login"} if request.user.is_authenticated else {}
        return {"process": AuthProcess.LOGIN, "auth_params": asked, **following}

    def redirect(self, request: HttpRequest, process, next_url=None, data=None, **kwargs) -> HttpResponse:
        """Send the browser to the provider, with a nonce of this login."""
        nonce = secrets.token_urlsafe(24)
        asked = {**kwargs.pop("auth_params", {}), "nonce": nonce}
        return super().redirect(request, process, next_url, data, auth_params=asked, nonce=nonce, **kwargs)

    def extract_extra_data(self, data: dict) -> dict:
        """Nothing is stored besides the provider and the number of the person there."""
        return {}
