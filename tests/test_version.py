"""The version that a process reports."""

import re

from scans import version


def test_a_release_is_its_number_and_what_stands_after_it_has_a_mark_of_the_code(tmp_path, monkeypatch):
    changelog, code = tmp_path / "CHANGELOG.md", tmp_path / "scans" / "code.py"
    code.parent.mkdir()
    code.write_text("1")
    monkeypatch.setattr(version, "_ROOT", tmp_path)

    def now():
        version.version.cache_clear()
        return version.version()

    changelog.write_text("# Changelog\n\n## [0.5.0] - 2026-12-24\n\n## [0.4.0]\n")
    assert now() == "0.5.0"
    changelog.write_text("# Changelog\n\n## [Unreleased]\n\n## [0.4.0]\n")
    before = now()
    code.write_text("2")
    assert (
        re.fullmatch(r"0\.4\.0\+[0-9a-f]{7}", before)
        and re.fullmatch(r"0\.4\.0\+[0-9a-f]{7}", now())
        and now() != before
    )


def test_this_code_has_a_version():
    version.version.cache_clear()
    assert re.fullmatch(r"\d+\.\d+\.\d+(\+[0-9a-f]{7})?", version.version())
