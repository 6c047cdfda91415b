"""A wrong setting ends every command."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import yaml
from django.conf import global_settings, settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from scans.management.commands.run_web import BYTES_OF_A_REQUEST

ROOT = Path(settings.BASE_DIR)


def test_an_empty_list_of_allowed_targets_allows_nothing(read):
    assert "localhost" in read()["SCANS_ALLOWED_TARGETS"]
    assert read(SCANS_ALLOWED_TARGETS="")["SCANS_ALLOWED_TARGETS"] == []


def test_no_limit_is_written_as_0(read):
    there = read(SCANS_REQUESTS_PER_SECOND="0", SCANS_REPLAYS_PER_SECOND="0", SCANS_SECONDS_BETWEEN_LOGINS="0")
    assert there["SCANS_REQUESTS_PER_SECOND"] == there["SCANS_REPLAYS_PER_SECOND"] == 0
    assert there["SCANS_SECONDS_BETWEEN_LOGINS"] == 0


def test_a_kept_secret_that_cannot_be_read_is_refused(refusal, tmp_path):
    (tmp_path / "var" / "secret_key").mkdir(parents=True)
    assert "secret_key" in refusal()


@pytest.mark.process
@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "submit", "--name", "Shop", "http://127.0.0.1:1/"],
        ["manage.py", "check"],
        ["manage.py", "run_web"],
    ],
    ids=["submit", "check", "run_web"],
)
def test_a_wrong_setting_ends_every_command_with_3_and_no_traceback(command):
    answer = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "SCANS_LEASE_SECONDS": "soon"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr.startswith("SCANS_LEASE_SECONDS holds 'soon'") and answer.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("environment", "only"),
    [
        ({}, True),
        ({"ALLOWED_HOSTS": "127.0.0.1", "SCANS_BIND": "[::1]"}, True),
        ({"SCANS_BIND": "0.0.0.0"}, False),  # noqa: S104
        ({"ALLOWED_HOSTS": "localhost,scans.example.com"}, False),
        ({"ALLOWED_HOSTS": "*"}, False),
    ],
)
def test_the_dashboard_is_on_loopback_only_while_it_has_no_other_name_and_listens_nowhere_else(read, environment, only):
    assert read(**{"ALLOWED_HOSTS": "", **environment})["ONLY_ON_LOOPBACK"] is only


@pytest.mark.parametrize(
    ("environment", "allowed"),
    [
        ({}, True),
        ({"SCANS_BIND": "::1"}, True),
        ({"ALLOWED_HOSTS": "scans.example.com"}, False),
        ({"ALLOWED_HOSTS": "*"}, False),
        ({"SCANS_BIND": "0.0.0.0"}, False),  # noqa: S104
        ({"SCANS_BIND": "0.0.0.0", "SCANS_CHROMIUM_AS_ROOT": "true"}, True),  # noqa: S104
        ({"SCANS_CHROMIUM_AS_ROOT": "false"}, False),
    ],
)
def test_root_may_start_browsers_on_loopback_only_unless_a_setting_says_so(read, monkeypatch, environment, allowed):
    for name in ("ALLOWED_HOSTS", "SCANS_BIND"):
        monkeypatch.delenv(name, raising=False)
    assert read(**environment)["SCANS_CHROMIUM_AS_ROOT"] is allowed


def test_behind_https_every_cookie_belongs_to_this_host_alone(read):
    there = read(SCANS_HTTPS="true")
    assert there["SESSION_COOKIE_SECURE"] and there["CSRF_COOKIE_SECURE"]
    names = [there["SESSION_COOKIE_NAME"], there["CSRF_COOKIE_NAME"], there["COOKIE_PREFIX"]]
    assert names == ["__Host-sessionid", "__Host-csrftoken", "__Host-"]
    assert read(SCANS_HTTPS="false")["SESSION_COOKIE_NAME"] == "sessionid"


def test_without_a_word_about_it_nothing_is_open(read):
    there = read()
    assert (there["DEBUG"], there["SCANS_TLS_VERIFY"], there["CSRF_TRUSTED_ORIGINS"]) == (False, True, [])
    assert set(there["ALLOWED_HOSTS"]) == {"localhost", "127.0.0.1", "[::1]"}


def test_passwords_are_hashed_at_a_cost_and_salted(read):
    assert "PASSWORD_HASHERS" not in read()  # Django's own
    assert "PBKDF2PasswordHasher" in global_settings.PASSWORD_HASHERS[0]
    assert (PBKDF2PasswordHasher.algorithm, PBKDF2PasswordHasher.iterations >= 600_000) == ("pbkdf2_sha256", True)


def test_in_containers_clients_reach_a_buffering_proxy_alone():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    proxy = (ROOT / services["proxy"]["volumes"][0].split(":")[0]).read_text()
    for line in ("proxy_request_buffering on;", "proxy_buffering on;", "client_header_timeout 20s;"):
        assert line in proxy
    assert f"client_max_body_size {BYTES_OF_A_REQUEST // 1024**2}m;" in proxy and "proxy_pass http://web:8000;" in proxy


def test_the_image_has_nothing_for_trying_things_out():
    left_out = set((ROOT / ".dockerignore").read_text().split())
    demo, samples = (f"scans/management/commands/{name}.py" for name in ("demo_site", "sample_data"))
    assert {"scans/sample_data", demo, samples, "tests"} <= left_out
    files = [path for room in ("scans", "dashboard") for path in (ROOT / room).rglob("*.py")]
    users = {str(path.relative_to(ROOT)) for path in files if "scans.sample_data" in path.read_text()}
    assert {path for path in users if not path.startswith("scans/sample_data/")} <= {demo, samples}


def test_the_image_holds_no_history_runs_for_no_root_and_has_no_password_of_its_own():
    assert {".git", "var", ".env", "tests"} <= set((ROOT / ".dockerignore").read_text().split())
    assert re.findall(r"^USER (\w+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1] == "dashboard"
    compose = (ROOT / "compose.yaml").read_text()
    passwords = re.findall(r"\$\{(\w*PASSWORD\w*)(.)(.)", compose)
    assert len(passwords) >= 2 and {sign + mark for _, sign, mark in passwords} == {":?"}
    assert "cap_drop: [ALL]" in compose and "no-new-privileges:true" in compose


def test_a_process_that_stands_still_holds_no_lock_of_postgresql_for_longer_than_a_lease(read, monkeypatch):
    monkeypatch.delenv("PGOPTIONS", raising=False)
    database = "postgres://somebody@db.example.com/scans"
    read(DATABASE_URL=database, SCANS_LEASE_SECONDS="12")
    assert os.environ["PGOPTIONS"] == "-c idle_in_transaction_session_timeout=12s"
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=8MB")
    read(DATABASE_URL=database)
    assert os.environ["PGOPTIONS"] == "-c work_mem=8MB"


def test_a_server_that_is_gone_is_waited_for_some_seconds_unless_the_address_says_otherwise(read, monkeypatch):
    monkeypatch.setenv("PGOPTIONS", "")
    database = "postgres://somebody@db.example.com/scans"
    assert read(DATABASE_URL=database)["DATABASES"]["default"]["OPTIONS"]["tcp_user_timeout"] == 15_000
    options = read(DATABASE_URL=f"{database}?connect_timeout=3")["DATABASES"]["default"]["OPTIONS"]
    assert options["connect_timeout"] == 3
    assert options["keepalives_count"] == 3


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no server that could end a connection")
@pytest.mark.django_db
def test_locks_of_a_client_that_stands_still_are_free_after_the_time(monkeypatch):
    address = settings.DATABASES["default"]
    server = {"host": address["HOST"], "port": address["PORT"], "user": address["USER"], "dbname": address["NAME"]}
    monkeypatch.setenv("PGOPTIONS", "-c idle_in_transaction_session_timeout=1s")
    ended = psycopg.errors.IdleInTransactionSessionTimeout
    with psycopg.connect(**server, autocommit=True) as other, pytest.raises(ended), psycopg.connect(**server) as still:
        still.execute("LOCK TABLE scans_scansettings IN ACCESS EXCLUSIVE MODE")
        assert other.execute("SELECT count(*) FROM scans_scansettings").fetchone() == (1,)
