"""The address of a finding: which findings are at one place."""

import pytest

from scans.engines.shared.places import address

ADD = "POST /list?action=add HTTP/1.1\nhost: shop.example\n\nname=owl"


@pytest.mark.parametrize(
    ("method", "request_text", "parameter", "module", "expected"),
    [
        ("POST", "POST /list HTTP/1.1", "", "csrf", "/list"),
        ("POST", ADD, "", "csrf", "/list?action=add"),
        ("POST", ADD, "name", "sql", "/list?action=add"),
        ("PUT", ADD.replace("POST", "PUT"), "name", "xss", "/list?action=add"),
        ("POST", ADD, "action", "sql", "/list"),  # the query holds the attack
        ("POST", ADD, "", "spring4shell", "/list"),
        ("POST", ADD, "QUERY_STRING", "sql", "/list"),
        ("GET", "GET /list?page=2&name=%27 HTTP/1.1", "name", "sql", "/list"),
        ("POST", "", "", "csrf", "/list"),
    ],
)
def test_forms_of_one_path_with_another_query_are_other_places(method, request_text, parameter, module, expected):
    assert address(method, "/list", request_text, parameter, module) == expected
