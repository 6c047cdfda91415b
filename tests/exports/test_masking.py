"""No login leaves the product."""

import json

import pytest

from scans.exports.data import analysis_data
from scans.exports.masking import Mask, header_masked, masks_of, without_credentials
from scans.login.base import Login, Method
from scans.models import CrawlScript, TargetLogin
from scans.transitions import Access
from tests import factories

URL = "http://127.0.0.1:9/"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("GET / HTTP/1.1\nAuthorization: Bearer abc\n\nx", "GET / HTTP/1.1\nAuthorization: ***\n\nx"),
        ("GET / HTTP/1.1\r\ncookie: sid=abc; a=b\r\n\r\n", "GET / HTTP/1.1\r\ncookie: sid=***; a=***\r\n\r\n"),
        ("POST / HTTP/1.1\nx-api-key: abc\n\n", "POST / HTTP/1.1\nx-api-key: ***\n\n"),
        ("GET /?authorization=1 HTTP/1.1\nhost: x\n\n", "GET /?authorization=1 HTTP/1.1\nhost: x\n\n"),
    ],
)
def test_credentials_are_masked_by_their_place(text, masked):
    assert without_credentials(text) == masked


def test_of_a_set_cookie_the_name_and_the_attributes_stay():
    assert header_masked("Set-Cookie", "sid=abc; Path=/; HttpOnly") == "sid=***; Path=/; HttpOnly"
    assert header_masked("Server", "nginx") == "nginx"


def test_secrets_are_masked_however_they_are_spelled_and_short_ones_left():
    mask = Mask(["pa&s s", "ab"])
    assert mask({"a": ["pa&s s", {"b": "x=pa%26s%20s&y=pa%26s+s"}], "c": 3}) == {
        "a": ["***", {"b": "x=***&y=***"}],
        "c": 3,
    }
    assert mask("tab") == "tab" and Mask()("tab") == "tab"


def side(*commands):
    steps = [{"id": "1", "command": command, "target": target, "value": value} for command, target, value in commands]
    test = f'{{"id": "t", "name": "t", "commands": {steps}}}'.replace("'", '"')
    return f'{{"id": "p", "version": "2.0", "name": "p", "url": "{URL}", "tests": [{test}], "suites": []}}'


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("login", "secrets", "kept"),
    [
        (Login(method=Method.FORM, username="alice", password="owls-fly"), ["owls-fly"], "alice"),
        (Login(method=Method.BASIC, username="alice", password="owls-fly"), ["YWxpY2U6b3dscy1mbHk="], "alice"),
        (Login(method=Method.HEADERS, headers="X-Token: Bearer owls1234"), ["owls1234", "Bearer owls1234"], "X-Token"),
        (Login(method=Method.HEADERS, cookies="sid=owls5678fly; theme=dark"), ["owls5678fly"], "sid dark"),
        (
            Login(
                method=Method.SCRIPT,
                login_script=side(("type", "id=user", "alice"), ("type", "id=password", "owls-fly")),
            ),
            ["owls-fly"],
            "alice",
        ),
    ],
    ids=["password", "basic", "header", "cookie", "script"],
)
def test_what_was_entered_to_log_in_is_known_and_masked(login, secrets, kept):
    analysis = factories.submitted(URL, access={URL: Access(login=TargetLogin.of(login))})
    mask = masks_of(analysis.url_scans.all())[analysis.url_scans.get().pk]
    for secret in secrets:
        assert secret not in mask(f"{kept} <{secret}>") and kept in mask(f"{kept} <{secret}>")


@pytest.mark.django_db
def test_a_password_that_the_targets_address_says_is_no_secret():
    url = "http://127.0.0.1:9/demo/"
    login = TargetLogin.of(Login(method=Method.FORM, username="demo", password="demo"))
    scan = factories.submitted(url, access={url: Access(login=login)}).url_scans.get()
    assert masks_of([scan])[scan.pk](f"{url}issue") == f"{url}issue"


@pytest.mark.django_db
def test_an_address_and_a_parameters_name_are_the_sites_own_words_and_what_was_sent_is_masked():
    login = TargetLogin.of(Login(method=Method.FORM, username="root", password="admin"))
    analysis = factories.running(URL, access={URL: Access(login=login)})
    sent = "POST /in HTTP/1.1\n\nname=root&secret=admin"
    factories.find(analysis.url_scans.get(), url=f"{URL}admin/", parameter="admin", http_request=sent)
    finding = analysis_data(analysis)["findings"][0]
    assert (finding["url"], finding["parameter"]) == (f"{URL}admin/", "admin")
    assert finding["http_request"] == "POST /in HTTP/1.1\n\nname=root&secret=***"


@pytest.mark.django_db
def test_what_a_script_types_as_a_variable_or_finds_by_place_is_masked_too():
    by_place = {"command": "type", "target": "css=input:nth-child(2)", "value": "owls-hoot", "targets": [["id=pwd"]]}
    recording = json.loads(side(("store", "owls-fly", "word"), ("sendKeys", "name=password", "${word}${KEY_ENTER}")))
    recording["tests"][0]["commands"].append(by_place)
    access = Access(crawl_script=CrawlScript.of("walk.side", json.dumps(recording)))
    scan = factories.submitted(URL, access={URL: access}).url_scans.get()
    assert masks_of([scan])[scan.pk]("owls-fly owls-hoot") == "*** ***"


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["id=userPassword", "name=PWD", "css=#client-secret", "id=access_token", "name=totp"])
def test_what_a_script_types_into_a_field_that_is_named_like_a_secret_is_masked(field):
    access = Access(
        crawl_script=CrawlScript.of("walk.side", side(("type", field, "owls-fly"), ("type", "id=q", "mice")))
    )
    scan = factories.submitted(URL, access={URL: access}).url_scans.get()
    assert masks_of([scan])[scan.pk]("owls-fly mice") == "*** mice"


@pytest.mark.django_db
def test_a_crawl_script_may_hold_a_secret_too_and_a_lost_key_stops_nothing(settings):
    script = CrawlScript.of("walk.side", side(("type", "name=otp", "owls-fly")))
    analysis = factories.submitted(URL, access={URL: Access(crawl_script=script)})
    scan = analysis.url_scans.get()
    assert masks_of([scan])[scan.pk]("owls-fly") == "***"
    settings.SCANS_SECRET_KEYS = ["k" * 40]
    assert masks_of([scan])[scan.pk]("owls-fly") == "owls-fly"
