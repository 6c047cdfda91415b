"""Personal settings: the page of all, and an address for each switch in the header."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _
from django.views.generic import FormView, View

from scans.accounts.sessions import own_sessions
from scans.forms.personal import PersonSettingsForm
from scans.harmless import harmless
from scans.models import ApiToken, PersonSettings
from scans.schedule.moments import time_zones
from scans.views.redirects import page_asked_from, see

SWITCHES = ("theme", "live", "shortcuts", "language")


class SettingsView(FormView):
    """All settings on one page, for everybody with an account, whatever their role."""

    form_class = PersonSettingsForm
    template_name = "scans/settings/settings.html"

    def get_form_kwargs(self) -> dict:
        """The current settings; saving creates the row if there is none."""
        return {**super().get_form_kwargs(), "instance": PersonSettings.of(self.request.user)}

    def form_valid(self, form: PersonSettingsForm) -> HttpResponse:
        form.save()
        messages.success(self.request, _("Your settings were saved."))
        return redirect("scans:settings")

    def form_invalid(self, form: PersonSettingsForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **context) -> dict:
        tokens = ApiToken.objects.not_revoked().filter(user=self.request.user.pk)
        lists = {"time_zones": sorted(time_zones()), "sessions": own_sessions(self.request), "tokens": tokens}
        return super().get_context_data(**lists, **context)


class SettingView(View):
    """Saves one setting, sent as `value`; then redirects to the previous page, or answers 204 to a script."""

    http_method_names = ["post"]
    name = ""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save it; 400 for a wrong value."""
        data = {self.name: request.POST.get("value", "")}
        form = PersonSettingsForm(data, instance=PersonSettings.of(request.user)).only(self.name)
        if not form.is_valid():
            return HttpResponseBadRequest(harmless(form.errors.as_text()), content_type="text/plain; charset=utf-8")
        form.save()
        return (
            HttpResponse(status=204) if request.htmx else see(page_asked_from(request, resolve_url("scans:settings")))
        )
