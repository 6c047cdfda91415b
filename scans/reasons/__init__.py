"""Reasons as codes: why something is so, stored as a code and facts, worded in the language of whoever reads."""

from scans.reasons.checks import check_name
from scans.reasons.core import NO_REASON, Notice, Reason, Reasoned, as_reason, facts_of, labelled, worded
from scans.reasons.field import NoticesField, ReasonField
from scans.reasons.registry import SENTENCES
