"""Which zone a target belongs to."""

import pytest

from scans.targets.zones import MAX_ZONE_CHARACTERS, ZoneRules, parse_zone, shown_zone

RULES = ZoneRules(
    [
        ("*.example.com", "office"),
        ("*.lab.example.com", "lab"),
        ("public.lab.example.com", ""),
        ("10.0.0.0/8", "office"),
        ("10.1.0.0/16", "lab"),
        ("10.1.2.3", "press"),
        ("fd00::/8", "lab"),
    ]
)


@pytest.mark.parametrize(
    "url, zone",
    [
        ("http://www.example.com/", "office"),
        ("http://a.b.example.com:8080/x", "office"),
        ("https://www.lab.example.com/", "lab"),
        ("https://public.lab.example.com/", ""),
        ("https://example.com/", ""),  # a wildcard means what is below, here as in the policy
        ("https://elsewhere.example/", ""),
        ("http://10.9.9.9/", "office"),
        ("http://10.1.9.9/", "lab"),
        ("http://10.1.2.3/", "press"),
        ("http://[fd00::1]/", "lab"),
        ("http://[::ffff:10.1.2.3]/", "press"),
        ("http://192.0.2.1/", ""),
    ],
)
def test_the_most_specific_pattern_decides(url, zone):
    assert RULES.of(url) == zone


def test_without_rules_everything_is_in_the_default_zone():
    assert ZoneRules([]).of("http://10.1.2.3/") == ""


@pytest.mark.parametrize(
    "name, zone",
    [
        ("office", "office"),
        (" EU-West-1 ", "eu-west-1"),
        ("", ""),
        ("default", ""),
        ("Default", ""),
        ("7", "7"),
        ("x" * MAX_ZONE_CHARACTERS, "x" * MAX_ZONE_CHARACTERS),
    ],
)
def test_a_zone_has_one_spelling(name, zone):
    assert parse_zone(name) == zone and parse_zone(shown_zone(zone)) == zone


@pytest.mark.parametrize("name", ["-a", "a-", "a b", "a:b", "a@b", "a,b", "ä", "a_b", "x" * (MAX_ZONE_CHARACTERS + 1)])
def test_what_could_not_be_part_of_a_queues_name_is_no_zone(name):
    with pytest.raises(ValueError):
        parse_zone(name)
