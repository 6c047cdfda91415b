"""Form fields made from the list of options."""

from collections import defaultdict
from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError

from scans.configuration.kinds import Option
from scans.configuration.submission import Submission


class OptionsForm(forms.Form):
    """A form of options; once cleaned, `cleaned_data` holds each option's value under the option's name."""

    options: tuple[Option, ...] = ()

    def __init__(self, *args, saved: Submission | None = None, **kwargs):
        """`saved` is what is edited."""
        super().__init__(*args, **kwargs)
        self._saved = saved

    def clean(self) -> dict:
        """Make each option's value of what its fields hold, where all of them could be read."""
        cleaned = super().clean()
        for option in self.options:
            if option.inputs.keys() <= cleaned.keys():
                try:
                    cleaned[option.name] = option.value(cleaned, getattr(self._saved, option.name, None))
                except ValidationError as error:
                    self.add_error(next(iter(option.inputs)), error)
        return cleaned

    @property
    def sections(self) -> dict[str, list[forms.BoundField]]:
        """Its fields by the section of the form that they stand in."""
        fields = defaultdict(list)
        for option in self.options:
            fields[option.section] += (self[name] for name in option.inputs)
        return fields


def form_of(options: Iterable[Option]) -> type[OptionsForm]:
    """A form class with the fields of these options, in their order."""
    options = tuple(options)
    fields = {name: one.field for option in options for name, one in option.inputs.items()}
    return type("FormOfOptions", (OptionsForm,), {**fields, "options": options})
