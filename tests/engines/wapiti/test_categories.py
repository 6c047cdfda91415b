"""CWE numbers of the engine's categories."""

from scans.engines.wapiti.categories import cwe_numbers


def test_cwe_numbers_come_from_references_and_else_from_the_table():
    assert cwe_numbers("x", [("t", "https://cwe.mitre.org/data/definitions/89.html")]) == (89,)
    assert cwe_numbers("Clickjacking Protection", []) == (1021,)
    assert cwe_numbers("unheard of", [("t", "https://example.com/")]) == ()
