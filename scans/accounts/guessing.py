"""The limit on guessing passwords: one for every way to log in, in the database, so that all processes share it.

Three counts, each with a pause that doubles with every further failure:

- one account from one source: the pause that somebody feels who forgot the password;
- one source for all accounts: against trying one password with many names;
- one account from all sources: against many machines. Its pauses are short, and it holds back only sources that failed
  before, so that a stranger who guesses elsewhere does not keep the owner out.

A source is a network address. A browser in which the account logged in before is a source of its own: whatever
strangers do at the same address, it is not held back.

django-axes and allauth's own limits have no growing pause, do not say when to come back, and count one account from one
source no differently from all sources.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from scans.activity import note
from scans.database import clock
from scans.models import FailedLogins
from scans.origin import address_of

COOKIE = f"{settings.COOKIE_PREFIX}known_browser"
KNOWN_FOR = timedelta(days=180)
SECOND_FACTOR = "second factor of "  # counted beside the password, which would reset the count each time
FIRST_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True)
class Limit:
    """How many failures are free, how long a pause may become, and after how long without failure all are forgotten."""

    free: int
    longest: timedelta
    forgotten_after: timedelta

    def pause(self, failures: int) -> timedelta:
        """The pause after so many failures."""
        beyond = failures - self.free
        return timedelta(0) if beyond < 0 else min(self.longest, FIRST_PAUSE * 2 ** min(beyond, 20))


ACCOUNT_AND_SOURCE = Limit(free=5, longest=timedelta(minutes=15), forgotten_after=timedelta(days=1))
SOURCE = Limit(free=30, longest=timedelta(minutes=15), forgotten_after=timedelta(hours=1))
ACCOUNT = Limit(free=20, longest=timedelta(minutes=1), forgotten_after=timedelta(hours=1))
KEPT_FOR = max(limit.forgotten_after for limit in (ACCOUNT_AND_SOURCE, SOURCE, ACCOUNT))


class TooManyFailures(Exception):
    """The next attempt has to wait `until` a moment."""

    def __init__(self, until: datetime):
        super().__init__(until)
        self.until = until


@dataclass
class Attempt:
    """An attempt to log in that counts as failed until `succeeded` is called."""

    request: HttpRequest
    name: str
    counts: list[FailedLogins]

    def succeeded(self) -> None:
        """Forget the failures of this account from this source; take this attempt out of the other counts."""
        ours, *others = self.counts
        with transaction.atomic():
            FailedLogins.objects.filter(pk=ours.pk).delete()
            for count in others:
                same = FailedLogins.objects.filter(pk=count.pk)
                alone = same.filter(failures=count.failures)
                if not alone.update(failures=count.failures - 1, blocked_until=None):
                    same.filter(failures__gt=0).update(failures=F("failures") - 1)

    def failed(self) -> None:
        """Note in the security log that a pause began. Nothing else: the failure is counted already."""
        until = max((count.blocked_until for count in self.counts if count.blocked_until), default=None)
        if until:
            note("login.locked", request=self.request, subject=_account(self.name), until=until)


def begin(request: HttpRequest, name: str) -> Attempt:
    """Count an attempt to log in under this name before its password is looked at, so that none runs beside the limit.

    Raises TooManyFailures while a pause lasts; such an attempt is not counted.
    """
    now, account = clock.now(), _digest(name)
    browser = _known_browser(request, account)
    source = browser or _network(address_of(request))
    wanted = [(account, source, ACCOUNT_AND_SOURCE)]
    if not browser:
        wanted += [("", source, SOURCE), (account, "", ACCOUNT)]
    FailedLogins.objects.filter(last_at__lt=now - KEPT_FOR).delete()
    with transaction.atomic():
        counts = [_count(*key, limit, now) for *key, limit in wanted]
        binding = counts if counts[0].failures else counts[:2]
        until = max((count.blocked_until for count in binding if count.blocked_until), default=now)
        if until > now:
            raise TooManyFailures(until)
        for count, (_, _, limit) in zip(counts, wanted, strict=True):
            count.failures, count.last_at = count.failures + 1, now
            pause = limit.pause(count.failures)
            count.blocked_until = now + pause if pause else None
            count.save()
    return Attempt(request, name, counts)


def begin_second_factor(request: HttpRequest, name: str) -> Attempt:
    """Count an attempt at the second factor of this account as `begin` does, apart from its password."""
    attempt = begin(request, f"{SECOND_FACTOR}{name}")
    attempt.name = name
    return attempt


def unlock(name: str, **by) -> bool:
    """End all pauses of an account and of the sources that failed to log in to it. Returns whether there were any.

    `by` is what `activity.note` takes: `request`, or `by`.
    """
    accounts = [_digest(name), _digest(f"{SECOND_FACTOR}{name}")]
    ours = FailedLogins.objects.filter(account__in=accounts)
    sources = list(ours.exclude(source="").values_list("source", flat=True))
    counts = FailedLogins.objects.filter(Q(account__in=accounts) | Q(account="", source__in=sources))
    was_locked = counts.filter(blocked_until__gt=clock.now()).exists()
    counts.delete()
    note("login.unlocked", subject=_account(name), **by)
    return was_locked


def remember_browser(response: HttpResponse, name: str) -> None:
    """Set the cookie by which a browser is known: this account logged in there."""
    response.set_cookie(
        COOKIE,
        signing.dumps([_digest(name), secrets.token_hex(8)], salt=COOKIE),
        max_age=KNOWN_FOR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _known_browser(request: HttpRequest, account: str) -> str:
    """The source that a known browser is for this account; empty for any other browser."""
    try:
        known, token = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=KNOWN_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return f"browser {token}" if known == account else ""


def _count(account: str, source: str, limit: Limit, now: datetime) -> FailedLogins:
    """The locked row of a count, at zero if its failures are forgotten."""
    count, _ = FailedLogins.objects.select_for_update().get_or_create(
        account=account, source=source, defaults={"last_at": now}
    )
    if count.last_at < now - limit.forgotten_after:
        count.failures, count.blocked_until = 0, None
    return count


def _network(address: str) -> str:
    """The address; of IPv6 the network that one customer has. Without an address, all share one source."""
    if not address or ip_address(address).version == 4:
        return address or "unknown"
    return str(ip_network(f"{address}/64", strict=False))


def _digest(name: str) -> str:
    return salted_hmac("scans.failed_logins", name, algorithm="sha256").hexdigest()


def _account(name: str):
    """The account of this name, or nothing that names it: people type passwords into the wrong field."""
    return None if "\0" in name else get_user_model().objects.filter(username=name).first()
