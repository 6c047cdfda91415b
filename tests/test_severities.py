"""How findings are ranked."""

from scans.severities import SEVERITIES, weigh


def test_worst_severity_outweighs_any_number_of_the_next():
    none = dict.fromkeys(SEVERITIES, 0)
    assert weigh({**none, "high": 1}) > weigh({**none, "medium": 250_000, "low": 9})
    assert weigh({**none, "high": 2}) > weigh({**none, "high": 1, "medium": 4000})
    assert weigh(dict.fromkeys(SEVERITIES, 10**9)) < 2**63
