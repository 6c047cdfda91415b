"""All verbs: the functions that change a status. No other code may change one.

Callers write `transitions.pause(…)`, and need not know which file of this package has the verb.
"""

from scans.configuration.submission import Access, Submission, configuration
from scans.transitions.calendar import (
    begin_blackout,
    end_blackout,
    run_recurring,
    switch_schedule_off,
    switch_schedule_on,
)
from scans.transitions.capacity import BLACKOUT_LEAD, admit_next, closed_until, may_admit, start, start_if_due
from scans.transitions.control import (
    LONGEST_DURATION,
    end_long_pause,
    extend,
    extended,
    pause,
    pause_analysis,
    resume,
    resume_analysis,
    stop,
    stop_analysis,
)
from scans.transitions.core import (
    FAILED_RUNS_UNTIL_OFF,
    By,
    LeaseLost,
    NotPermitted,
    TransitionRefused,
    enqueue,
    enqueue_for,
    note_refusal,
    permit,
    require,
)
from scans.transitions.deletion import RESULT_FIELDS, conclude_deletion, delete, is_last_run
from scans.transitions.holder import by_holder, held, letting_go, while_held
from scans.transitions.lease import leave, make_way, renew, run_with_lease, take
from scans.transitions.next_run import (
    continue_expired,
    duplicate,
    run_again,
    run_changed,
    run_failed_again,
    run_scan_again,
)
from scans.transitions.quotas import OverLimit
from scans.transitions.recovery import MAX_ATTEMPTS, recover
from scans.transitions.removal import ask_for_removal, conclude_removal, give_up_removal
from scans.transitions.review import conclude_verification, publish
from scans.transitions.run import add_notice, begin, confirm_pause, end, expire_waiting, note_failed_login, note_pace
from scans.transitions.setup import (
    begin_prescan,
    continue_prescan,
    end_prescan,
    fail_checks,
    fail_set_up,
    fail_submission,
    give_up_set_up,
    prescan_only,
    schedule,
)
from scans.transitions.submission import (
    change,
    change_access,
    change_password,
    save,
    submit,
    submit_again,
    submit_scan_again,
)
from scans.transitions.turns import Rotation, Turn, TurnOver
from scans.transitions.verdicts import MarkedMeanwhile, assign, end_acceptance, mark, take_back
from scans.transitions.verify_again import (
    begin_verify_again,
    conclude_verify_again,
    verify_again,
    verify_again_analysis,
)
from scans.transitions.workers import drain, resume_worker, rezone
from scans.transitions.zones import KEEPS_SLOT_FOR, give_back_slot, note_unserved, zone_is_served
