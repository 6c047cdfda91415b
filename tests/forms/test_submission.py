"""What people may type for a new analysis."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from scans.encryption import unseal
from scans.forms.actions import StopForm
from scans.forms.submission import SubmissionForm
from scans.models import AllowedTarget, Analysis

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/"


def form(file: bytes | None = None, **data) -> SubmissionForm:
    files = {"url_file": SimpleUploadedFile("urls.txt", file)} if file is not None else {}
    return SubmissionForm({"name": "Shop", "urls": URL, "authorised": "on", **data}, files)


def errors(field: str, **data) -> str:
    return " ".join(form(**data).errors.get(field, []))


def test_what_was_left_out_gets_the_defaults():
    submission = form()
    assert submission.is_valid(), submission.errors
    made = submission.submission()
    assert (made.name, made.urls, made.depth, made.publication) == ("Shop", (URL,), 20, "automatic")
    assert (made.duration, made.start_at, made.key) == (timedelta(days=1), None, None)


@pytest.mark.parametrize("name", ["ab", "  a  ", "x" * 201, "a\nb c", "a\x07bc", "a\u202ebc"])
def test_name_has_3_to_200_visible_characters(name):
    assert errors("name", name=name)


@pytest.mark.parametrize("name", ["abc", "  abc  ", "x" * 200, "Überprüfung 検査"])
def test_names_of_any_language(name):
    assert not errors("name", name=name)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90", 90), ("90m", 90), ("8h", 480), ("2d", 2880), ("2 D", 2880), ("1", 1), ("25d", 36000)],
)
def test_duration_in_minutes_hours_and_days(text, minutes):
    submission = form(duration=text)
    assert submission.is_valid()
    assert submission.submission().duration == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["0", "26d", "36001", "-5", "1w", "1.5h", "soon", "9999999999"])
def test_duration_is_1_minute_to_25_days(text):
    assert text in errors("duration", duration=text)


@pytest.mark.parametrize("depth", ["0", "51", "x"])
def test_depth_is_1_to_50(depth):
    assert errors("depth", depth=depth)


def test_start_is_at_most_90_days_ahead_and_not_past():
    def at(**ahead) -> str:
        return f"{timezone.now() + timedelta(**ahead):%Y-%m-%dT%H:%M}"

    assert "in the past" in errors("start_at", start_at=at(minutes=-3))
    assert "90 days ahead" in errors("start_at", start_at=at(days=91))
    assert not errors("start_at", start_at=at(days=89))
    assert errors("start_at", start_at="tomorrow")


def test_a_start_that_comes_twice_means_the_first_and_one_that_is_skipped_is_refused(clock):
    clock.move_to(datetime(2027, 3, 1, tzinfo=UTC))
    skipped = errors("start_at", start_at="2027-03-28T02:30", time_zone="Europe/Berlin")
    assert "2027-03-28 02:30" in skipped and "skipped" in skipped and "choose" in skipped
    clock.move_to(datetime(2027, 10, 1, tzinfo=UTC))
    submission = form(start_at="2027-10-31T02:30", time_zone="Europe/Berlin")
    assert submission.is_valid()
    # PEP 495: no moment of a doubled hour equals one of another zone.
    assert submission.submission().start_at.astimezone(UTC) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_start_may_carry_its_own_zone():
    moment = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    submission = form(start_at=moment.astimezone(timezone.get_fixed_timezone(120)).isoformat())
    assert submission.is_valid()
    assert submission.submission().start_at == moment


def test_each_bad_url_is_named_with_its_line_and_rule():
    said = errors("urls", urls=f"{URL}\n\nftp://x/\nhttp://user:secret@x/\nhttp://10.9.8.7/")
    assert "Line 3: “ftp://x/” must start with" in said
    assert "Line 4:" in said
    assert "secret" not in said
    assert "Line 5: “http://10.9.8.7/” may not be scanned" in said


def test_the_dashboard_itself_and_metadata_services_are_refused():
    AllowedTarget.objects.create(pattern="169.254.169.254")
    assert "this dashboard itself" in errors("urls", urls="http://127.0.0.1:8000/")
    assert "never scanned" in errors("urls", urls="http://169.254.169.254/")


def test_hosts_that_an_administrator_allows_are_taken():
    assert "nobody allowed" in errors("urls", urls="https://shop.example.com/")
    AllowedTarget.objects.create(pattern="*.example.com")
    assert not errors("urls", urls="https://shop.example.com/")


def test_duplicates_are_refused_after_normalisation_naming_both():
    said = errors("urls", urls="http://LOCALHOST:80\n\nhttp://localhost/#top")
    assert "Line 3: “http://localhost/#top” is the same target as “http://LOCALHOST:80” (Line 1)." in said


def test_file_and_field_are_taken_together():
    assert form(file=b"\xef\xbb\xbfhttp://127.0.0.1:9/b\r", urls=URL).is_valid()
    assert "File, line 1: “http://127.0.0.1:9/” is the same target" in errors("urls", file=URL.encode())


@pytest.mark.parametrize("content", [b"\xff\xfe\x00h", b"PK\x03\x04\x00\x00"])
def test_file_that_is_not_text_is_refused(content):
    assert "is not a text file" in errors("url_file", file=content)


def test_file_beyond_256_kb_is_refused():
    assert "at most 256 kB" in errors("url_file", file=b"x" * (256 * 1024 + 1))


def test_at_least_one_and_at_most_250_urls():
    assert "at least one" in errors("urls", urls=" \n ")
    many = "\n".join(f"{URL}{number}" for number in range(251))
    assert "251 URLs given; at most 250." in errors("urls", urls=many)
    assert not errors("urls", urls=many.rpartition("\n")[0])


def test_many_bad_lines_are_summed_up():
    assert "… and 5 more." in errors("urls", urls="\n".join(f"ftp://{number}/" for number in range(15)))


def test_authorisation_must_be_given():
    assert errors("authorised", authorised="")


def test_publication_is_one_of_two():
    assert errors("publication", publication="never")
    assert form(publication="reviewer").submission if form(publication="reviewer").is_valid() else False


def test_stop_takes_one_of_two_modes():
    assert StopForm({"mode": "save"}).is_valid()
    assert not StopForm({"mode": "both"}).is_valid()


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
    assert scan.crawl_script_name == "walk.side" and unseal(scan.crawl_script) == "{}"


def test_the_command_line_refuses_a_login_it_does_not_understand(tmp_path):
    (tmp_path / "login.json").write_text('{"passwort": "s3cr3t"}')
    with pytest.raises(CommandError, match="nothing called 'passwort'") as caught:
        call_command("submit", "--name=Shop", URL, f"--login={tmp_path / 'login.json'}")
    assert "s3cr3t" not in str(caught.value)
