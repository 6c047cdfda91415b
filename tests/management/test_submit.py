"""manage.py submit: a login and scripts from files or standard input, and exit codes that mean what the help says."""

import io
import json
import sys
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from scans import transitions
from scans.management.commands import submit as command
from scans.models import Analysis
from scans.reasons import Notice
from scans.statuses import EndedBy
from tests import factories

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/"
LOGIN = {"method": "form", "username": "ada", "password": "owls-fly-by-night"}


def submit(*arguments, name="Shop", **options):
    call_command("submit", f"--name={name}", URL, *arguments, **options)


def refused(*arguments, **options) -> str:
    """Why this is refused, by exit code 3 and with nothing stored."""
    with pytest.raises(CommandError) as caught:
        submit(*arguments, **options)
    assert caught.value.returncode == 3 and not Analysis.objects.exists()
    assert LOGIN["password"] not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def standard_input(monkeypatch):
    """Takes what standard input is to hold."""
    return lambda held: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(held)))


@pytest.fixture
def while_waiting(monkeypatch):
    """Takes what is to happen while `--wait` waits for the next change."""
    return lambda happens: monkeypatch.setattr(command, "sleep", lambda seconds: happens())


# --- The login's file and the scripts -------------------------------------------------------------------


@pytest.mark.parametrize("way", [None, ""], ids=["left out", "empty"])
def test_a_login_without_a_method_is_refused_and_not_passed_over(standard_input, way):
    login = {name: value for name, value in (LOGIN | {"method": way}).items() if value is not None}
    standard_input(json.dumps(login).encode())
    assert "login: method is missing: one of basic, digest, ntlm, form, headers, script" in refused("--login=-")


@pytest.mark.parametrize("value", [LOGIN["password"], "FORM"])
def test_a_login_with_a_method_that_there_is_not_is_refused(standard_input, value):
    standard_input(json.dumps(LOGIN | {"method": value}).encode())
    why = refused("--login=-")
    assert "login: method is none of basic, digest" in why and value not in why


@pytest.mark.parametrize("value", [20061963, None, True, ["20061963"], {"is": "20061963"}, "\ud800 20061963"])
@pytest.mark.parametrize("key", ["password", "login_script"])
def test_a_value_that_is_no_string_is_refused_by_its_key(standard_input, key, value):
    standard_input(json.dumps(LOGIN | {key: value}).encode())
    why = refused("--login=-")
    assert f"login: {key} has to be a string" in why and "20061963" not in why


@pytest.mark.parametrize(
    "held",
    [b"", b"[]", b'[["method", "form"]]', b'"form"', b"null", b"{method: form}", b"\xff\xfe{", b"[" * 100_000],
    ids=["nothing", "list", "pairs", "string", "null", "no JSON", "no text", "deep"],
)
def test_a_login_that_is_no_json_object_is_refused(standard_input, held):
    standard_input(held)
    assert "login: this is not a JSON object such as" in refused("--login=-")


def test_a_file_that_cannot_be_read_is_refused_by_the_option_or_key_that_names_it(standard_input, tmp_path):
    assert "login: it cannot be read: No such file" in refused(f"--login={tmp_path / 'none'}")
    assert "login: it cannot be read" in refused("--login=")  # such as from an empty variable
    assert "crawl-script: it cannot be read: Is a directory" in refused(f"--crawl-script={tmp_path}")
    standard_input(json.dumps({"method": "script", "login_script": "/nowhere/\u0000"}).encode())
    assert "login: login_script: it cannot be read" in refused("--login=-")


def test_a_crawl_script_comes_from_standard_input_too(standard_input):
    standard_input(b"{}")
    submit("--crawl-script=-", "--save")
    scan = Analysis.objects.get().url_scans.get()
    assert (scan.crawl_script.name, scan.crawl_script.text()) == ("standard input", "{}")


@pytest.mark.parametrize("two", [("--login=-", "--crawl-script=-"), ("--login=-", "--url-file=-")])
def test_standard_input_holds_one_file(standard_input, two):
    standard_input(json.dumps(LOGIN).encode())
    assert "only one of --login, --crawl-script and --url-file" in refused(*two)


def test_a_table_gives_each_url_its_own_login(standard_input):
    standard_input(b"url,username,password,left_out\nhttp://127.0.0.1:9/a,bob,s3cr3t,/logout\n")
    submit("--url-file=-", "--save")
    analysis = Analysis.objects.get()
    given, from_table = analysis.url_scans.order_by("position")
    assert (given.login, from_table.login.username) == (None, "bob")
    assert analysis.left_out == ["http://127.0.0.1:9/a /logout"]


# --- Exit codes -----------------------------------------------------------------------------------------


def test_each_argument_is_one_address_commas_and_all():
    submit("http://127.0.0.1:9/find?ids=1,2;3")
    urls = Analysis.objects.get().url_scans.values_list("url", flat=True).order_by("position")
    assert list(urls)[1:] == ["http://127.0.0.1:9/find?ids=1,2;3"]


def test_an_argument_of_bytes_that_are_not_utf_8_is_refused_by_its_name():
    broken = b"\xe4\xf6\xfc".decode(errors="surrogateescape")  # as Python hands on what it cannot decode
    for option in ("--user", "--blackout", "--time-zone", "--crawl-script"):
        assert f"{option.removeprefix('--')}: it holds bytes that are not UTF-8" in refused(f"{option}={broken}")
    assert "name: it holds bytes" in refused(name=broken)
    assert "urls: it holds bytes" in refused(f"{URL}{broken}")


def test_an_error_before_anything_is_submitted_is_no_finding(monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError(LOGIN["password"])

    monkeypatch.setattr(transitions, "submit", broken)
    assert "Nothing was submitted: an error on our side, RuntimeError. With --traceback" in refused()


def test_a_refusal_to_check_the_urls_leaves_nothing_behind(monkeypatch):
    def refuse(analysis, by):
        raise transitions.TransitionRefused("duration_ended")

    monkeypatch.setattr(transitions, "prescan_only", refuse)
    assert refused("--prescan-only") == "The analysis' duration ended."


def fail_on_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")


def fail_otherwise():
    raise RuntimeError("broken")


@pytest.mark.parametrize("happens", [fail_on_the_database, fail_otherwise])
def test_an_error_while_waiting_ends_with_2_and_says_that_it_was_submitted(while_waiting, happens, caplog):
    while_waiting(happens)
    with pytest.raises(CommandError, match=r"Analysis (\d+) was submitted.*`manage.py show \1`") as caught:
        submit("--wait")
    assert caught.value.returncode == 2
    assert ("nowhere" in str(caught.value)) == (happens is fail_on_the_database)
    assert ("Traceback" in caplog.text) == (happens is fail_otherwise)


def test_output_that_cannot_be_written_ends_with_2_since_it_was_submitted():
    with suppress(OSError), open("/dev/full", "w") as full, pytest.raises(CommandError) as caught:
        submit(stdout=full)
    refusal = caught.value
    assert refusal.returncode == 2 and "No space left on device" in str(refusal)
    assert Analysis.objects.get().submitted_at


def test_ctrl_c_while_waiting_says_that_the_analysis_goes_on_and_how_to_stop_it(while_waiting):
    def press():
        raise KeyboardInterrupt

    while_waiting(press)
    err = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        submit("--wait", stderr=err)
    analysis = Analysis.objects.get()
    assert ended.value.code == 130
    assert (
        f"Analysis {analysis.pk} keeps running" in err.getvalue()
        and f"`manage.py show {analysis.pk}`" in err.getvalue()
    )
    assert f"stop it at {analysis.get_absolute_url()}" in err.getvalue()


def test_waiting_ends_with_the_notices(while_waiting):
    def end_with_a_notice():
        analysis = Analysis.objects.get()
        transitions.schedule(analysis)
        transitions.start(analysis)
        scan = factories.begin(analysis.url_scans.get())
        transitions.add_notice(scan, Notice("one_page", url=URL))
        transitions.end(scan, EndedBy.ITSELF)
        factories.verify(factories.fresh(scan))

    while_waiting(end_with_a_notice)
    err = io.StringIO()
    submit("--wait", stderr=err)
    assert "http://127.0.0.1:9/: The scan saw one page only" in err.getvalue()


def test_a_reader_that_goes_away_while_waiting_is_left_to_manage_py(while_waiting):
    def break_pipe():
        raise BrokenPipeError

    while_waiting(break_pipe)
    with pytest.raises(BrokenPipeError):
        submit("--wait")


def test_the_command_line_asks_for_the_same_schedule(capsys):
    call_command(
        "submit", "--name=Shop", "http://127.0.0.1:9/", "--time-zone=Europe/Berlin", "--repeat=weekly",
        "--weekdays=mon,thu",
        "--ends-after=3", "--blackout=Sat,Sun", "--save",
    )  # fmt: skip
    analysis = Analysis.objects.get()
    assert (analysis.status, analysis.blackout, analysis.time_zone) == ("saved_for_later", "Sat,Sun", "Europe/Berlin")
    assert analysis.recurrence["weekdays"] == [0, 3] and analysis.recurrence["ends_after"] == 3
    assert "Saved as analysis" in capsys.readouterr().out


def test_the_command_line_refuses_a_day_that_there_is_not():
    with pytest.raises(CommandError, match="weekdays"):
        call_command("submit", "--name=Shop", "http://127.0.0.1:9/", "--repeat=weekly", "--weekdays=someday")


def test_the_command_line_takes_a_login_from_a_file(tmp_path):
    (tmp_path / "login.side").write_text("{}")
    login = {"method": "script", "login_script": str(tmp_path / "login.side"), "logged_in": "Hello"}
    (tmp_path / "login.json").write_text(json.dumps(login))
    (tmp_path / "walk.side").write_text("{}")
    files = [f"--login={tmp_path / 'login.json'}", f"--crawl-script={tmp_path / 'walk.side'}"]
    call_command("submit", "--name=Shop", URL, *files, "--save")
    scan = Analysis.objects.get().url_scans.get()
    assert (scan.login.method, scan.login.opened().login_script) == ("script", "{}")
    assert scan.crawl_script.name == "walk.side" and scan.crawl_script.text() == "{}"


def test_the_command_line_refuses_a_login_it_does_not_understand(tmp_path):
    (tmp_path / "login.json").write_text('{"passwort": "s3cr3t"}')
    with pytest.raises(CommandError, match="nothing called 'passwort'") as caught:
        call_command("submit", "--name=Shop", URL, f"--login={tmp_path / 'login.json'}")
    assert "s3cr3t" not in str(caught.value)
