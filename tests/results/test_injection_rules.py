"""The sign of each kind of injection: what confirms it, what shows that it is gone, and what proves nothing."""

from html import escape
from json import dumps
from urllib.parse import quote

import httpx
import pytest

from scans.results.injection_rules import shown_at
from tests.results.replaying import (
    CONFIRMED,
    GONE,
    MARK,
    SCRIPT,
    TEMPLATE,
    UNCLEAR,
    answer,
    fields,
    finding,
    looked,
    replayed,
)

DB_ERROR = "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version"
PASSWD = "root:x:0:0:root:/root:/bin/bash\nowl:x:1:1"


def injected(module, payload, info="…", **values):
    """A finding of a module with its payload in the parameter q."""
    request = f"GET /search?q={quote(payload, safe='')} HTTP/1.1\nhost: owls.example"
    return finding(**{"module": module, "request": request, "info": info, **values})


# --- Errors and contents ----------------------------------------------------------------------------------

TEXTS = [
    ("sql", "owl\xbf'\"(", DB_ERROR),
    ("file", "../../etc/passwd", PASSWD),
    ("exec", ";env;", "HOME=/\nPATH=/usr/bin\nPWD=/srv"),
    ("exec", "a;exit(md5('w4p1t1_md5'));//", "1d97830e30da7214d3e121859cfa695f"),
    ("xxe", '<!DOCTYPE foo[<!ENTITY xxe SYSTEM "file:///etc/passwd">]><foo>&xxe;</foo>', PASSWD),
]


@pytest.mark.parametrize(("module", "payload", "sign"), TEXTS)
def test_the_sign_confirms_and_its_absence_does_not(module, payload, sign):
    weak = injected(module, payload, evidence_body=f"{TEMPLATE}{sign}")
    assert replayed(weak, answer(body=f"{TEMPLATE}{sign}"), answer(body=TEMPLATE)) == CONFIRMED
    assert replayed(weak, answer(body=TEMPLATE)) == GONE


@pytest.mark.parametrize(("module", "payload", "sign"), TEXTS)
@pytest.mark.parametrize("shown", [str, escape, quote])
def test_an_echoed_payload_confirms_nothing(module, payload, sign, shown):
    page = f"<h1>Sorry</h1><p>An error occurred. You searched for {{}}. {TEMPLATE}</p>"
    weak = injected(module, payload, evidence_body=page.format(shown(payload)) + sign)
    assert looked(weak, lambda request: answer(body=page.format(shown(fields(request)["q"])))).replay == GONE


@pytest.mark.parametrize(("module", "payload", "sign"), TEXTS)
def test_a_text_that_everybody_gets_proves_nothing(module, payload, sign):
    manual = answer(body=f"{TEMPLATE}<p>In our manual you find {sign}</p>")
    weak = injected(module, payload, evidence_body=f"{TEMPLATE}{sign}")
    assert replayed(weak, manual) == UNCLEAR
    both = answer(body=f"{manual.body}<pre>{sign}</pre>")
    assert replayed(weak, both, manual) == CONFIRMED


def test_a_page_that_only_speaks_of_root_shows_no_file():
    weak = injected("file", "/etc/passwd", evidence_body=f"{TEMPLATE}{PASSWD}")
    assert replayed(weak, answer(body=f"{TEMPLATE}<p>Each line begins with a name, such as root: or owl:</p>")) == GONE


def test_a_value_that_was_there_before_the_attack_is_the_harmless_one():
    asked = []

    def site(request):
        asked.append(fields(request)["q"])
        return answer(body=TEMPLATE + (DB_ERROR if not asked[-1].isdecimal() else ""))

    assert looked(injected("sql", "17\xbf'\"("), site).replay == CONFIRMED and asked[1] == "17"


def test_one_missing_line_of_a_long_page_is_enough():
    weak = injected("sql", "'\"(", evidence_body=f"{TEMPLATE}<p>{DB_ERROR}</p>{TEMPLATE}")
    assert replayed(weak, answer(body=weak.evidence_body), answer(body=TEMPLATE)) == CONFIRMED
    assert replayed(weak, answer(body=f"{TEMPLATE}<p>an item</p>{TEMPLATE}")) == GONE


def test_an_error_page_that_became_an_ordinary_page_is_gone():
    weak = injected("sql", "1'", evidence_status=500, evidence_body=DB_ERROR)
    assert replayed(weak, answer(200, f"{TEMPLATE}<p>an item</p>")) == GONE
    assert replayed(weak, answer(500, DB_ERROR), answer(200, TEMPLATE)) == CONFIRMED


@pytest.mark.parametrize(
    "payload", ["17 AND 43=43 AND 12=12", "17' AND 43=43 AND '12'='12", "17') AND 43=43 AND ('1'='1"]
)
def test_a_condition_that_decides_confirms(payload):
    def weak_site(request):
        left, right = fields(request)["q"].split(" AND ")[1].split("=")
        return answer(body=f"{TEMPLATE}{fields(request)['q']}<p>{'an item' if left == right else 'nothing'}</p>")

    weak = injected("sql", payload, "SQL Injection via injection in the parameter q")
    assert looked(weak, weak_site).replay == CONFIRMED


def test_a_condition_without_effect_is_gone_even_if_the_page_repeats_it_and_has_news():
    count = iter(range(100))
    weak = injected("sql", "17 AND 43=43 AND 12=12")
    echo = looked(weak, lambda request: answer(body=f"{TEMPLATE}You searched for {fields(request)['q']}"))
    news = looked(weak, lambda request: answer(body=f"{TEMPLATE}Visitor {next(count)}: {fields(request)['q']}"))
    assert (echo.replay, news.replay) == (GONE, GONE)


def test_a_page_that_is_never_the_same_proves_no_condition():
    words = iter("owl hen hawk crow duck swan".split())
    assert looked(injected("sql", "17 AND 43=43"), lambda request: answer(body=next(words))).replay == UNCLEAR


def test_a_search_in_a_directory_that_the_attack_widens_confirms():
    def weak_site(request):
        value = fields(request)["q"]
        return answer(body=TEMPLATE + ("alice bob" if value.startswith("*") else "nobody"))

    weak = injected("ldap", "*))\0nosuchvalue", "LDAP Injection via injection in the parameter q")
    assert looked(weak, weak_site).replay == CONFIRMED
    assert replayed(weak, answer(body=f"{TEMPLATE}nobody")) == GONE
    numbers = iter("abcdefghijklmnopqrstuvwxyz")
    assert looked(weak, lambda request: answer(body=TEMPLATE + "owl" * ord(next(numbers)))).replay == UNCLEAR
    pages = {"nosuchvalue": "none", "(**nosuchvalue**": "wrong"}
    ordinary = lambda request: answer(body=f"Found {pages.get(value := fields(request)['q'], len(value) * 'x')}")  # noqa: E731
    assert looked(weak, ordinary).replay == GONE, "harmless values differ as well"
    error = injected("ldap", "(**nosuchvalue**", "Potential LDAP injection via injection in the parameter q")
    assert replayed(error, answer(body="ldap_search(): Bad search filter"), answer(body="nobody")) == CONFIRMED


# --- Delays -----------------------------------------------------------------------------------------------

SLEEP = ("timesql", "' or sleep(11)#1", "Blind SQL vulnerability via injection in the parameter q")
SLOW = [
    SLEEP,
    ("timesql", "1;WAITFOR DELAY '0:0:11'--", "Blind SQL vulnerability via injection in the parameter q"),
    ("exec", "a;sleep 60;", "Blind command execution via injection in the parameter q"),
    ("exec", "&ping -n 25 127.0.0.1&", "Blind command execution via injection in the parameter q"),
]


def silent(*_):
    raise httpx.ReadTimeout("silent")


def obeys(request, calm=0.1):
    """A site that waits as the attack says, and else as long as it always takes."""
    value = fields(request)["q"]
    return silent() if any(delay in value for delay in ("11", "60", "25")) else answer(seconds=calm)


@pytest.mark.parametrize(("module", "payload", "info"), SLOW)
def test_a_delay_confirms_if_the_same_request_without_it_is_quick(module, payload, info):
    weak = injected(module, payload, info, evidence_status=0)
    assert looked(weak, obeys).replay == CONFIRMED
    assert replayed(weak, answer(seconds=0.2)) == GONE


@pytest.mark.parametrize(("module", "payload", "info"), SLOW)
def test_a_page_that_is_slow_anyway_proves_nothing(module, payload, info):
    weak = injected(module, payload, info, evidence_status=0)
    assert looked(weak, silent).replay == UNCLEAR
    assert looked(weak, lambda request: obeys(request, calm=8)).replay == UNCLEAR


def test_a_site_that_still_obeys_the_delay_is_waited_for():
    waits, left = [], iter([answer(), None, None, None, answer()])
    weak = injected(*SLEEP, evidence_status=0)

    def site(request):
        return next(left) or silent()

    assert looked(weak, site).replay == CONFIRMED
    assert looked(weak, lambda request: answer() if not waits and not waits.append(1) else silent()).replay == UNCLEAR


def test_silence_confirms_where_a_harmless_value_is_answered():
    weak = injected("exec", "11", "The request timed out while …", category="Resource consumption", evidence_status=0)
    assert looked(weak, lambda request: silent() if fields(request)["q"] == "11" else answer()).replay == CONFIRMED
    assert looked(weak, silent).replay == UNCLEAR and replayed(weak, answer()) == GONE


# --- Scripts in pages ---------------------------------------------------------------------------------------


def search(shown, **headers):
    """A site that shows the search word in its own way."""
    headers = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda request: answer(body=TEMPLATE + shown(fields(request)["q"]), headers=headers)


def test_a_script_in_the_page_confirms():
    weak = injected("xss", SCRIPT, evidence_body=TEMPLATE + SCRIPT)
    assert looked(weak, search("<p>{}</p>".format)).replay == CONFIRMED
    assert looked(weak, search("<p>{}</p>".format, content_type="text/html; charset=x")).replay == CONFIRMED


@pytest.mark.parametrize(
    "shown",
    [
        escape,
        lambda word: f"<!-- {word} -->",
        lambda word: f"<textarea>{word}</textarea>",
        lambda word: f'<script type="application/json">{dumps(word)}</script>'.replace("</sCr", "<\\/sCr"),
        lambda word: "nothing found",
        lambda word: f"<script>{SCRIPT}</script>".replace("</sCr", "<\\/sCr"),
    ],
)
def test_a_script_that_is_shown_or_enclosed_is_gone(shown):
    assert looked(injected("xss", SCRIPT, evidence_body=TEMPLATE + SCRIPT), search(shown)).replay == GONE


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_script_in_an_answer_that_is_no_page_is_gone(kind):
    assert looked(injected("xss", SCRIPT), search("{}".format, content_type=kind)).replay == GONE


def test_a_script_that_the_engine_left_in_the_page_is_not_this_one():
    left = f"{TEMPLATE}<p>Searched for lately: {SCRIPT}</p>"
    assert looked(injected("xss", SCRIPT), lambda request: answer(body=left)).replay == GONE


def test_a_script_without_a_word_of_its_own_is_compared_with_a_harmless_value():
    weak = injected("xss", "<script>", evidence_body=f"{TEMPLATE}<p><script></p>")
    assert looked(weak, search("elsewhere {} on another page".format)).replay == CONFIRMED
    assert looked(weak, search(lambda word: escape(word))).replay == GONE
    assert looked(weak, search(lambda word: "<script>own()</script>")).replay == UNCLEAR


def test_an_injected_element_is_enough_for_html_injection():
    weak = injected("xss", f'<div id="{MARK}">yolo</div>', category="HTML Injection")
    assert looked(weak, search("{}".format)).replay == CONFIRMED
    assert looked(weak, search(escape)).replay == GONE


STORED = {"module": "permanentxss", "category": "Stored Cross Site Scripting", "url": "http://owls.example/book"}
POST = f"POST /book HTTP/1.1\nReferer: http://owls.example/book\n\nq={quote(SCRIPT)}&csrf_token=old1"


class Book:
    """A guest book that still has what the engine wrote, and may be mended since."""

    def __init__(self, shown=str, takes=lambda request: True, page="/book"):
        self.entries, self.shown, self.takes, self.page, self.asked = [SCRIPT], shown, takes, page, []

    def __call__(self, request):
        self.asked.append(request)
        if request.method == "POST":
            if not self.takes(request):
                return answer(403, "Forbidden")
            self.entries.append(self.shown(fields(request)["q"]))
            return answer(303, headers=[("location", "/book")])
        form = '<form method="post"><input name="q"><input type="hidden" name="csrf_token" value="new2"></form>'
        shows = request.target.endswith(self.page)
        return answer(body=form + "".join(self.entries if shows else []), headers=[("set-cookie", "s=2; Path=/")])


def test_a_stored_script_is_written_again_and_looked_for_where_it_is_shown():
    book = Book()
    assert looked(finding(request=POST, info="… found via injection", **STORED), book).replay == CONFIRMED
    assert book.entries[1] != SCRIPT and "<ScRiPt>" in book.entries[1]


def test_what_the_engine_stored_itself_confirms_nothing():
    verdict = looked(finding(request=POST, info="…", evidence_status=0, **STORED), Book(shown=escape))
    assert verdict.replay == GONE


def test_a_form_gets_its_token_and_cookie_of_today():
    book = Book(takes=lambda request: fields(request)["csrf_token"] == "new2" and "s=2" in request.header("cookie"))
    assert looked(finding(request=POST, info="…", **STORED), book).replay == CONFIRMED


def test_a_form_that_is_not_taken_proves_nothing():
    assert looked(finding(request=POST, info="…", **STORED), Book(takes=lambda request: False)).replay == UNCLEAR
    away = POST.replace("csrf_token", "sectok")  # a field that the page's form does not have
    assert looked(finding(request=away, info="…", **STORED), Book()).replay == UNCLEAR


def test_a_stored_finding_is_shown_on_another_page():
    away = "Stored Cross Site Scripting vulnerability found in http://owls.example/show by injecting q"
    assert shown_at(finding(**STORED, info=away)) == "http://owls.example/show"
    assert shown_at(finding(**STORED, info="… found via injection in the parameter q")) == "http://owls.example/book"
    assert looked(finding(request=POST, info=away, **STORED), Book(page="/show")).replay == CONFIRMED


# --- Headers and redirects ----------------------------------------------------------------------------------

AWAY = "https://openbugbounty.org/"


@pytest.mark.parametrize("body", ["", "moved"])
def test_an_open_redirect_is_judged_by_where_it_leads(body):
    weak = injected("redirect", AWAY, evidence_status=302, evidence_headers=[["location", AWAY]], evidence_body=body)
    assert replayed(weak, answer(302, body, [("location", AWAY)])) == CONFIRMED
    assert replayed(weak, answer(302, body, [("location", "/")])) == GONE


@pytest.mark.parametrize(
    ("location", "body", "expected"),
    [
        ("//openbugbounty.org/", "", CONFIRMED),
        (f"/warn?to={AWAY}", "", GONE),
        ("http://[::1", "", GONE),  # no address at all
        (f"https://owls.example/{AWAY}", "", GONE),
        ("", f"<meta http-equiv=refresh content='0;url={AWAY}'>", CONFIRMED),
        ("", f"<script>location.href = '{AWAY}'</script>", CONFIRMED),
        ("", f"<p>You asked for {AWAY}</p>", GONE),
    ],
)
def test_only_an_address_that_leads_away_is_an_open_redirect(location, body, expected):
    weak = injected("redirect", AWAY, evidence_status=302 if location else 200)
    headers = [("location", location)] if location else []
    assert replayed(weak, answer(302 if location else 200, body, headers)) == expected


def test_an_injected_header_is_looked_for_in_the_head():
    payload = "http://www.google.fr\r\nwapiti: 3.2.3 version"
    weak = injected("crlf", payload, evidence_status=302)
    again = [("location", "http://www.google.fr"), ("wapiti", "3.2.3 version")]
    assert replayed(weak, answer(302, headers=again)) == CONFIRMED
    assert replayed(weak, answer(302, headers=again[:1])) == GONE
    assert replayed(weak, answer(302, headers=[("location", payload.replace("\r\n", " "))])) == GONE


def test_a_shell_that_puts_the_text_together_is_weak():
    text = "aB3" * 8
    code = "".join(f"\\x{ord(letter):02x}" for letter in text)
    request = f"GET /cgi HTTP/1.1\nuser-agent: () {{ :;}}; echo; echo; echo -e '{code}';"
    weak = finding(module="shellshock", parameter="", request=request)
    assert replayed(weak, answer(body=text)) == CONFIRMED
    assert replayed(weak, answer(body=code)) == GONE
    assert replayed(finding(module="shellshock", request="GET /cgi HTTP/1.1"), answer(body=text)) == UNCLEAR


def test_a_class_loader_that_the_attack_reaches_fails_for_it_alone():
    request = "GET /a?class.module.classLoader%5Bx%5D=x&b=1 HTTP/1.1"
    weak = finding(module="spring4shell", parameter="", request=request, evidence_status=0)
    assert replayed(weak, answer(400), answer(200)) == CONFIRMED
    assert replayed(weak, answer(200)) == GONE
    assert replayed(weak, answer(403), answer(200)) == UNCLEAR  # a firewall
    assert replayed(weak, answer(400), answer(405)) == UNCLEAR  # another error


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_error_for_a_harmless_parameter_too_is_no_sign_of_a_class_loader(status, method):
    attack = "class.module.classLoader%5Bx%5D=x"
    target, body = (f"/a?{attack}&b=1", "") if method == "GET" else ("/a", attack)
    weak = finding(module="spring4shell", parameter="", request=f"{method} {target} HTTP/1.1\n\n{body}")
    asked = []

    def site(request):
        asked.append(request)
        return answer(status)

    assert looked(weak, site).replay == GONE
    assert fields(asked[1]) == {"owl[x]": "x"} | ({"b": "1"} if method == "GET" else {})
    if status != 404:
        assert looked(weak, site, everywhere=True).replay == UNCLEAR, "the site turns us away, or is broken"


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_site_that_is_down_says_nothing_of_a_class_loader(status):
    weak = finding(module="spring4shell", parameter="", request="GET /a?class.module.classLoader%5Bx%5D=x HTTP/1.1")
    assert replayed(weak, answer(status)) == UNCLEAR


def test_what_went_to_another_server_cannot_be_replayed():
    assert replayed(injected("xxe", "<!DOCTYPE foo>", "Out-Of-Band XXE vulnerability …"), answer()) == UNCLEAR
