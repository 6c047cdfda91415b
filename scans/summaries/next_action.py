"""The one action that the summary of an analysis offers first: the next step as a button."""

from scans.models import Analysis
from scans.statuses import Action, AnalysisStatus, Results


def next_action(
    analysis: Analysis,
    allowed: set[str],
    *,
    review: dict | None = None,
    open_weaknesses: int = 0,
    has_failed_urls: bool = False,
) -> str:
    """Return `submit`, `resume`, `review`, `publish`, `findings` or `correct`; empty if there is nothing to press.

    `allowed` are the actions that the status and the reader's roles allow; `review` says how far the review is.
    """
    if analysis.status == AnalysisStatus.PAUSED and Action.RESUME in allowed:
        return "resume"
    if Action.SUBMIT in allowed:
        return "submit"
    if review:
        is_ready = Action.PUBLISH in allowed and review.get("since")
        return ("review" if review.get("left") else "publish") if is_ready else ""
    if analysis.info.results == Results.AVAILABLE and open_weaknesses:
        return "findings"
    return "correct" if has_failed_urls and Action.RUN_AGAIN in allowed else ""
