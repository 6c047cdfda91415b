"""The activity log: writing entries, and wording them."""

from scans.activity.log import ASKED, SENTENCES, record, sentence, status_labels
from scans.activity.security import note
