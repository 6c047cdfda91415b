"""Reading the engine's request, and making variants of it."""

import pytest

from scans.results.stored_request import StoredRequest, parse_request


def test_a_request_is_read_as_the_engine_writes_it():
    raw = parse_request(
        "POST /notes?a=1 HTTP/1.1\nhost: owls.example\nUser-Agent: owl: the browser\ncontent-length: 9\n"
        "Content-Type: application/x-www-form-urlencoded\n\nnote=a%0Ab"
    )
    assert (raw.method, raw.target, raw.body) == ("POST", "/notes?a=1", "note=a%0Ab")
    assert raw.headers == {"User-Agent": "owl: the browser", "Content-Type": "application/x-www-form-urlencoded"}
    assert raw.header("user-agent") == "owl: the browser" and raw.header("referer") == ""


def test_line_ends_of_either_kind_are_read_the_same():
    text = "GET / HTTP/1.1\nA: b\n\n"
    assert parse_request(text) == parse_request(text.replace("\n", "\r\n"))


@pytest.mark.parametrize("text", ["", "GET", "GET /", "GET / b HTTP/1.1", "curl http://a/", "GET / SMTP", "\n\n\n"])
def test_what_is_no_request_cannot_be_sent_again(text):
    with pytest.raises(ValueError, match="no request that can be sent again"):
        parse_request(text)


def test_a_form_with_files_is_kept_in_parts_only():
    with pytest.raises(ValueError, match="form with files"):
        parse_request("POST / HTTP/1.1\nContent-Type: multipart/form-data; boundary=x\n\nx\n")


@pytest.mark.parametrize(
    ("request_text", "parameter", "value", "target", "body"),
    [
        ("GET /s?a=%2F&q=x+y HTTP/1.1", "q", "x y", "/s?a=%2F&q=%27%26", ""),
        ("GET /s?q%5B%5D=x HTTP/1.1", "q%5B%5D", "x", "/s?q%5B%5D=%27%26", ""),  # the engine quotes names
        ("GET /s?x%27 HTTP/1.1", "QUERY_STRING", "x'", "/s?%27%26", ""),
        ("POST /n?a=1 HTTP/1.1\n\nq=x&b=2", "q", "x", "/n?a=1", "q=%27%26&b=2"),
        ('POST /n HTTP/1.1\n\n{"a": {"q": ["x"]}}', "a.q.0", "x", "/n", '{"a": {"q": ["\'&"]}}'),
        ("POST /n HTTP/1.1\n\n<foo>x</foo>", "raw body", "<foo>x</foo>", "/n", "'&"),
    ],
)
def test_a_parameter_is_read_and_replaced_wherever_it_is(request_text, parameter, value, target, body):
    request = parse_request(request_text)
    assert request.value_of(parameter) == value
    other = request.with_value(parameter, "'&")
    assert (other.target, other.body) == (target, body) and other.value_of(parameter) == "'&"


def test_a_parameter_that_is_not_there_has_no_value_and_changes_nothing():
    for text in ("GET /s?a=1 HTTP/1.1", "POST /n HTTP/1.1\n\na=1", 'POST /n HTTP/1.1\n\n{"a": 1}'):
        request = parse_request(text)
        assert request.value_of("q") == "" and request.with_value("q", "x") == request


def test_a_parameter_is_left_out_by_the_beginning_of_its_name():
    request = parse_request("POST /n?class.loader%5B1%5D=1&a=2 HTTP/1.1\n\nclass.loader[1]=1&b=3")
    assert (request.without("class.loader").target, request.without("class.loader").body) == ("/n?a=2", "b=3")


def test_another_page_is_asked_for_by_the_same_visitor():
    request = parse_request("POST /n HTTP/1.1\nCookie: a=b\nContent-Type: x/y\n\nq=1")
    page = request.page("/other")
    assert (page.method, page.target, page.body, page.headers) == ("GET", "/other", "", {"Cookie": "a=b"})
    assert request.with_cookies("").header("cookie") == "" and request.with_cookies("c=d").header("cookie") == "c=d"
    assert request.field_names == ["q"] and request.path == "/n"


@pytest.mark.parametrize("start", ["class.module", "a b"])
def test_a_parameter_is_renamed_by_the_start_of_its_name(start):
    spelled = start.replace(" ", "%20")
    request = StoredRequest("POST", f"/a?{spelled}%5Bx%5D=1&b={spelled}", {}, f"b=2&{spelled}=3")
    renamed = request.renamed(start, "owl")
    assert (renamed.target, renamed.body) == (f"/a?owl%5Bx%5D=1&b={spelled}", "b=2&owl=3")
