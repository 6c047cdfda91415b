"""The patterns that are offered to be left out."""

import pytest

from scans.configuration.usual_patterns import CHOICES, LABELS, PATTERNS, patterns_for
from scans.targets.request_rules import pattern_of


@pytest.mark.parametrize(
    ("code", "paths"),
    [
        (
            "logout",
            "/logout /accounts/logout/ /?do=logout /user/sign-out /users/sign_out /signoff /abmelden.php "
            "/d%C3%A9connexion /cerrar-sesion /uitloggen /wyloguj /выйти /%E7%99%BB%E5%87%BA /salir /oidc/end-session",
        ),
        ("delete", "/item/delete/5 /cart?remove=7 /l%C3%B6schen /supprimer"),
        ("switch", "/?do=harden /feature/toggle /user/5/disable /plugins/deactivate"),
        ("reset", "/reset /admin/restart /shutdown"),
    ],
)
def test_usual_patterns_mean_such_addresses_in_several_languages(code, paths):
    assert [path for path in paths.split() if not pattern_of(f"http://h{path}", PATTERNS[code])] == []


@pytest.mark.parametrize("path", ["/", "/login", "/blog/about", "/design/checkout", "/prescience", "/catalog/outdoor"])
def test_usual_patterns_mean_no_ordinary_address(path):
    assert pattern_of(f"http://h{path}", [one for patterns in PATTERNS.values() for one in patterns]) == ""


def test_each_offer_says_what_such_addresses_do_and_some_of_their_words():
    assert [code for code, _label in CHOICES] == list(PATTERNS) == list(LABELS)
    assert str(dict(CHOICES)["logout"]) == "log out (<code>logout, log-out, log_out, logoff</code> …)"


def test_an_offer_holds_for_all_urls_or_for_one():
    lines = ["/x", "usual:reset", "http://a/ usual:switch", "http://b/ /y"]
    assert list(patterns_for(lines, "http://a/")) == [
        ("", "/x"),
        *(("", pattern) for pattern in PATTERNS["reset"]),
        *(("http://a/", pattern) for pattern in PATTERNS["switch"]),
    ]
