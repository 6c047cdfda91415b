"""Logging in through the OpenID Connect provider of the settings."""

import logging

import requests
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2LoginView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from scans.accounts.provider import Callback, Conversation, ProviderFailed
from scans.accounts.provider_accounts import connection_failed
from scans.accounts.two_factor import AT_PROVIDER
from scans.activity.security import note
from scans.views.redirects import page_asked_from

logger = logging.getLogger(__name__)
OF_THE_PROVIDER = {"provider_down", "provider_certificate", "provider_answer", "provider_issuer", "provider_secret"}
OTHER_SITES = {"cross-site", "same-site"}  # what browsers say of a link there
NOT_NOTED = {"provider_login_unknown", "provider_cancelled"}  # anybody could fill the log with them


@login_not_required
@never_cache
@require_GET
def login(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider. Whoever comes from another site first sees the login page: they decide."""
    if request.headers.get("Sec-Fetch-Site") in OTHER_SITES and settings.SCANS_OIDC_ISSUER:
        return redirect_to_login(page_asked_from(request, "/"))
    return _converse(request, OAuth2LoginView)


@login_not_required
@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Log in the person whom the provider sent back, or say why not."""
    return _converse(request, Callback)


def _converse(request: HttpRequest, view: type) -> HttpResponse:
    if not settings.SCANS_OIDC_ISSUER:
        raise Http404
    conversation = Conversation(request, settings.SCANS_OIDC_ISSUER)
    try:
        response = view.adapter_view(conversation)(request)
    except ProviderFailed as failure:
        return _explain(request, failure)
    except (requests.RequestException, OAuth2Error) as error:
        logger.warning("OpenID Connect: %s", type(error).__name__)
        return _explain(request, connection_failed(error))
    ways = conversation.claims.get("amr")
    if request.user.is_authenticated and isinstance(ways, list) and "mfa" in ways:
        request.session[AT_PROVIDER] = True
    return response


def _explain(request: HttpRequest, failure: ProviderFailed) -> HttpResponse:
    """The page that says what happened and what to do."""
    if failure.why.code not in NOT_NOTED:
        note("login.provider_failed", request=request, why=failure.why)
    status = 502 if failure.why.code in OF_THE_PROVIDER else 403
    return render(request, "account/provider_failed.html", {"reason": failure.why}, status=status)
