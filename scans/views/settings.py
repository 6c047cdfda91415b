"""A person's own settings: the page, and one at a time for the switches in the header."""

from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _
from django.views.generic import FormView, View

from scans.forms.personal import PersonSettingsForm
from scans.models import PersonSettings
from scans.views.redirects import page_asked_from, see

SWITCHES = ("theme", "live", "shortcuts", "language")


class SettingsView(FormView):
    """Everything at once. Whoever has an account may set how the pages look for them, whatever their role."""

    form_class = PersonSettingsForm
    template_name = "scans/settings/settings.html"

    def get_form_kwargs(self) -> dict:
        """The settings as they are; saving makes the row where there is none."""
        return {**super().get_form_kwargs(), "instance": PersonSettings.of(self.request.user)}

    def form_valid(self, form: PersonSettingsForm) -> HttpResponse:
        """Keep them, and show the page as it now is."""
        form.save()
        messages.success(self.request, _("Your settings were saved."))
        return redirect("scans:settings")

    def form_invalid(self, form: PersonSettingsForm) -> HttpResponse:
        """The form again, with what is wrong with it."""
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **context) -> dict:
        """With the time zones there are."""
        return super().get_context_data(time_zones=sorted(available_timezones()), **context)


class SettingView(View):
    """One setting, sent as `value`; back to the page it was sent from, or nothing at all for a script."""

    http_method_names = ["post"]
    name = ""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep it; 400 for a value that it cannot have."""
        data = {self.name: request.POST.get("value", "")}
        form = PersonSettingsForm(data, instance=PersonSettings.of(request.user)).only(self.name)
        if not form.is_valid():
            return HttpResponseBadRequest(form.errors.as_text())
        form.save()
        return (
            HttpResponse(status=204) if request.htmx else see(page_asked_from(request, resolve_url("scans:settings")))
        )
