"""Static files: the names that browsers may keep for good."""

from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from dashboard.static_files import StaticFilesStorage


@pytest.fixture
def collected(tmp_path, settings):
    """A function from a script's name to its text as it is served."""
    settings.DEBUG = False
    scripts = {"js/dom.js": "export const one = 1;\n", "js/polling.js": 'import { one } from "./dom.js";\n'}
    (tmp_path / "js").mkdir()
    for name, script in scripts.items():
        (tmp_path / name).write_text(script)
    storage = StaticFilesStorage(location=tmp_path, base_url="/static/")
    files = FileSystemStorage(location=tmp_path)
    list(storage.post_process({name: (files, name) for name in scripts}))
    return lambda name: Path(tmp_path, storage.stored_name(name))


def test_scripts_import_each_other_by_the_names_that_tags_use(collected):
    named = collected("js/dom.js").name
    assert named != "page.js"
    assert collected("js/polling.js").read_text() == f'import {{ one }} from "./{named}";\n'


def test_an_address_is_worked_out_once_and_a_missing_file_is_said(tmp_path, settings):
    settings.DEBUG = False
    storage = StaticFilesStorage(location=tmp_path, base_url="/static/")
    storage.hashed_files = {"a.css": "a.123.css"}
    assert storage.url("a.css") == "/static/a.123.css"
    storage.hashed_files = {}
    assert storage.url("a.css") == "/static/a.123.css"
    with pytest.raises(ValueError, match="nothing"):
        storage.url("nothing.css")
