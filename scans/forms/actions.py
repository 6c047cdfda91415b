"""The small forms of actions: extend, stop, mark."""

from datetime import timedelta

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scans import transitions
from scans.configuration.fields import LengthOfTimeField
from scans.models import Mark, StopMode


def reason_field(**attributes: str) -> forms.CharField:
    """Return the field for the reason of an action."""
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(label=_("Reason, for the activity log"), required=False, max_length=500, widget=widget)


class ExtendForm(forms.Form):
    """How much longer a running analysis may scan."""

    extra = LengthOfTimeField(
        label=_("How much longer"), help_text=_("Minutes, or 90m, 8h, 2d. At most 25 days in all.")
    )
    reason = reason_field()

    def __init__(self, *args, duration: timedelta, **kwargs):
        super().__init__(*args, **kwargs)
        self._duration = duration
        self.fields["extra"].widget.attrs["aria-describedby"] = "id_extra_help id_extra_error"

    def clean_extra(self) -> timedelta:
        """Some time, and no more than `transitions.extend` gives."""
        extra = self.cleaned_data["extra"]
        try:
            transitions.extended(self._duration, extra)
        except transitions.TransitionRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return extra


class MarkForm(forms.Form):
    """A reviewer's mark of a finding, and a comment."""

    mark = forms.ChoiceField(label=_("Mark"), choices=Mark.choices)
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("Why, for the log")}),
    )
    accepted_until = forms.DateField(
        label=_("Accepted until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Only for Accepted: the last day. After it, the weakness is open again."),
    )
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class AssignForm(forms.Form):
    """The assignee of a weakness, and its due date."""

    assignee = forms.CharField(
        label=_("Assignee"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
        help_text=_("A user name; empty for nobody."),
    )
    due = forms.DateField(
        label=_("Due"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def clean_assignee(self):
        """The active user with a role who has this name; None if it is empty."""
        if not (name := self.cleaned_data["assignee"].strip()):
            return None
        person = get_user_model().objects.filter(username=name, is_active=True).first()
        if person is None or not person.has_perm("scans.view_analysis"):
            raise ValidationError(str(transitions.TransitionRefused("no_such_person", name=name)))
        return person


class StopForm(forms.Form):
    """A stop: keep or delete the results, and why."""

    mode = forms.ChoiceField(choices=StopMode.choices, widget=forms.HiddenInput)
    reason = reason_field(placeholder=_("such as: the wrong site"), autocomplete="off")
