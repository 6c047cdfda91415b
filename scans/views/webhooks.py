"""Webhooks in the settings, for administrators: list, form, deliveries, and what can be done with each."""

from collections.abc import Callable
from datetime import datetime

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, View

from scans.forms.webhooks import WebhookForm
from scans.models import Webhook, WebhookDelivery
from scans.reasons import Reason
from scans.transitions.workers import ADMINISTER
from scans.views.redirects import see
from scans.webhooks import changes, events

PAGE_SIZE = 50
ACTIONS: dict[str, tuple[Callable, str]] = {
    "test": (changes.send_test, _("A test is on its way. This page shows it once it is delivered.")),
    "on": (changes.switch_on, _("The webhook is on. What waited is sent now.")),
    "off": (changes.switch_off, _("The webhook is off. What waits is kept.")),
}


class AdministratorRequired(PermissionRequiredMixin):
    """For those who look after the installation."""

    permission_required = f"scans.{ADMINISTER}"
    permission_denied_message = _("Webhooks are for administrators.")


class WebhookListView(AdministratorRequired, View):
    """All webhooks."""

    def get(self, request: HttpRequest) -> HttpResponse:
        webhooks = Webhook.objects.select_related("series", "view")
        return render(request, "scans/webhooks/webhook_list.html", {"webhooks": webhooks})


class WebhookFormView(AdministratorRequired, FormView):
    """The form of a webhook, new or not. Asks who is there first, unless the login is fresh."""

    form_class = WebhookForm
    template_name = "scans/webhooks/webhook_form.html"

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "instance": self.webhook(), "user": self.request.user}

    def webhook(self) -> Webhook:
        """The row that the form changes."""
        return get_object_or_404(Webhook, pk=self.kwargs["pk"]) if "pk" in self.kwargs else Webhook()

    def form_valid(self, form: WebhookForm) -> HttpResponse:
        """Store it. The secret of a new one is shown in the answer itself: no other page can."""
        webhook = form.instance
        webhook.product = self.request.build_absolute_uri("/")
        if webhook.pk is None:
            secret = changes.create(webhook, by=self.request.user)
            return _shown_once(self.request, webhook, secret)
        changes.change(webhook, by=self.request.user)
        messages.success(self.request, _("The webhook was saved."))
        return redirect("scans:webhook", webhook.pk)

    def form_invalid(self, form: WebhookForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@method_decorator(reauthentication_required, name="dispatch")
class WebhookCreateView(WebhookFormView):
    """Makes a webhook."""


@method_decorator(reauthentication_required, name="dispatch")
class WebhookEditView(WebhookFormView):
    """Changes a webhook; its secret stays."""


class WebhookView(AdministratorRequired, View):
    """One webhook and its deliveries, the newest first. A page costs the same however many there are."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        webhook = get_object_or_404(Webhook.objects.select_related("series", "view"), pk=pk)
        before = request.GET.get("before", "")
        deliveries = webhook.deliveries.defer("body").order_by("-pk")
        if before.isascii() and before.isdigit() and len(before) < 19:
            deliveries = deliveries.filter(pk__lt=int(before))
        found = list(deliveries.select_related("analysis")[: PAGE_SIZE + 1])
        rows = [(each, events.label(each.event)) for each in found[:PAGE_SIZE]]
        context = {"webhook": webhook, "deliveries": rows, "events": [events.label(name) for name in webhook.events]}
        context["older"] = rows[-1][0].pk if len(found) > PAGE_SIZE else None
        return render(request, "scans/webhooks/webhook.html", context)


class WebhookActionView(AdministratorRequired, View):
    """One of ACTIONS on POST, then back to the page of the webhook."""

    http_method_names = ["post"]
    action = ""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        verb, done = ACTIONS[self.action]
        webhook = get_object_or_404(Webhook, pk=pk)
        verb(webhook, by=request.user)
        messages.success(request, done)
        return see(resolve_url("scans:webhook", pk))


class WebhookQuestionView(AdministratorRequired, View):
    """Asks before something that cannot be undone, on GET; does it on POST."""

    question = ""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        webhook = get_object_or_404(Webhook, pk=pk)
        return render(request, "scans/webhooks/webhook_question.html", {"webhook": webhook, "question": self.question})


@method_decorator(reauthentication_required, name="dispatch")
class WebhookRotateView(WebhookQuestionView):
    """Makes a new secret and shows it once. Asks who is there first, unless the login is fresh."""

    question = "rotate"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        webhook = get_object_or_404(Webhook, pk=pk)
        return _shown_once(request, webhook, changes.rotate(webhook, by=request.user), rotated=True)


class WebhookDeleteView(WebhookQuestionView):
    """Removes a webhook with its deliveries."""

    question = "delete"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        webhook = get_object_or_404(Webhook, pk=pk)
        changes.delete(webhook, by=request.user)
        messages.success(request, _("The webhook was deleted."))
        return see(resolve_url("scans:webhook-list"))


class WebhookDeliveryView(AdministratorRequired, View):
    """One delivery: what was sent, and each attempt with its answer."""

    def get(self, request: HttpRequest, pk: int, delivery_id: int) -> HttpResponse:
        deliveries = WebhookDelivery.objects.select_related("webhook", "analysis")
        delivery = get_object_or_404(deliveries, pk=delivery_id, webhook=pk)
        attempts = [_read(one) for one in reversed(delivery.log)]
        context = {"delivery": delivery, "event": events.label(delivery.event), "attempts": attempts}
        return render(request, "scans/webhooks/delivery.html", context)


class WebhookSendAgainView(AdministratorRequired, View):
    """Sends a delivery again."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, delivery_id: int) -> HttpResponse:
        delivery = get_object_or_404(WebhookDelivery, pk=delivery_id, webhook=pk)
        changes.send_again(delivery, by=request.user)
        messages.success(request, _("It is sent again. This page shows the answer once it is there."))
        return see(resolve_url("scans:webhook-delivery", pk, delivery_id))


def _read(attempt: dict) -> dict:
    """An attempt as it is stored, with its time and reason as objects."""
    why = attempt["why"] and Reason.from_json(attempt["why"])
    return {**attempt, "at": datetime.fromisoformat(attempt["at"]), "why": why}


def _shown_once(request: HttpRequest, webhook: Webhook, secret: str, *, rotated: bool = False) -> HttpResponse:
    context = {"webhook": webhook, "secret": secret, "rotated": rotated}
    return render(request, "scans/webhooks/secret.html", context)
