"""The command that repeats a finding's request: a shell gives curl exactly that, whatever the site chose."""

import subprocess

import pytest

from scans.results.curl import curl_of

pytestmark = pytest.mark.process
URL = "https://shop.test:8443/somewhere?else=1"
SEEN_BY_CURL = "curl() { printf '%s\\0' \"$@\"; }\n"


def words(request):
    """The arguments that a real shell gives to curl."""
    command = curl_of(URL, request)
    done = subprocess.run(["sh", "-c", SEEN_BY_CURL + command], capture_output=True, text=True, timeout=20, check=True)
    assert not done.stderr
    address, *rest = done.stdout.split("\0")[:-1]
    assert rest[:2] == ["-g", "--path-as-is"]
    return [address, *rest[2:]]


def test_a_command_asks_for_the_path_of_the_request_at_the_site_of_the_finding():
    request = "GET /../[a]?q=%3Cscript%3E HTTP/1.1\nhost: elsewhere.test\nreferer: https://shop.test/\nx-empty: \n\n"
    assert words(request) == [
        "https://shop.test:8443/../[a]?q=%3Cscript%3E", "-H", "referer: https://shop.test/", "-H", "x-empty;",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "body", "options"),
    [
        ("POST", "a=1", ["--data-raw", "a=1"]),
        ("POST", "", ["-X", "POST"]),
        ("PUT", "@/etc/passwd", ["-X", "PUT", "--data-raw", "@/etc/passwd"]),
        ("GET", "a=1", ["-X", "GET", "--data-raw", "a=1"]),
        ("HEAD", "", ["-I"]),
        ("TRACE", "", ["-X", "TRACE"]),
    ],
)
def test_a_command_has_the_method_and_the_body(method, body, options):
    assert words(f"{method} / HTTP/1.1\n\n{body}") == ["https://shop.test:8443/", *options]


@pytest.mark.parametrize("hostile", ["$(id)", "`id`", "'; id #", '"; id #', "!id", "\\", "a&b|c", "-o/tmp/x"])
def test_a_site_brings_no_command_into_the_shell(hostile):
    request = f"POST /?{hostile} HTTP/1.1\ncontent-type: text/x{hostile}\n\n{hostile}\n{hostile}".replace("/? ", "/?")
    if " " in hostile:
        request = request.replace(f"/?{hostile}", "/?")
    address, *options = words(request)
    assert address in (f"https://shop.test:8443/?{hostile}", "https://shop.test:8443/?")
    assert options == ["-H", f"content-type: text/x{hostile}", "--data-raw", f"{hostile}\n{hostile}"]


def part(name, value, file=None):
    named = f'name="{name}"' + (f'; filename="{file}"' if file is not None else "")
    return f"------------------------boundarystring\nContent-Disposition: form-data; {named}\n\n{value}\n"


def multipart(*parts):
    head = "POST /up HTTP/1.1\nContent-Type: multipart/form-data; boundary=------------------------boundarystring\n\n"
    return f"{head}{''.join(parts)}------------------------boundarystring--"


def test_parts_of_a_form_are_sent_as_they_are_and_name_no_file_of_the_person():
    request = multipart(part("note", "@/etc/passwd"), part("more", "<two\nlines"), part("avatar", "GIF89a", "a.gif"))
    assert words(request) == [
        "https://shop.test:8443/up", "--form-string", "note=@/etc/passwd", "--form-string", "more=<two\nlines",
        "-F", "avatar=@your_file;filename=a.gif",
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "file"), [("a=@/etc/passwd;b", "a.gif"), ("a", 'x";type=@/etc/passwd')])
def test_a_part_whose_name_would_be_read_as_a_file_is_left_out(name, file):
    assert words(multipart(part(name, "GIF89a", file), part("b", "1"))) == [
        "https://shop.test:8443/up", "--form-string", "b=1",
    ]  # fmt: skip


@pytest.mark.parametrize("request_text", ["", "\n\n", "GET / SMTP", "GET /"])
def test_there_is_no_command_without_a_request(request_text):
    assert curl_of(URL, request_text) == ""
