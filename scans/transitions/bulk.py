"""Bulk actions: the same verbs for many analyses or URL scans, each in its own transaction."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import Error, transaction

from scans import transitions
from scans.models import Analysis, BulkAction, BulkItem, BulkOutcome, StopMode, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.statuses import Action
from scans.transitions import NotPermitted, OverLimit, TransitionRefused

logger = logging.getLogger(__name__)

MAX_ANALYSES = 10_000  # analyses in one action
AT_ONCE = 25  # analyses, up to which an action is done while the user waits
SLICE = 50  # analyses of one background task, so that checks and verifications get their turn

_VERBS: dict[str, Callable] = {
    Action.STOP_SAVE: partial(transitions.stop_analysis, mode=StopMode.SAVE),
    Action.STOP_DELETE: partial(transitions.stop_analysis, mode=StopMode.DELETE),
    Action.PAUSE: transitions.pause_analysis,
    Action.RESUME: transitions.resume_analysis,
    Action.SUBMIT: transitions.submit_again,
    Action.RUN_AGAIN: transitions.run_again,
    Action.DELETE: transitions.delete,
}
_URL_SCAN_VERBS: dict[str, Callable] = {
    Action.STOP_SAVE: partial(transitions.stop, mode=StopMode.SAVE),
    Action.STOP_DELETE: partial(transitions.stop, mode=StopMode.DELETE),
    Action.PAUSE: transitions.pause,
    Action.RESUME: transitions.resume,
}
TAKES_A_REASON = {Action.STOP_SAVE, Action.STOP_DELETE, Action.PAUSE, Action.RESUME}


def ask(
    verb: str, analyses: Sequence[int], *, by: AbstractBaseUser, key: UUID, reason: str = "", query: str = ""
) -> BulkAction:
    """Store the action for the analyses with these ids and return it. A few are done now, many in the background.

    A second call with the same `key` does nothing and returns the first one's action. Raises NotPermitted.
    """
    transitions.permit(by, "submit_analysis")
    with transaction.atomic():
        bulk, is_new = BulkAction.objects.get_or_create(
            key=key, defaults={"user": by, "verb": verb, "reason": reason, "query": query}
        )
        if is_new:
            BulkItem.objects.bulk_create(BulkItem(bulk=bulk, analysis_id=pk) for pk in analyses)
        if is_new and len(analyses) > AT_ONCE:
            _hand_over(bulk)
    if is_new and len(analyses) <= AT_ONCE:
        try:
            carry_out(bulk)
        except Error:
            logger.exception("A bulk action is left to a worker.")
            _hand_over(bulk)
    return bulk


def carry_out(bulk: BulkAction) -> None:
    """Act on the next SLICE of waiting analyses, and queue a task for the rest.

    Each analysis is acted on once, even if this is called several times, also at the same time: its row is locked, and
    the outcome is written in the transaction of the verb.
    """
    for _ in range(SLICE):
        if not _act_on_next(bulk):
            return
    if bulk.items.filter(outcome=BulkOutcome.WAITING).exists():
        _hand_over(bulk)


def _act_on_next(bulk: BulkAction) -> bool:
    """Act on one waiting analysis. Returns False if none is left."""
    with transaction.atomic():
        waiting = bulk.items.filter(outcome=BulkOutcome.WAITING).order_by("pk")
        item = waiting.select_related("analysis").select_for_update(skip_locked=True, of=("self",)).first()
        if item is None:
            return False
        item.outcome, item.reason, item.made = _act_on(item.analysis, bulk)
        item.save(update_fields=["outcome", "reason", "made"])
    return True


def _act_on(analysis: Analysis, bulk: BulkAction) -> tuple[BulkOutcome, Reason, Analysis | None]:
    """Return the outcome, why the analysis was skipped, and the new run that the verb made."""
    if analysis.deleted_at:
        return BulkOutcome.DELETED, Reason("deleted_already", analysis=analysis), None
    reason = {"reason": bulk.reason} if bulk.verb in TAKES_A_REASON else {}
    return _attempt(_VERBS[bulk.verb], analysis, by=bulk.user, **reason)


def act_on_url_scans(
    verb: str, url_scans: Iterable[UrlScan], *, by: AbstractBaseUser, reason: str = ""
) -> dict[BulkOutcome, int]:
    """Pause, resume or stop these URL scans now. Returns the number of each outcome, in the order of BulkOutcome."""
    counts = Counter(_attempt(_URL_SCAN_VERBS[verb], scan, by=by, reason=reason)[0] for scan in url_scans)
    return {outcome: counts[outcome] for outcome in BulkOutcome if outcome in counts}


def _attempt(verb: Callable, thing: Analysis | UrlScan, **values) -> tuple[BulkOutcome, Reason, Analysis | None]:
    """Call the verb. Returns the outcome, why it was skipped, and the new run that the verb made."""
    try:
        return BulkOutcome.DONE, NO_REASON, verb(thing, **values)
    except NotPermitted as refusal:
        return BulkOutcome.NOT_PERMITTED, refusal.why, None
    except OverLimit as refusal:
        return BulkOutcome.LIMITED, refusal.why, None
    except TransitionRefused as refusal:
        return BulkOutcome.FINISHED if thing.info.final else BulkOutcome.REFUSED, refusal.why, None
    except Error:
        raise  # the database's: the task is tried again
    except Exception:
        logger.exception("%s failed of %r; the others continue.", verb, thing)
        return BulkOutcome.BROKEN, Reason("broke_on_our_side"), None


@transaction.atomic
def give_up(bulk: BulkAction, *, reason: Reason) -> None:
    """Stop trying to carry the action out: what still waits is skipped, with the reason."""
    why = Reason("bulk_given_up", why=reason)
    bulk.items.filter(outcome=BulkOutcome.WAITING).update(outcome=BulkOutcome.BROKEN, reason=why)


def _hand_over(bulk: BulkAction) -> None:
    """Queue a task for the rest. By name, because tasks.py imports this module."""
    transitions.enqueue("carry_out_bulk", bulk.pk, owner=bulk.user_id)
