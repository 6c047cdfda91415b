"""The tokens with which a person's programs use the API."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import FormView, View

from scans.accounts import tokens
from scans.forms.personal import ApiTokenForm
from scans.models import ApiToken
from scans.views.access import ViewerRequired


@method_decorator(reauthentication_required, name="dispatch")
class ApiTokenCreateView(ViewerRequired, FormView):
    """Makes a token, and shows it once. Asks who is there first, unless the login is fresh."""

    form_class = ApiTokenForm
    template_name = "scans/settings/api_token_form.html"

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: ApiTokenForm) -> HttpResponse:
        """Show the token in the answer itself: it is stored nowhere, so no other page can."""
        given = form.cleaned_data
        token, text = tokens.make(
            self.request.user, given["name"], given["scopes"], given["days"], request=self.request
        )
        return render(self.request, "scans/settings/api_token.html", {"token": token, "text": text})

    def form_invalid(self, form: ApiTokenForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class ApiTokenRevokeView(View):
    """Ends one of the person's own tokens at once."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Revoke it, then show the settings. Raises Http404 for somebody else's."""
        token = get_object_or_404(ApiToken.objects.not_revoked(), pk=pk, user=request.user.pk)
        tokens.revoke([token], request=request)
        messages.success(request, _("The token “%s” was revoked.") % token)
        return redirect("scans:settings")
