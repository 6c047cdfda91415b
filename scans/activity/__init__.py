"""The activity log: writing entries, and wording them."""

from scans.activity import logins  # registers the receivers of Django's signals
from scans.activity.log import (
    ASKED,
    BY_TOKEN,
    SENTENCES,
    actor_of,
    record,
    sentence,
    sentence_without_facts,
    status_labels,
)
from scans.activity.security import note, note_secret_seen
