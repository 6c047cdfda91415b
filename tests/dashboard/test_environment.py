"""Settings come from the environment: a wrong one is refused in one line, and no secret in it."""

import os
import stat

import pytest

LONG = "a key that has more than 32 characters"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PORT", "abc", "a whole number from 1 to 65535"),
        ("PORT", "0", "a whole number from 1 to 65535"),
        ("PORT", "80.5", "a whole number from 1 to 65535"),
        ("SCANS_DEMO_PORT", "65536", "a whole number from 1 to 65535"),
        ("SCANS_WORKERS", "two", "a whole number from 0"),
        ("SCANS_LEASE_SECONDS", "abc", "a whole number from 5"),
        ("SCANS_LEASE_SECONDS", "0", "a whole number from 5"),
        ("SCANS_TICK_SECONDS", "0", "a number from 0.1 to 20"),
        ("SCANS_TICK_SECONDS", "nan", "a number from 0.1 to 20"),
        ("SCANS_DEFAULT_DURATION_MINUTES", "36001", "a whole number from 1 to 36000"),
        ("SCANS_REQUESTS_PER_SECOND", "-1", "a number from 0"),
        ("SCANS_REPLAYS_PER_SECOND", "1,5", "a number from 0"),
        ("SCANS_SECONDS_BETWEEN_LOGINS", "-0.1", "a number from 0"),
        ("SCANS_VERIFY_SECONDS", "0", "a whole number from 1"),
        ("SCANS_CONNECT_TIMEOUT_SECONDS", "0", "a number from 0.1"),
        ("SCANS_TLS_VERIFY", "enable", "true or false"),
        ("SCANS_HTTPS", "2", "true or false"),
        ("DEBUG", "nope", "true or false"),
        ("SCANS_LOG_LEVEL", "loud", "one of CRITICAL"),
        ("SCANS_ALLOWED_TARGETS", "shop.example, two words", "host names, wildcards"),
        ("ALLOWED_HOSTS", "127.0.0.1, https://scans.example.com", "host names without scheme and port"),
        ("ALLOWED_HOSTS", "scans.example.com:8000", "host names without scheme and port"),
        ("CSRF_TRUSTED_ORIGINS", "scans.example.com", "origins such as https://"),
        ("CSRF_TRUSTED_ORIGINS", "https://scans.example.com:99999", "origins such as https://"),
        ("SCANS_SECURITY_CONTACT", "security@example.com", "addresses such as mailto:security@example.com"),
        ("SCANS_SECURITY_CONTACT", "https://example.com/a\nExpires: never", "addresses such as mailto:"),
        ("SCANS_TWO_FACTOR_ROLES", "reviewer, boss", "made of the roles viewer, submitter, reviewer, administrator"),
        ("SCANS_OIDC_ISSUER", "http://id.example.com", "an https address of up to 200 characters, or http on loopback"),
        ("SCANS_OIDC_ISSUER", "id.example.com", "an https address"),
        ("SCANS_OIDC_ROLES", "owls=boss", "made of the roles"),
        ("SCANS_OIDC_ROLES", "reviewer", "pairs of group=role"),
        ("SCANS_OIDC_ACCOUNTS", "all", "create or known"),
        ("SCANS_OIDC_KNOWN_BY", "name", "verified-email or email or username"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line_that_says_what_it_holds_and_what_is_allowed(
    refusal, name, value, allowed
):
    said = refusal(**{name: value})
    held = value.rpartition(", ")[2].removeprefix("owls=")
    assert said.startswith(f"{name} holds {held!r}") and allowed in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCANS_SECRET_KEYS", f"{LONG},owls-fly"),
        ("DATABASE_URL", "owls-fly"),
        ("DATABASE_URL", "owls://fly:owls-fly@host/name"),
        ("DATABASE_URL", "postgres://user:owls-fly@host:owls/name"),
        ("DATABASE_URL", "postgres://user:owls-fly/@host/name"),
        ("DATABASE_URL", "postgres://user:owls-fly@host"),
        ("DATABASE_URL", "sqlite://owls-fly/file"),
    ],
)
def test_what_may_be_a_secret_is_refused_without_being_shown(refusal, recwarn, name, value):
    said = refusal(**{name: value})
    assert said.startswith(f"{name} must be") and "owls" not in said
    assert not recwarn.list  # django-environ warns of some, and shows all it has read


@pytest.mark.parametrize(
    ("value", "meaning"),
    [(" Yes ", True), ("on", True), ("1", True), ("TRUE", True), ("no", False), ("Off", False), ("0", False)],
)
def test_yes_and_no_have_several_names(read, value, meaning):
    assert read(SCANS_TLS_VERIFY=value)["SCANS_TLS_VERIFY"] is meaning


def test_spaces_round_a_value_and_after_commas_mean_nothing(read):
    there = read(
        PORT=" 8123 ",
        SCANS_REQUESTS_PER_SECOND=" 1.5",
        ALLOWED_HOSTS="scans.example.com, localhost ,",
        CSRF_TRUSTED_ORIGINS="https://a.example, https://b.example",
        SCANS_ALLOWED_TARGETS=" *.example.com , 10.1.0.0/16",
        SCANS_SECRET_KEYS=f"{LONG}1, {LONG}2",
        SCANS_LOG_LEVEL=" debug ",
    )
    assert (there["PORT"], there["SCANS_REQUESTS_PER_SECOND"]) == (8123, 1.5)
    assert there["ALLOWED_HOSTS"] == ["scans.example.com", "localhost"]
    assert there["CSRF_TRUSTED_ORIGINS"] == ["https://a.example", "https://b.example"]
    assert there["SCANS_ALLOWED_TARGETS"] == ["*.example.com", "10.1.0.0/16"]
    assert there["SCANS_SECRET_KEYS"] == [f"{LONG}1", f"{LONG}2"]
    assert there["LOGGING"]["root"]["level"] == "DEBUG"


def test_groups_of_the_provider_give_roles_and_may_hold_commas(read):
    assert read(SCANS_OIDC_ROLES="security=Reviewer, a b=viewer")["SCANS_OIDC_ROLES"] == [
        ("security", "Reviewer"),
        ("a b", "Viewer"),
    ]
    assert read(SCANS_OIDC_ROLES="cn=a,ou=b=viewer; c=submitter")["SCANS_OIDC_ROLES"] == [
        ("cn=a,ou=b", "Viewer"),
        ("c", "Submitter"),
    ]


def test_a_provider_needs_its_client_and_the_secret_of_the_client_is_never_shown(read, refusal):
    secret = {"SCANS_OIDC_CLIENT_SECRET": "owls-fly"}
    said = refusal(SCANS_OIDC_ISSUER="https://id.example.com", **secret)
    assert "set together with SCANS_OIDC_CLIENT_ID" in said and "owls" not in said
    there = read(SCANS_OIDC_CLIENT_ID="dashboard", **secret)
    assert there["SCANS_OIDC_CLIENT_SECRET"] == "owls-fly" and "owls" not in repr(there)


def test_an_empty_value_is_the_default(read):
    unset = read()
    names = [
        *("PORT", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "DEBUG", "SCANS_HTTPS", "SCANS_LOG_LEVEL"),
        *(name for name in unset if name.startswith("SCANS_") and name != "SCANS_ALLOWED_TARGETS"),
    ]
    empty = read(**dict.fromkeys(names, ""))
    assert {name for name in unset if name.isupper() and unset[name] != empty[name]} == set()


@pytest.mark.parametrize(
    ("address", "engine", "name"),
    [
        ("postgres://user:p%2Fw@host:5433/scans", "django.db.backends.postgresql", "scans"),
        ("postgresql://host/?service=scans", "django.db.backends.postgresql", ""),
        ("sqlite:////srv/scans.sqlite3", "django.db.backends.sqlite3", "/srv/scans.sqlite3"),
    ],
)
def test_a_database_is_named_by_its_address(read, address, engine, name):
    database = read(DATABASE_URL=address)["DATABASES"]["default"]
    assert (database["ENGINE"], database["NAME"]) == (engine, name)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_the_product_writes_is_for_its_owner_alone(read, tmp_path):
    read()
    assert mode(tmp_path / "var") == 0o700


def test_a_folder_that_an_older_version_left_open_is_closed(read, tmp_path):
    (tmp_path / "var").mkdir(mode=0o755)
    read()
    assert mode(tmp_path / "var") == 0o700


def test_a_folder_that_everybody_may_write_to_is_left_as_it_is(read, tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var").chmod(0o1777)  # as /tmp is: the machine needs it so
    read()
    assert mode(tmp_path / "var") == 0o1777


def test_a_folder_that_is_none_is_refused(refusal, tmp_path):
    (tmp_path / "file").write_text("")
    assert "a folder that can be made or is there (File exists)" in refusal(SCANS_VAR_DIR=str(tmp_path / "file"))
    assert "(Not a directory)" in refusal(SCANS_VAR_DIR=str(tmp_path / "file" / "below"))


def test_a_folder_without_the_right_to_write_is_refused(refusal, nobody):
    assert refusal(SCANS_VAR_DIR="/").startswith("SCANS_VAR_DIR holds '/', but must be a folder that this user may")


@pytest.fixture
def nobody():
    """Without the rights of root, where the tests have them."""
    me = os.geteuid()
    os.seteuid(me or 65534)
    yield
    os.seteuid(me)
