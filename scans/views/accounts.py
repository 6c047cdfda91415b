"""One's own account: a new password, and the end of other sessions."""

from allauth.account.decorators import reauthentication_required
from allauth.account.views import PasswordChangeView
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import View

from scans.accounts.passwords import may_be_put_off, must_change, require_change
from scans.accounts.sessions import end_one, end_others
from scans.activity import note
from scans.views.redirects import page_asked_from


class PasswordView(PasswordChangeView):
    """A new password, for everybody who has one, whatever their role. All other sessions end."""

    template_name = "scans/settings/password.html"

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Show the page; an account without a password has none to change."""
        if request.user.is_authenticated and not request.user.has_usable_password():
            messages.info(request, _("Your account has no password here. You log in another way."))
            return redirect("scans:settings")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form) -> HttpResponse:
        """Store it, end the other sessions, and note it in the security log."""
        with transaction.atomic():
            response = super().form_valid(form)
            require_change(form.user, False)
            note("account.password_changed", request=self.request, subject=form.user)
        return response

    def form_invalid(self, form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_success_url(self) -> str:
        return page_asked_from(self.request, resolve_url("scans:settings"))

    def get_context_data(self, **context) -> dict:
        held = must_change(self.request.user)
        later = held and may_be_put_off() and page_asked_from(self.request, resolve_url("scans:home"))
        return super().get_context_data(held=held, later=later, **context)


@method_decorator(reauthentication_required, name="post")
class EndOtherSessionsView(View):
    """Ends all other sessions of the person who asks. Minutes after a login, the person confirms it first."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """End them, and say so on the settings."""
        end_others(request)
        messages.success(request, _("All your other sessions were ended."))
        return redirect("scans:settings")


@method_decorator(reauthentication_required, name="post")
class EndSessionView(View):
    """Ends one session of the person who asks. Minutes after a login, the person confirms it first."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it, and say so on the settings."""
        ended = end_one(request, pk)
        messages.success(request, _("The session was ended.") if ended else _("That session had ended before."))
        return redirect("scans:settings")


password = PasswordView.as_view()
password.with_any_password = True
