"""A sentence whose words depend on a number among its facts, such as “1 second” and “2 seconds”."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import ngettext

_SEVERAL = 2


class Plural:
    """The sentence for one and the sentence for many, told apart by the fact named `number`."""

    def __init__(self, one: str, many: str, number: str):
        self._one, self._many, self._number = one, many, number

    def __str__(self) -> str:
        return ngettext(self._one, self._many, _SEVERAL)

    def told_of(self, facts: Mapping[str, Any]) -> str:
        """Return the sentence for these facts, in the language in force; without the number, the one for many."""
        number = facts.get(self._number)
        return ngettext(self._one, self._many, number if isinstance(number, int) else _SEVERAL)
