"""Giving a verification up whose workers are lost again and again: what is known is kept, and the rest has a reason."""

from django.db import transaction

from scans import transitions
from scans.models import UrlScan
from scans.reasons import Reason
from scans.results.outcomes import Outcomes, OutcomesAgain
from scans.results.verification import counts_of


@transaction.atomic
def give_up(scan: UrlScan, reason: Reason) -> None:
    """Conclude the first verification of a URL scan that no worker holds; its results are published as usual."""
    Outcomes(scan).mark_rest(Reason("verification_given_up", why=reason))
    transitions.conclude_verification(scan, counts_of(scan))


@transaction.atomic
def give_up_again(scan: UrlScan, reason: Reason) -> None:
    """Conclude a verification that somebody asked for. The outcomes stay."""
    outcomes = OutcomesAgain(scan)
    outcomes.mark_rest(Reason("verification_given_up", why=reason))
    transitions.conclude_verify_again(scan, outcomes.counts, outcomes.why_not_looked)
