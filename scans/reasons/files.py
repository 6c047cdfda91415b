"""Why a scan begins again instead of continuing, and what keeps files from the storage."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "session_missing": _("The saved session is missing."),
    "session_changed": _("The saved session is damaged: it is not as it was saved."),
    "session_unsaved": _("No session was saved that this host can read."),
    "session_of_ended": _("The scan in its folder had ended: the files are newer than the database."),
    "session_unusable": _("The engine could not continue from the session."),
    "session_elsewhere": _("The session is on host {host} only, because the storage could not be used."),
    "storage_silent": _("The storage of files gives no answer."),
    "storage_refuses": _("The storage of files refuses us ({code}). Check its keys and their rights."),
    "storage_no_bucket": _("The storage of files has no such bucket. Check SCANS_S3_BUCKET."),
    "storage_full": _("The storage of files is full ({code})."),
    "storage_error": _("The storage of files reports an error ({code})."),
}
