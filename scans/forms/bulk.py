"""The answer to the question that comes before a bulk action."""

from django import forms
from django.utils.translation import gettext_lazy as _

from scans.forms.actions import reason_field
from scans.statuses import Action
from scans.transitions.bulk import TAKES_A_REASON


class BulkForm(forms.Form):
    """The answer to a bulk question: one of its verbs, why, and the question's key."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    verb = forms.ChoiceField()
    reason = reason_field(placeholder=_("such as: the wrong site"), autocomplete="off")

    def __init__(self, *args, verbs: list[Action], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["verb"].choices = [(verb.value, verb.label) for verb in verbs]
        if not TAKES_A_REASON.intersection(verbs):
            del self.fields["reason"]


class UrlScansForm(BulkForm):
    """The same for URL scans; there is no key, since no verb can be done to one of them twice."""

    key = None
