"""Evidence on the page of a finding: what was injected and what answers it is marked; the command has no secret."""

import pytest

from scans.login.base import Method
from scans.models import Finding
from scans.summaries.evidence import Evidence, command


def found(request="", body="", headers=(), **fields):
    """A finding with this evidence."""
    values = {"module": "sql", "parameter": "id", "subject": "", "category": "SQL Injection", **fields}
    return Finding(http_request=request, evidence_body=body, evidence_headers=headers, **values)


def marked(excerpt) -> list[str]:
    return [piece.text for piece in excerpt.pieces if piece.is_marked]


def whole(excerpt) -> str:
    return "".join(piece.text for piece in excerpt.pieces)


@pytest.mark.parametrize(
    ("request_text", "raw", "value"),
    [
        ("GET /a?x=1&id=3%27+AND+1 HTTP/1.1\nhost: a\n\n", "3%27+AND+1", "3' AND 1"),
        ("POST /a HTTP/1.1\nhost: a\n\nid=3%27&b=2", "3%27", "3'"),
        ('POST /a HTTP/1.1\nhost: a\n\n{"id": "3\\" or"}', '3\\" or', '3" or'),
    ],
    ids=["query", "form", "json"],
)
def test_the_injected_value_is_marked_as_sent_and_decoded(request_text, raw, value):
    evidence = Evidence(found(request_text))
    assert evidence.value == value
    assert marked(evidence.sent) == [raw] and whole(evidence.sent) == request_text
    assert marked(evidence.decoded) == [value] and whole(evidence.decoded) == request_text.replace(raw, value)


def test_the_value_of_another_parameter_with_the_same_text_is_not_marked():
    evidence = Evidence(found("GET /a?x=77&id=77 HTTP/1.1\nhost: a\n\n"))
    first, mark, _ = evidence.sent.pieces
    assert first.text.endswith("x=77&id=") and mark == ("77", True) and evidence.decoded is None


def test_the_whole_query_string_and_an_attacked_header_are_values_too():
    query = Evidence(found("GET /a?%3Cb%3E HTTP/1.1\nhost: a\n\n", parameter="QUERY_STRING"))
    assert query.value == "<b>" and marked(query.sent) == ["%3Cb%3E"]
    header = Evidence(found("GET /a HTTP/1.1\nuser-agent: () { :; }\n\n", parameter="", subject="User-Agent"))
    assert header.value == "() { :; }" and marked(header.sent) == ["() { :; }"]


def test_the_error_of_the_database_is_marked_and_the_echo_of_the_attack_is_not():
    body = "<p>ORA-12345 is what you typed</p> You have an error in your SQL syntax; near ''"
    evidence = Evidence(found("GET /a?id=ORA-12345 HTTP/1.1\nhost: a\n\n", body))
    assert marked(evidence.answered) == ["You have an error in your SQL syntax"] and evidence.is_marked


def test_a_script_is_marked_where_it_comes_back_and_a_condition_marks_nothing():
    request, body = "GET /a?id=%3Cscript%3E HTTP/1.1\nhost: a\n\n", "a <script> b <script>"
    assert marked(Evidence(found(request, body, module="xss")).answered) == ["<script>"] * 2
    condition = Evidence(found("GET /a?id=3+AND+1%3D1 HTTP/1.1\nhost: a\n\n", "you asked for 3 AND 1=1"))
    assert not condition.is_marked


def test_headers_by_which_a_weakness_shows_are_marked():
    cookies = [["Set-Cookie", "level=1; Path=/"], ["Set-Cookie", "other=1"], ["Server", "a"]]
    flag = found(headers=cookies, module="cookieflags", category="Secure Flag cookie", subject="level", parameter="")
    assert [piece.is_marked for piece in Evidence(flag).headers] == [True, False, False]
    away = found(headers=[["Location", "https://evil.example/"]], module="redirect", category="Open Redirect")
    assert Evidence(away).is_marked


def test_long_evidence_is_cut_around_what_is_marked():
    body = "a " * 4500 + "ORA-00933" + " b" * 4500
    answered = Evidence(found("GET /a?id=1 HTTP/1.1\n\n", body), longest=1000).answered
    assert marked(answered) == ["ORA-00933"] and len(whole(answered)) == 1000
    assert answered.before + 1000 + answered.after == len(body) and answered.is_cut
    assert whole(Evidence(found("", body), longest=None).answered) == body


def test_a_request_that_cannot_be_read_is_shown_as_it_is():
    evidence = Evidence(found("no request", "", parameter="id"))
    assert whole(evidence.sent) == "no request" and not marked(evidence.sent) and evidence.value == ""


@pytest.mark.parametrize(
    ("method", "option", "names"),
    [
        ("", "", []),
        (Method.FORM, '-H "Cookie: $COOKIE"', ["COOKIE"]),
        (Method.SCRIPT, '-H "Cookie: $COOKIE"', ["COOKIE"]),
        (Method.BASIC, '-u "$LOGIN"', ["LOGIN"]),
        (Method.DIGEST, '--digest -u "$LOGIN"', ["LOGIN"]),
    ],
)
def test_the_command_has_a_variable_for_the_login(method, option, names):
    text, variables = command('curl "http://a/"', method, [])
    assert text.startswith('curl "http://a/"') and option in text and variables == names


def test_the_command_has_a_variable_for_each_secret_header():
    text, variables = command("curl 'http://a/'", "", ["X-Team"])
    assert text == "curl 'http://a/' \\\n  -H 'X-Team: '\"$X_TEAM\"" and variables == ["X_TEAM"]
    text, variables = command("curl 'http://a/'", "", ["2-`id`"])
    assert text.endswith("-H '2-`id`: '\"$_2__ID_\"") and variables == ["_2__ID_"]
    assert command("", Method.FORM, ["X-Team"]) == ("", [])
