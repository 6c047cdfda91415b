"""A fingerprint tells apart what a person tells apart, and stays the same from run to run."""

import pytest

from scans.results.fingerprints import fingerprint

PLACE = {
    "category": "SQL Injection",
    "method": "GET",
    "url": "http://h/item?id=1",
    "parameter": "id",
    "module": "sql",
    "subject": "",
    "kind": "error",
    "site_wide": False,
}
COOKIE = {
    **PLACE,
    "category": "HttpOnly Flag cookie",
    "url": "http://h/",
    "parameter": "",
    "module": "cookieflags",
    "subject": "level",
    "kind": "",
    "site_wide": True,
}


def test_it_is_64_hexadecimal_digits():
    assert len(fingerprint(**PLACE)) == 64 and int(fingerprint(**PLACE), 16)


@pytest.mark.parametrize(
    "values",
    [
        {"category": "Blind SQL Injection"},
        {"method": "POST"},
        {"url": "https://h/item"},
        {"url": "http://other/item"},
        {"url": "http://h/items"},
        {"parameter": "name"},
        {"module": "timesql"},
        {"subject": "/list"},
        {"kind": "time"},
    ],
)
def test_what_a_person_tells_apart_has_another_fingerprint(values):
    assert fingerprint(**PLACE | values) != fingerprint(**PLACE)


@pytest.mark.parametrize(
    "values",
    [
        {"url": "http://h/item?id=%27&other=1#top"},
        {"url": "HTTP://H/item"},
        {"url": "http://h/item;jsessionid=8F3A9B1C"},
        {"url": "http://h/(S(lit3py55t21z5v55vlm25s55))/item"},
    ],
)
def test_payloads_and_sessions_in_an_address_change_nothing(values):
    assert fingerprint(**PLACE | values) == fingerprint(**PLACE)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("5f4dcc3b5aa765d61d8327deb882cf99", "098f6bcd4621d373cade4e832627b4f6"),  # a form's field in Joomla
        (
            "X: ${jndi:dns://h/0e37df36-f698-11e6-8dd4-cb9ced3df976.a}",
            "X: ${jndi:dns://h/5f4dcc3b-5aa7-65d6-1d83-27deb882cf99.a}",
        ),
    ],
)
def test_a_parameter_that_is_invented_anew_for_each_run_is_the_same(first, second):
    assert fingerprint(**PLACE | {"parameter": first}) == fingerprint(**PLACE | {"parameter": second})


@pytest.mark.parametrize(
    "names", [("TextBox1", "TextBox2"), ("field_12345678", "field_12345679"), ("faceb00c", "decade")]
)
def test_parameters_with_numbers_stay_two(names):
    first, second = (fingerprint(**PLACE | {"parameter": name}) for name in names)
    assert first != second


def test_an_observation_about_the_site_is_one_on_every_page_and_for_every_method():
    for values in ({"url": "http://h/other?x=1"}, {"method": "POST"}, {"module": "renamed"}):
        assert fingerprint(**COOKIE | values) == fingerprint(**COOKIE)


@pytest.mark.parametrize(
    "values",
    [
        {"subject": "session"},
        {"category": "Secure Flag cookie"},
        {"url": "http://other/"},
        {"url": "https://h/"},
        {"kind": "missing"},
    ],
)
def test_observations_about_a_site_are_told_apart_by_subject_kind_and_site(values):
    assert fingerprint(**COOKIE | values) != fingerprint(**COOKIE)


def test_a_cookie_with_a_random_name_is_one_cookie():
    first, second = ({"subject": f"ASPSESSIONID{name}"} for name in ("QQASDCRT", "SSBTCQRB"))
    assert fingerprint(**COOKIE | first) == fingerprint(**COOKIE | second)


def test_parts_cannot_run_into_each_other():
    one, other = PLACE | {"parameter": "ab", "module": "c"}, PLACE | {"parameter": "a", "module": "bc"}
    assert fingerprint(**one) != fingerprint(**other)
