"""Translations are complete, true to their source and compiled."""

import pytest
from django.utils import translation

from scans.activity import sentence
from scans.models import ActivityLogEntry
from scans.statuses import ANALYSIS_STATUSES, AnalysisStatus
from tests import messages

CATALOGUES = pytest.mark.parametrize("path", messages.catalogues(), ids=lambda path: path.parts[-3])


@CATALOGUES
def test_no_translation_is_unsure(path):
    assert not [message.id for message in messages.read(path) if message.fuzzy]


@CATALOGUES
def test_translations_fill_in_the_same_facts(path):
    assert not [message.id for message in messages.read(path) if message.id and messages.wrong_placeholders(message)]


@CATALOGUES
def test_what_is_compiled_is_what_is_written(path):
    assert messages.compiled(messages.read(path)) == path.with_suffix(".mo").read_bytes()


def test_a_status_is_said_in_the_language_of_whoever_reads():
    entry = ANALYSIS_STATUSES["completed_results_available"]
    english = entry.label
    with translation.override("de"):
        assert entry.label != english and str(entry.description) != entry.next_step
        assert AnalysisStatus("completed_results_available") == entry.code
    assert entry.label == english == "Completed - Results Available"


def test_the_words_of_ours_in_a_log_entry_are_translated_when_it_is_read():
    entry = ActivityLogEntry(action="analysis.stopped", data={"mode": "delete"})
    assert sentence(entry) == "asked to stop the analysis and delete its results"
    with translation.override("de"):
        assert "löschen" in sentence(entry)


@CATALOGUES
def test_every_text_of_code_and_templates_is_translated(path):
    assert not messages.untranslated(path), "make messages collects them into the catalogue"
