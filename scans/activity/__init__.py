"""The activity log: writing entries, and wording them."""

from scans.activity.log import SENTENCES, WORDS, record, sentence, status_labels

__all__ = ["SENTENCES", "WORDS", "record", "sentence", "status_labels"]
