"""Checks a person's own choices: their settings, and the views they save."""

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from scans.analysis_list.saved_views import views_of
from scans.models import ApiToken, PersonSettings, SavedView, Scope

DAYS_OF_A_TOKEN = 90  # unless somebody chooses otherwise


class PersonSettingsForm(forms.ModelForm):
    """Everything that a person may set."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser")), *settings.LANGUAGES]
    )

    class Meta:
        model = PersonSettings
        fields = ["time_zone", "theme", "language", "default_view", "page_size", "live", "shortcuts"]
        widgets = {
            "time_zone": forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
            "theme": forms.RadioSelect,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        views = [(view.key, view.name) for view in views_of(self.instance.user)]
        self.fields["default_view"].widget = forms.Select(choices=[("", _("All")), *views])
        for name, field in self.fields.items():
            hints = [f"id_{name}_{part}" for part in ("help", "error") if part == "error" or field.help_text]
            field.widget.attrs["aria-describedby"] = " ".join(hints)

    def clean_default_view(self) -> str:
        """The key of a view that this person sees; empty for everything."""
        key = self.cleaned_data["default_view"]
        if key not in dict(self.fields["default_view"].widget.choices):
            raise forms.ValidationError(_("There is no such view (any more)."))
        return key

    def only(self, name: str) -> "PersonSettingsForm":
        """This form with a single one of its fields: the others stay as they are stored."""
        self.fields = {name: self.fields[name]}
        return self


class SavedViewForm(forms.ModelForm):
    """The name of a view, and whether everybody sees it, which takes the role Submitter."""

    class Meta:
        model = SavedView
        fields = ["name", "shared"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off", "aria-describedby": "id_name_error"})}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        if not user.has_perm("scans.submit_analysis"):
            del self.fields["shared"]

    def clean_name(self) -> str:
        """A name that this person's other views do not have."""
        name = self.cleaned_data["name"]
        twins = SavedView.objects.filter(owner=self.instance.owner, name=name).exclude(pk=self.instance.pk)
        if twins.exists():
            raise forms.ValidationError(_("There is a view of this name already."))
        return name


class ApiTokenForm(forms.ModelForm):
    """A new token: its name, what it may do, and how long it lives."""

    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
        help_text=_("Never more than you may yourself at the time of a request."),
    )
    days = forms.IntegerField(label=_("Days until it expires"), min_value=1)

    class Meta:
        model = ApiToken
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("such as: nightly build")})}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self._user, most = user, settings.SCANS_API_TOKEN_DAYS
        days = self.fields["days"]
        days.initial, days.help_text = min(DAYS_OF_A_TOKEN, most), _("At most {most}.").format(most=most)
        days.max_value = days.widget.attrs["max"] = most
        days.validators.append(MaxValueValidator(most))

    def clean_name(self) -> str:
        """A name that none of this person's other tokens has."""
        name = self.cleaned_data["name"]
        if ApiToken.objects.not_revoked().filter(user=self._user.pk, name=name).exists():
            raise forms.ValidationError(_("You have a token of this name already."))
        return name
