"""The form of a webhook."""

from django import forms
from django.utils.translation import gettext_lazy as _

from scans.models import AllowedTarget, SavedView, Series, Webhook
from scans.targets.policy import TargetRefused, normalise
from scans.webhooks.events import MADE_FROM_ENTRIES
from scans.webhooks.events import actions as actions_of_log


class WebhookForm(forms.ModelForm):
    """The address of a webhook, the events that it is told of, and of which analyses."""

    series = forms.CharField(
        label=_("Only one series"),
        required=False,
        max_length=200,
        help_text=_("The name of the analysis. Empty: all analyses."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        choices=lambda: list(MADE_FROM_ENTRIES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    actions = forms.MultipleChoiceField(
        label=_("Entries of the activity log"),
        required=False,
        choices=actions_of_log,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Webhook
        fields = ["name", "url", "series", "view", "events", "severity"]
        labels = {"view": _("Only a saved view"), "severity": _("Severity of new findings")}
        help_texts = {
            "url": _("https:// or http://. An administrator has to allow its host as a target, as for a scan."),
            "view": _("What the view shows at that moment, as the person sees it who saved it."),
        }
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "url": forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        chosen = self.instance.events or []
        self.initial |= {"events": chosen, "actions": chosen, "series": self.instance.series or ""}
        views = SavedView.objects.seen_by(user) | SavedView.objects.filter(pk=self.instance.view_id)
        self.fields["view"].queryset = views.order_by("name", "pk")
        self.fields["view"].empty_label = _("All analyses")

    @property
    def has_actions(self) -> bool:
        """Whether entries of the log are chosen, so that the page shows them at once."""
        return bool({name for name, _label in actions_of_log()}.intersection(self["actions"].value() or []))

    def clean_url(self) -> str:
        """The address in its one spelling, if a scan may go there too."""
        try:
            url = normalise(self.cleaned_data["url"])
            AllowedTarget.policy(of_any_worker=True).check(url)
        except TargetRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return url

    def clean_series(self) -> Series | None:
        """The series of this name; None for all."""
        name = self.cleaned_data["series"].strip()
        found = Series.objects.filter(name=name).first() if name else None
        if name and found is None:
            raise forms.ValidationError(_("There is no analysis of this name."))
        return found

    def clean(self) -> dict:
        """One kind of scope at most, and at least one event."""
        given = super().clean()
        given["events"] = [*given.get("events", []), *given.get("actions", [])]
        if not given["events"]:
            self.add_error(None, _("Choose at least one event."))
        if given.get("series") and given.get("view"):
            self.add_error("view", _("Choose a series or a view, not both."))
        return given
