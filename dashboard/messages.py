"""Where the message that the next page shows is kept."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class NamedCookie(CookieStorage):
    """A signed cookie whose name has the prefix of the other cookies."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Messages(FallbackStorage):
    """In a cookie, or in the session if it is too long for one."""

    storage_classes = (NamedCookie, SessionStorage)
