"""Where `make run` listens: an address that it cannot listen on is refused, and it says where to look."""

import socket
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tests.sites.serving import free_port, serving


def has_ipv6():
    with suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


@pytest.fixture(autouse=True)
def _places_of_its_own(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path  # or every browser of later tests reads the files that it collects
    settings.PORT, settings.SCANS_DEMO_PORT = free_port(), free_port()


@pytest.mark.parametrize("bind", ["nowhere.invalid", "192.0.2.1", "127.0.0.1:8000", "::1:8000", "unix:/run/socket"])
def test_an_address_that_is_not_of_this_machine_is_refused_by_the_name_of_its_setting(bind):
    with pytest.raises(CommandError, match=r"SCANS_BIND.*127\.0\.0\.1") as refused:
        call_command("first_run", bind=bind)
    assert bind in str(refused.value) and refused.value.returncode == 3


def test_a_port_that_is_taken_is_refused_by_the_name_of_its_setting(settings):
    with (
        socket.create_server(("127.0.0.1", settings.PORT)),
        pytest.raises(CommandError, match=rf"Port {settings.PORT} of 127.0.0.1 .* PORT=… make run"),
    ):
        call_command("first_run")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bind", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("", "127.0.0.1"),
        pytest.param("::1", "[::1]", marks=needs_ipv6),
        pytest.param("[::1]", "[::1]", marks=needs_ipv6),
        pytest.param("::", "127.0.0.1", marks=needs_ipv6),
    ],
)
def test_it_says_where_to_look(settings, capsys, bind, host):
    call_command("first_run", bind=bind)
    assert f"Open http://{host}:{settings.PORT}/ in a browser." in capsys.readouterr().out


@pytest.mark.process
@needs_ipv6
@pytest.mark.engine  # `make run` installs it
def test_make_run_listens_on_an_ipv6_address_and_takes_an_empty_setting_for_none(settings, tmp_path):
    environment = {
        "SCANS_VAR_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "SCANS_BIND": "::1",
        "PORT": f" {settings.PORT} ",
        "SCANS_DEMO_PORT": str(settings.SCANS_DEMO_PORT),
        "SCANS_WORKERS": "",
    }
    address = f"http://[::1]:{settings.PORT}/healthz"
    with serving(["make", "--old-file=setup", "run"], address, cwd=Path(django_settings.BASE_DIR), env=environment):
        assert httpx.get(address, trust_env=False).status_code == 200


@pytest.mark.django_db
def test_the_printed_password_has_128_bits(capsys):
    call_command("first_run")
    administrator = User.objects.get(is_superuser=True)
    printed = [word for word in capsys.readouterr().out.split() if administrator.check_password(word)]
    assert [len(word) for word in printed] == [22]  # letters of base64


@pytest.mark.django_db
def test_the_first_administrator_may_have_another_name(monkeypatch, capsys):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "grace.h")
    call_command("first_run")
    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == ["grace.h"]
    said = capsys.readouterr().out
    assert "user name  grace.h" in said and "changepassword grace.h" in said


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a b", "a\nb", "x" * 151])
def test_a_name_that_no_account_can_have_is_refused(monkeypatch, name):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", name)
    with pytest.raises(CommandError, match="DJANGO_SUPERUSER_USERNAME must be"):
        call_command("first_run")
    assert not User.objects.exists()
