"""CWE numbers of the engine's categories."""

from scans.engines.wapiti.categories import cwe_numbers, with_cwe
from tests.factories import reported


def test_cwe_numbers_come_from_references_and_else_from_the_table():
    assert cwe_numbers("x", [("t", "https://cwe.mitre.org/data/definitions/89.html")]) == (89,)
    assert cwe_numbers("Clickjacking Protection", []) == (1021,)
    assert cwe_numbers("unheard of", [("t", "https://example.com/")]) == ()


def test_several_references_give_each_number_once_in_order():
    links = [f"https://cwe.mitre.org/data/definitions/{number}.html" for number in (601, 79, 601)]
    assert cwe_numbers("Clickjacking Protection", [("t", link) for link in links]) == (79, 601)


def test_a_finding_gets_the_numbers_of_its_category():
    assert with_cwe(reported(category="HTML Injection")).cwe == (80,)
    assert with_cwe(reported(category="unheard of")).cwe == ()
