"""URLs as targets: their one spelling, and which of them may be scanned."""

import ipaddress
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from scans.models import AllowedTarget
from scans.targets import policy
from scans.targets.policy import (
    TargetPolicy,
    TargetRefused,
    belongs_to_this_machine,
    normalise,
    origin,
    parse_pattern,
    resolve,
)

LOOPBACK = ["localhost", "127.0.0.0/8", "::1"]


# --- One spelling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTP://EXAMPLE.Com/Path", "http://example.com/Path"),
        ("  https://example.com/a?b=c&d#part\n", "https://example.com/a?b=c&d"),
        ("https://example.com?q=1", "https://example.com/?q=1"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com:08080/", "http://example.com:8080/"),
        ("http://example.com./", "http://example.com/"),
        ("http://under_score.example.com/", "http://under_score.example.com/"),
        ("http://münchen.de/straße", "http://xn--mnchen-3ya.de/straße"),
        ("http://MÜNCHEN.DE./", "http://xn--mnchen-3ya.de/"),
        ("http://münchen。de/", "http://xn--mnchen-3ya.de/"),
        ("http://xn--mnchen-3ya.de/", "http://xn--mnchen-3ya.de/"),
        ("http://ⓛocalhost/", "http://localhost/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
        ("http://[2001:DB8::5]:8080/", "http://[2001:db8::5]:8080/"),
        ("http://example.com/@me?mail=a@b", "http://example.com/@me?mail=a@b"),
    ],
)
def test_a_target_has_one_spelling(typed, expected):
    assert normalise(typed) == expected


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ("ftp://example.com/", "must start with"),
        ("javascript:alert(1)", "must start with"),
        ("file:///etc/passwd", "must start with"),
        ("example.com", "must start with"),
        ("", "must start with"),
        ("//example.com/", "must start with"),
        ("http://", "names no host"),
        ("http:///path", "names no host"),
        ("http://:80/", "names no host"),
        ("http:example.com", "names no host"),
        ("http://exa mple.com/", "space or control"),
        ("http://example.com/a b", "space or control"),
        ("http://example.com/a\tb", "space or control"),
        ("http://example.com/\x00", "space or control"),
        ("http://example.com/\x7f", "space or control"),
        ("http://example.com/\u00a0x", "space or control"),
        ("http://example.com/\u2028x", "space or control"),
        ("http://example.com/\u202etxt.exe", "space or control"),
        ("http://example.com/\ud800", "space or control"),
        ("http://example.com:0/", "port 0"),
        ("http://example.com:99999/", "not a URL"),
        ("http://example.com:-1/", "not a URL"),
        ("http://example.com:http/", "not a URL"),
        ("http://example.com:８０/", "not a URL"),
        ("http://[::1/", "not a URL"),
        (
            "http://[::1]x/",
            "host",
        ),  # which of our two sentences it is depends on the Python: newer ones refuse it first
        ("http://[v1.a]/", "not valid"),
        ("http://[fe80::1%25eth0]/", "not valid"),
        ("http://[::1%lo]/", "not valid"),
        ("http://2130706433/", "four numbers"),
        ("http://0x7f000001/", "four numbers"),
        ("http://0x7f.1/", "four numbers"),
        ("http://127.1/", "four numbers"),
        ("http://0177.0.0.1/", "four numbers"),
        ("http://127.0.0.1./", "four numbers"),
        ("http://127.0.0.256/", "four numbers"),
        ("http://１２７.1/", "four numbers"),
        ("http://127。1/", "four numbers"),
        ("http://0ｘ7f000001/", "four numbers"),
        ("http://exa$mple.com/", "letters, digits"),
        ("http://example.com\\.evil.com/", "letters, digits"),
        ("http://a..b/", "letters, digits"),
        ("http://.example.com/", "letters, digits"),
        ("http://./", "letters, digits"),
        ("http://-/", "letters, digits"),
        ("http://" + "a" * 64 + ".com/", "letters, digits"),
        ("http://" + "a." * 130 + "com/", "letters, digits"),
        ("http://☃-.de/", "not valid"),
        ("http://example.com/" + "a" * 2000, "longer than 2,000"),
        ("http://example.com?" + "a" * 1981, "longer than 2,000"),
    ],
)
def test_what_is_no_plain_web_address_is_refused_with_the_rule(typed, rule):
    with pytest.raises(TargetRefused, match=rule):
        normalise(typed)


def test_the_longest_target_fits_the_database():
    longest = "http://example.com/" + "a" * 1981
    assert len(normalise(longest)) == 2000 == policy.MAX_URL_CHARACTERS


@pytest.mark.parametrize(
    "typed",
    [
        "http://ada:secret@example.com/",
        "http://:secret@example.com/",
        "http://secret@example.com/",
        "http://@example.com/",
        "http://ada:sec%72et@example.com/",
        "http://ada:a/secret@example.com/",
        "http://ada:a//secret@example.com/",
        "http://ada:secret @example.com/",
        "http://ada:secret\x00@example.com/",
        "http://ada:secret@example.com:99999/",
        "http://ada:secret℀@example.com/",
        "http://ada:secret@[::1/",
        "http://ada:secret@/",
        "ftp://ada:secret@example.com/",
        "ada:secret@example.com",
        "ada:a//secret@example.com",
        "http://ada:secret@example.com/" + "a" * 2000,
    ],
)
def test_user_info_is_refused_and_no_message_shows_it(typed):
    with pytest.raises(TargetRefused) as refusal:
        normalise(typed)
    assert not any(part in str(refusal.value) for part in ("secret", "sec%72et", "ada"))


@pytest.mark.parametrize("typed", ["http://a\x1b[31mb/", "http://a/\u202e", "http://a/\ud800"])
def test_a_refusal_can_be_printed_whatever_was_typed(typed):
    with pytest.raises(TargetRefused) as refusal:
        normalise(typed)
    assert str(refusal.value).isprintable() and str(refusal.value).encode()


hosts = st.one_of(
    st.text(min_size=1, max_size=12),
    st.text("abcxn-0123456789._ü。ß１ｘ\u200d[]:%@", min_size=1, max_size=16),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.sampled_from(["münchen.de", "☃.example", "例え.jp", "localhost", "bücher.example."]),
)
ports = st.one_of(st.just(""), st.integers(-1, 70000).map(lambda port: f":{port}"))
paths = st.one_of(st.just(""), st.text(max_size=20), st.text("/.%2e?#&=aé ", max_size=20).map(lambda path: f"/{path}"))


@given(st.sampled_from(["http://", "https://", "HTTP://", "http:", "//"]), hosts, ports, paths)
@example("http://", "0ｘ7f000001", "", "")
@example("http://", "münchen.de.", "", "")
@example("http://", "a", "", "?" + "b" * 1991)
def test_what_is_accepted_is_accepted_again_as_it_is(scheme, host, port, path):
    try:
        url = normalise(f"{scheme}{host}{port}{path}")
    except TargetRefused:
        return
    assert normalise(url) == url
    assert origin(url)[0].isascii() and 0 < origin(url)[1] < 65536


@given(st.text())
def test_any_text_is_a_target_or_refused(text):
    try:
        normalise(text)
    except TargetRefused:
        pass


def test_a_name_that_dns_cannot_carry_does_not_resolve():
    with pytest.raises(OSError):
        resolve("a" * 64 + ".example")


# --- The allow-list -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (" Example.COM ", "example.com"),
        ("example.com.", "example.com"),
        ("*.Example.com", "*.example.com"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("*.münchen.de", "*.xn--mnchen-3ya.de"),
        ("localhost", "localhost"),
        ("10.1.2.3", ipaddress.ip_network("10.1.2.3/32")),
        ("10.1.2.3/16", ipaddress.ip_network("10.1.0.0/16")),
        ("[::1]", ipaddress.ip_network("::1/128")),
        ("2001:db8::/32", ipaddress.ip_network("2001:db8::/32")),
    ],
)
def test_a_pattern_is_a_name_a_wildcard_or_a_network(typed, expected):
    assert parse_pattern(typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "*",
        "*.",
        "*.*.com",
        "a*.com",
        "https://example.com",
        "example.com:8080",
        "example.com/path",
        "ada@example.com",
    ]
    + [".example.com", "a..b", "a b", "a,b", "10.0.0.0/99", "127.1", "example.com#x", "a\tb"],
)
def test_anything_else_is_no_pattern_and_the_message_names_it(typed):
    with pytest.raises(ValueError, match="is not a host name, a wildcard") as refusal:
        parse_pattern(typed)
    assert f"“{typed}”" in str(refusal.value)
    with pytest.raises(ValidationError):
        AllowedTarget(pattern=typed).clean_fields()


def allows(policy, url, *addresses):
    try:
        policy.check(normalise(url), addresses)
    except TargetRefused:
        return False
    return True


@pytest.mark.parametrize("url", ["http://localhost/", "http://127.0.0.1:8080/", "http://127.9.9.9/", "http://[::1]/"])
def test_loopback_is_scanned_only_where_it_is_allowed(url):
    assert allows(TargetPolicy(LOOPBACK), url)
    assert not allows(TargetPolicy([]), url) and not allows(TargetPolicy(["example.com"]), url)


def test_a_name_stands_for_itself_alone():
    policy = TargetPolicy(["example.com"])
    assert allows(policy, "http://example.com/", "93.184.215.14")
    for other in ("evilexample.com", "example.com.evil.org", "www.example.com", "example.co", "examplexcom"):
        assert not allows(policy, f"http://{other}/")


def test_a_wildcard_covers_what_is_below_it_and_not_the_bare_domain():
    policy = TargetPolicy(["*.example.com"])
    assert allows(policy, "http://www.example.com/") and allows(policy, "http://a.b.example.com/")
    for other in ("example.com", "evilexample.com", "www.example.com.evil.org"):
        assert not allows(policy, f"http://{other}/")


def test_an_internationalised_name_is_allowed_in_either_spelling():
    for pattern in ("münchen.de", "xn--mnchen-3ya.de"):
        assert allows(TargetPolicy([pattern]), "http://münchen.de/")
    assert allows(TargetPolicy(["*.münchen.de"]), "http://www.münchen.de/")


def test_a_network_covers_its_addresses():
    policy = TargetPolicy(["10.1.0.0/16", "2001:db8::/32"])
    assert allows(policy, "http://10.1.255.255/") and allows(policy, "http://[2001:db8::7]/")
    assert allows(policy, "http://[::ffff:10.1.0.1]/")
    for other in ("10.2.0.1", "[2001:db9::1]", "[::ffff:10.2.0.1]", "8.8.8.8"):
        assert not allows(policy, f"http://{other}/")


@pytest.mark.parametrize(
    "private", ["10.0.0.5", "192.168.1.1", "127.0.0.1", "::1", "fd00::5", "100.64.0.1", "::ffff:10.0.0.5"]
)
def test_an_allowed_name_must_not_lead_into_a_private_network_that_nobody_allowed(private):
    policy = TargetPolicy(["*.example.com"])
    assert allows(policy, "http://www.example.com/", "93.184.215.14")
    assert not allows(policy, "http://www.example.com/", private)
    assert not allows(policy, "http://www.example.com/", "93.184.215.14", private)
    assert allows(TargetPolicy(["*.example.com", "10.0.0.0/8"]), "http://www.example.com/", "10.0.0.5")


def test_a_loopback_name_leads_to_loopback_only():
    policy = TargetPolicy(["*.localhost"])
    assert allows(policy, "http://shop.localhost/", "127.0.0.1", "::1")
    assert not allows(policy, "http://shop.localhost/", "10.0.0.5")


@pytest.mark.parametrize("url", ["http://www.example.com/", "http://example.com/"])
def test_a_name_that_nobody_allowed_is_refused_wherever_it_leads(url):
    assert not allows(TargetPolicy(["10.0.0.0/8", "owls.example"]), url)
    assert not allows(TargetPolicy(["owls.example"]), url, "93.184.215.14")


EVERYTHING = ["0.0.0.0/0", "::/0", "*.example.com", "metadata.google.internal", "metadata.goog"]


# What clouds offer to their own machines, with the page that says so.
METADATA = {
    "169.254.169.254": "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html",
    "169.254.170.2": "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
    "169.254.42.42": "https://www.scaleway.com/en/docs/instances/how-to/use-cloud-init/",
    "169.254.0.23": "https://www.tencentcloud.com/document/product/213/4934",
    "[fd00:ec2::254]": "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",
    "[fd00:ec2::23]": "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html",
    "[fd20:ce::254]": "https://cloud.google.com/compute/docs/metadata/querying-metadata",
    "[fd00:c1::a9fe:a9fe]": "https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm",
    "[fd00:42::42]": "https://www.scaleway.com/en/docs/instances/how-to/use-cloud-init/",
    "100.100.100.200": "https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata",
    "192.0.0.192": "https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm",
    "168.63.129.16": "https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16",
    "metadata.google.internal": "https://cloud.google.com/compute/docs/metadata/querying-metadata",
    "metadata.google.internal.": "https://cloud.google.com/compute/docs/metadata/querying-metadata",
    "METADATA.GOOG": "https://cloud.google.com/compute/docs/metadata/querying-metadata",
    "instance-data": "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html",
    "metadata.tencentyun.com": "https://www.tencentcloud.com/document/product/213/4934",
    "metadata.platformequinix.com": "https://deploy.equinix.com/developers/docs/metal/server-metadata/metadata/",
    "metadata.packet.net": "https://deploy.equinix.com/developers/docs/metal/server-metadata/metadata/",
    "api.metadata.cloud.ibm.com": "https://cloud.ibm.com/docs/vpc?topic=vpc-imd-about",
}
# Other spellings of 169.254.169.254 (a9fe:a9fe), and other addresses of one link, with the RFC of each.
IN_DISGUISE = {
    "169.254.0.1": "RFC 3927",
    "[fe80::1]": "RFC 4291, 2.5.6",
    "[fec0::1]": "RFC 3879",
    "[feff:ffff::1]": "RFC 3879",
    "[::ffff:169.254.169.254]": "RFC 4291, 2.5.5.2",
    "[::ffff:a9fe:a9fe]": "RFC 4291, 2.5.5.2",
    "[::169.254.169.254]": "RFC 4291, 2.5.5.1",
    "[::ffff:0:a9fe:a9fe]": "RFC 2765, 2.1",
    "[64:ff9b::a9fe:a9fe]": "RFC 6052, 2.1",
    "[64:ff9b:1::a9fe:a9fe]": "RFC 8215 with a prefix of 96 bits",
    "[64:ff9b:1:a9fe:a9:fe00::]": "RFC 8215 with a prefix of 48 bits",
    "[64:ff9b:1:a9:fe:a9fe::]": "RFC 8215 with a prefix of 56 bits",
    "[64:ff9b:1:0:a9:fea9:fe00:0]": "RFC 8215 with a prefix of 64 bits",
    "[2002:a9fe:a9fe::1]": "RFC 3056",
    "[2001:0:a9fe:a9fe::1]": "RFC 4380, the server of Teredo",
    "[2001:0:808:808::5601:5601]": "RFC 4380, the client of Teredo, whose bits are inverted",
    "[2001:db8::5efe:a9fe:a9fe]": "RFC 5214",
    "[2001:db8::200:5efe:a9fe:a9fe]": "RFC 5214",
}


@pytest.mark.parametrize("host", [*METADATA, *IN_DISGUISE])
def test_link_local_and_metadata_services_are_never_scanned_whatever_is_allowed(host):
    policy = TargetPolicy([*EVERYTHING, *(name.lower() for name in METADATA if name[0].isalpha())])
    with pytest.raises(TargetRefused, match="never scanned"):
        policy.check(normalise(f"http://{host}/"))


@pytest.mark.parametrize("host", [host.strip("[]") for host in (*METADATA, *IN_DISGUISE) if not host[0].isalpha()])
def test_no_allowed_name_leads_to_one_of_them_whatever_its_dns_says_today(host):
    policy = TargetPolicy(EVERYTHING)
    policy.check("http://www.example.com/", ["93.184.215.14"])
    with pytest.raises(TargetRefused, match="never scanned"):
        policy.check("http://www.example.com/", ["93.184.215.14", host])


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"])
def test_no_address_is_written_in_decimal_octal_or_hexadecimal(host):
    with pytest.raises(TargetRefused, match="four numbers"):
        normalise(f"http://{host}/")


@pytest.mark.parametrize("private", ["64:ff9b:1::808:808", "fd00::5", "2001:0:808:808::f7f7:f7f7", "192.0.0.8"])
def test_an_allowed_name_must_not_lead_through_a_tunnel_or_translator_that_nobody_allowed(private):
    assert not allows(TargetPolicy(["*.example.com"]), "http://www.example.com/", private)
    assert allows(TargetPolicy(["*.example.com", f"{private}"]), "http://www.example.com/", private)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1%eth0", "fe80::1", "fd00:ec2::254", "::ffff:169.254.1.1"]
)
def test_an_allowed_name_that_leads_to_one_of_them_is_refused(address):
    with pytest.raises(TargetRefused, match="never scanned"):
        TargetPolicy(EVERYTHING).check("http://www.example.com/", ["93.184.215.14", address])


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "224.0.0.1", "[ff02::1]", "[::ffff:0.0.0.0]"])  # noqa: S104
def test_what_is_no_address_of_a_site_is_refused_whatever_is_allowed(host):
    with pytest.raises(TargetRefused, match="not the address of a site"):
        TargetPolicy(EVERYTHING).check(normalise(f"http://{host}:8000/"))


# Every way to the dashboard, and the setting or fact that tells of it.
THE_DASHBOARD = [
    ("http://127.0.0.1:8000/", [], "PORT on loopback"),
    ("http://127.0.0.2:8000/x", [], "PORT on loopback"),
    ("http://localhost:8000/", [], "PORT on loopback"),
    ("http://shop.localhost:8000/", [], "PORT on loopback, RFC 6761"),
    ("http://[::1]:8000/", [], "PORT on loopback"),
    ("http://[::ffff:127.0.0.1]:8000/", [], "PORT on loopback, RFC 4291"),
    ("http://[::127.0.0.1]:8000/", [], "PORT on loopback, RFC 4291"),
    ("http://[64:ff9b:1::7f00:1]:8000/", [], "PORT on loopback, RFC 8215"),
    ("http://10.0.0.7:8000/", [], "PORT on an interface of this machine"),
    ("http://[2002:a00:7::1]:8000/", [], "PORT on an interface of this machine, RFC 3056"),
    ("http://[2001:db8::5efe:a00:7]:8000/", [], "PORT on an interface of this machine, RFC 5214"),
    ("http://www.example.com:8000/", ["10.0.0.7"], "a name of this machine"),
    ("http://www.example.com:8000/", ["127.0.0.1"], "a name of this machine"),
    ("http://dashboard.example.com/", [], "a name of ALLOWED_HOSTS, by a proxy"),
    ("https://dashboard.example.com/", [], "a name of ALLOWED_HOSTS, by a proxy"),
    ("https://DASHBOARD.example.com./", [], "a name of ALLOWED_HOSTS, by a proxy"),
    ("http://dashboard.example.com:8000/", [], "a name of ALLOWED_HOSTS"),
    ("https://münchen.example.com/", [], "a name of ALLOWED_HOSTS, IDNA"),
    ("http://[2001:db8::9]:8000/", [], "an address of ALLOWED_HOSTS"),
    ("http://203.0.113.9/", [], "an address of ALLOWED_HOSTS"),
    ("http://[::ffff:203.0.113.9]/", [], "an address of ALLOWED_HOSTS, RFC 4291"),
    ("https://www.example.com/", ["203.0.113.9"], "a name of an address of ALLOWED_HOSTS"),
    ("https://proxy.example.com:8443/", [], "an origin of CSRF_TRUSTED_ORIGINS"),
    ("https://plain.example.com/", [], "an origin of CSRF_TRUSTED_ORIGINS"),
    ("https://[2001:db8::8]:8443/", [], "an origin of CSRF_TRUSTED_ORIGINS"),
]


def of_the_dashboard(*own_hosts):
    """The policy of a dashboard with these ALLOWED_HOSTS, on a machine with the address 10.0.0.7; all is allowed."""
    origins = ["https://proxy.example.com:8443", "https://plain.example.com", "https://[2001:db8::8]:8443"]
    return TargetPolicy(
        [*EVERYTHING, *LOOPBACK],
        own_hosts=own_hosts,
        own_port=8000,
        own_origins=[*origins, "https://*.wild.example.com"],
        is_own_address=lambda address: str(address) == "10.0.0.7",
    )


@pytest.mark.parametrize(("url", "addresses", "source"), THE_DASHBOARD)
def test_the_dashboard_itself_is_never_scanned_whatever_is_allowed(url, addresses, source):
    own_hosts = ["localhost", "Dashboard.example.com", "münchen.example.com", "[2001:db8::9]", "203.0.113.9"]
    with pytest.raises(TargetRefused, match="is this dashboard itself"):
        of_the_dashboard(*own_hosts).check(normalise(url), addresses)


def test_a_wildcard_of_the_trusted_origins_may_be_the_dashboard():
    policy = of_the_dashboard("localhost")
    with pytest.raises(TargetRefused, match="may be this dashboard itself"):
        policy.check("https://a.wild.example.com/")
    assert allows(policy, "https://a.wild.example.com:8443/") and allows(policy, "https://proxy.example.com/")


def test_a_dashboard_that_answers_to_every_name_scans_nothing_of_its_machine_where_a_proxy_listens():
    for url, addresses in (("http://localhost/", []), ("https://www.example.com/", ["10.0.0.7"])):
        with pytest.raises(TargetRefused, match="may be this dashboard itself"):
            of_the_dashboard("*").check(url, addresses)
        assert allows(of_the_dashboard("localhost"), url, *addresses)
    with pytest.raises(TargetRefused, match="is this dashboard itself"):
        of_the_dashboard("*").check("http://10.0.0.7:8000/")
    assert allows(of_the_dashboard("*"), "http://10.0.0.7:8081/") and allows(of_the_dashboard("*"), "http://10.0.0.8/")


def test_other_ports_beside_the_dashboard_are_sites_like_any():
    policy = TargetPolicy(LOOPBACK, own_hosts=["localhost", "127.0.0.1"], own_port=8000)
    assert allows(policy, "http://127.0.0.1:8081/", "127.0.0.1") and allows(policy, "http://localhost/", "127.0.0.1")


def test_a_dashboard_that_answers_to_a_whole_domain_scans_no_name_of_it_where_it_may_listen():
    policy = TargetPolicy(["*.example.com", "example.com"], own_hosts=[".example.com"], own_port=8000)
    for url in ("https://scans.example.com/", "http://a.b.example.com:8000/"):
        with pytest.raises(TargetRefused, match="may be this dashboard itself"):
            policy.check(normalise(url))
    with pytest.raises(TargetRefused, match="is this dashboard itself"):
        policy.check("https://example.com/")
    assert allows(policy, "http://shop.example.com:8081/") and not allows(policy, "http://example.org/")


def test_an_address_of_this_machine_is_told_from_others():
    here = Path("/proc/net/fib_trie").read_text()  # which names the machine's own ones so
    own = {before.split()[-1] for before, line in pairwise(here.splitlines()) if "/32 host LOCAL" in line}
    assert "127.0.0.1" in own and all(belongs_to_this_machine(ip_address(address)) for address in own)
    assert not any(map(belongs_to_this_machine, map(ip_address, ("198.51.100.7", "2001:db8::9"))))
