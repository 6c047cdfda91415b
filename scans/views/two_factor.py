"""Logging in with a passkey alone."""

from allauth.account.adapter import get_adapter
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.webauthn.internal import auth, flows
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse


class PasskeyLoginView(LoginWebAuthnView):
    """GET gives the browser what it asks the passkey; POST takes the passkey's answer, and logs in."""

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """The options of the login, with a challenge that the session keeps."""
        return JsonResponse({"request_options": auth.begin_authentication(user=None)})

    def form_valid(self, form) -> HttpResponse:
        """Log in, and lead to the page that was asked for."""
        factor = form.cleaned_data["credential"]
        if not factor.user.is_active:
            message = get_adapter().error_messages["account_inactive"]
            messages.error(self.request, message)
            return self.form_invalid(form)
        login = Login(user=factor.user, redirect_url=get_next_redirect_url(self.request))
        return flows.perform_passwordless_login(self.request, factor, login)
