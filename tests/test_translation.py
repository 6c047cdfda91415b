"""Translations are complete, true to their source and compiled."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models
from django.utils import translation

from scans.activity import sentence
from scans.models import ActivityLogEntry
from scans.statuses import ANALYSIS_STATUSES, AnalysisStatus
from tests import messages

# Words that are the same in both languages, apart from capital letters
SAME = {
    "25",
    "50",
    "100",
    "cwe",
    "engine",
    "http basic",
    "host",
    "http digest",
    "info",
    "name",
    "ntlm",
    "parameter",
    "phase",
}
SAME |= {"position", "scheduler", "status", "text", "url", "urls", "version", "worker", "wstg", "zone"}
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


def texts_of(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """Yield each name, help text and choice that Django's admin may show, with the place; in the active language."""
    yield model.__name__, str(model._meta.verbose_name)
    yield model.__name__, str(model._meta.verbose_name_plural)
    for field in model._meta.concrete_fields:
        if field.name != "id":
            yield str(field), str(field.verbose_name)
            yield str(field), str(field.help_text)
            yield from ((str(field), str(label)) for label in dict(field.flatchoices).values())


@pytest.mark.parametrize("model", list(apps.get_app_config("scans").get_models()), ids=lambda model: model.__name__)
def test_every_name_help_text_and_choice_of_a_model_has_german(model):
    with translation.override("en"):
        english = list(texts_of(model))
    with translation.override("de"):
        german = list(texts_of(model))
    assert len(english) > 2
    same = {(place, text) for place, text in english if text and text.lower() not in SAME}
    assert not same.intersection((place, text) for place, text in german)


@CATALOGUES
def test_no_other_app_translates_our_texts_in_its_own_way(path):
    ours = [message for message in messages.read(path) if message.id and isinstance(message.id, str)]
    with translation.override(path.parts[-3]):
        shown = [
            translation.pgettext(one.context, one.id) if one.context else translation.gettext(one.id) for one in ours
        ]
    assert not [one.id for one, text in zip(ours, shown, strict=True) if text != one.string]
