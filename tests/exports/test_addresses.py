"""Web addresses as URIs, and as paths of files that code hosts take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scans.exports.addresses import LONGEST_PATH, as_path, uri
from tests.exports.code_hosts import PATH, URI


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://127.0.0.1:9/find", "127.0.0.1%3A9/find"),
        ("https://shop.example/a/b.php?q=1#top", "shop.example/a/b.php"),
        ("http://shop.example", "shop.example"),
        ("http://shop.example/", "shop.example"),
        ("http://shop.example?q=1", "shop.example"),
        ("http://shop.example/?q=/x", "shop.example"),
        ("http://[::1]:8080/find", "%5B%3A%3A1%5D%3A8080/find"),
        ("http://h/100%/%zz/%41/x y", "h/100%25/%25zz/%41/x%20y"),
        ('http://h/[a]{b}|c\\d"<e>^`', "h/%5Ba%5D%7Bb%7D%7Cc%5Cd%22%3Ce%3E%5E%60"),
        ("http://h/größe/検査", "h/gr%C3%B6%C3%9Fe/%E6%A4%9C%E6%9F%BB"),
        ("http://h/a:b;c=1,2", "h/a:b;c=1,2"),
        ("http://h//a///b/", "h/a/b"),
        ("http://h/a/../../../etc/./passwd", "h/etc/passwd"),
        ("http://h/%2e%2E/%2e/x", "h/x"),
        ("http://h/..%2f..%5cetc%00%0a", "h/..%252f..%255cetc%2500%250a"),
        ("http://h/a\tb\nc\0", "h/a%09b%0Ac%00"),
        ("", "site"),
        ("?", "site"),
    ],
)
def test_an_address_as_a_path(address, path):
    assert as_path(address) == path
    assert PATH.fullmatch(path)


def test_a_long_path_is_cut_between_characters_and_stays_distinct():
    for letter in ("a", "ü", "a/"):
        one, other = (as_path(f"http://h/{letter * 3000}{end}") for end in "12")
        assert one != other and len(one) <= LONGEST_PATH and PATH.fullmatch(one)
        assert one.startswith("h/")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://owasp.example/x y", "https://owasp.example/x%20y"),
        ("https://h/100%/[a]?q=[b]&p=%zz#one#two", "https://h/100%25/%5Ba%5D?q=%5Bb%5D&p=%25zz#one%23two"),
        ("http://[::1]:8080/a?b#c", "http://[::1]:8080/a?b#c"),
        ("http://[no-address/", "http://%5Bno-address/"),
        ("https://h/%41?a=1&b=2", "https://h/%41?a=1&b=2"),
    ],
)
def test_an_address_as_a_uri(address, expected):
    assert uri(address) == expected


@given(st.text(max_size=60))
def test_any_text_becomes_a_proper_path_and_uri(text):
    path = as_path(f"http://h/{text}")
    assert PATH.fullmatch(path) and not {".", ".."} & set(path.split("/"))
    assert PATH.fullmatch(as_path(text)) and as_path(text)
    assert URI.fullmatch(uri(f"https://h/{text}"))
