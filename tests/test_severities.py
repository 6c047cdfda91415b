"""How findings are ranked."""

from scans.severities import SEVERITIES, unweigh, weigh


def test_worst_severity_outweighs_any_number_of_the_next():
    none = dict.fromkeys(SEVERITIES, 0)
    assert weigh({**none, "high": 1}) > weigh({**none, "medium": 250_000, "low": 9})
    assert weigh({**none, "high": 2}) > weigh({**none, "high": 1, "medium": 4000})
    assert weigh(dict.fromkeys(SEVERITIES, 10**9)) < 2**63


def test_a_weight_is_read_back():
    counts = {"critical": 1, "high": 0, "medium": 4095, "low": 7, "info": 12}
    assert unweigh(weigh(counts)) == counts
    assert unweigh(weigh(counts | {"medium": 9000})) == counts
