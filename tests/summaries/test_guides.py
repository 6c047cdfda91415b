"""The numbers of weaknesses lead to their official pages."""

import re
from pathlib import Path

from django.conf import settings

from scans.summaries.guides import guides


def test_numbers_lead_to_their_official_pages_and_unknown_ones_nowhere():
    shown = dict(guides([89], ["WSTG-INPV-05", "WSTG-NONE-99", "OSHP-X-Frame-Options"]))
    assert shown["CWE-89"] == "https://cwe.mitre.org/data/definitions/89.html"
    assert shown["WSTG-INPV-05"].endswith("/07-Input_Validation_Testing/05-Testing_for_SQL_Injection")
    assert shown["WSTG-NONE-99"] == ""
    assert shown["OSHP-X-Frame-Options"].startswith("https://owasp.org/")


def test_every_number_that_the_engine_gives_has_a_page():
    package = next(Path(settings.SCANS_ENGINE_PYTHON).parent.parent.glob("lib/python3*/site-packages/wapitiCore"))
    texts = [path.read_text() for path in (package / "definitions").glob("*.py")]
    codes = {code for text in texts for code in re.findall(r'"((?:WSTG|OSHP)-[\w-]+)"', text)}
    assert len(codes) > 20
    assert [code for code, address in guides([], sorted(codes)) if not address] == []
