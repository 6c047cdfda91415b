"""What a person decides for themselves, checked: their settings."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from scans.models import PersonSettings


class PersonSettingsForm(forms.ModelForm):
    """Everything that a person may set."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser")), *settings.LANGUAGES]
    )

    class Meta:
        model = PersonSettings
        fields = ["time_zone", "theme", "language", "page_size", "live", "shortcuts"]
        widgets = {
            "time_zone": forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
            "theme": forms.RadioSelect,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            hints = [f"id_{name}_{part}" for part in ("help", "error") if part == "error" or field.help_text]
            field.widget.attrs["aria-describedby"] = " ".join(hints)

    def only(self, name: str) -> "PersonSettingsForm":
        """This form with a single one of its fields: the others stay as they are stored."""
        self.fields = {name: self.fields[name]}
        return self
