"""The catalogue: every status of an analysis and of a URL scan, with its description, next step and actions.

Pages, commands, admin, docs and tests read statuses only from here. This package never queries the database. `moves`
lists which status may follow which; `rollup` derives an analysis' status from its URL scans.
"""

from scans.statuses.analysis import ANALYSIS_STATUSES, FAILED_RUNS, SAVED_URL, SOON_OVER, AnalysisStatus
from scans.statuses.base import Action, EndedBy, Phase, Results, Status, in_phase
from scans.statuses.moves import PUBLISHED_AS, URL_SCAN_MOVES
from scans.statuses.url_scan import (
    FAILED,
    FAILED_VERIFICATION,
    MAY_HOLD_SLOT,
    PAUSABLE,
    TIME_EXPIRED,
    URL_SCAN_STATUSES,
    WAITING_FOR_A_WORKER,
    WAITING_FOR_CAPACITY,
    UrlScanStatus,
)
