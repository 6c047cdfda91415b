"""The sign of each weak setting: what confirms it, what shows that it is gone, and what proves nothing."""

import pytest

from scans.engines.base import Cookie
from scans.targets.refusal import seen
from tests.results.replaying import CONFIRMED, GONE, TEMPLATE, UNCLEAR, answer, fields, finding, looked, replayed

PAGE = "GET / HTTP/1.1\nhost: owls.example\ncookie: seen=1"
MISSING = ["X-Frame-Options is not set", "CSP is not set", "HttpOnly flag is not set in the cookie : session"]


def about(info, **values):
    """A finding about the start page."""
    return finding(**{"info": info, "parameter": "", "request": PAGE, "url": "http://owls.example/", **values})


# --- Headers and cookies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "header"),
    [("X-Frame-Options is not set", "x-frame-options"), ("CSP is not set", "content-security-policy")],
)
def test_a_missing_header_is_looked_for(info, header):
    assert replayed(about(info), answer()) == CONFIRMED
    assert replayed(about(info), answer(headers=[(header, "x")])) == GONE


def test_an_invalid_header_is_gone_when_its_value_is_valid():
    weak = about("X-Frame-Options has an invalid value")
    assert replayed(weak, answer(headers=[("x-frame-options", "ALLOWALL")])) == CONFIRMED
    assert replayed(weak, answer(headers=[("x-frame-options", "SAMEORIGIN")])) == GONE
    assert replayed(weak, answer()) == CONFIRMED


@pytest.mark.parametrize("info", MISSING)
@pytest.mark.parametrize("then", [0, 200, 403])
@pytest.mark.parametrize("status", [400, 403, 406, 500])
def test_an_error_or_block_page_says_nothing_of_headers_and_cookies(info, then, status):
    weak = about(info, evidence_status=then, evidence_body="<h1>Shop</h1>" if then == 200 else "banned")
    blocked = answer(status, "banned", [("set-cookie", "session=1")])
    assert replayed(weak, blocked) == UNCLEAR


def test_a_page_that_leads_elsewhere_now_says_nothing():
    weak = about("X-Frame-Options is not set", evidence_body=TEMPLATE)
    assert replayed(weak, answer(302, headers=[("location", "https://login.example/")])) == UNCLEAR


def test_a_redirect_of_the_same_site_is_followed_as_the_module_did():
    weak = about("CSP is not set", module="csp", evidence_body=TEMPLATE)

    def site(request):
        protected = [("content-security-policy", "default-src 'self'")]
        led = answer(302, headers=[("location", "/home")])
        return led if request.target == "/" else answer(body=TEMPLATE, headers=protected)

    def leading_to(page):
        return lambda request: site(request) if request.target == "/" else page

    assert looked(weak, site).replay == GONE
    assert looked(weak, leading_to(answer(body=TEMPLATE))).replay == CONFIRMED
    login = answer(body="<form>Who are you? Name <input name=user> Password <input type=password></form>")
    assert looked(weak, leading_to(login)).replay == UNCLEAR
    assert looked(about("X-Frame-Options is not set"), leading_to(answer())).replay == UNCLEAR  # follows none


@pytest.mark.parametrize(("policy", "expected"), [([], CONFIRMED), ([("content-security-policy", "x")], GONE)])
def test_a_page_behind_a_redirect_is_compared_with_the_finding_and_not_with_the_redirect(policy, expected):
    to_login = answer(302, "<title>Redirecting...</title>", [("location", "/login/?redirect=/")])
    usual = seen(to_login.status, to_login.headers, to_login.body)  # as the prescan kept it
    login = "<title>Log in</title><form>Name <input name=user> Password <input type=password></form>"
    weak = about("CSP is not set", module="csp", evidence_body=login)

    def site(request):
        return to_login if request.target == "/" else answer(body=login, headers=policy)

    assert looked(weak, site, usual=usual).replay == expected


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("session=1", CONFIRMED),
        ("session=1; Path=/; Secure", CONFIRMED),
        ("session=HttpOnly", CONFIRMED),
        ("session=1; HttpOnly", GONE),
        ("session=1;path=/;HTTPONLY", GONE),
        ("other=1", UNCLEAR),
        ("sessions=1", UNCLEAR),
    ],
)
def test_a_missing_flag_is_looked_for_in_the_cookie_of_that_name(cookie, expected):
    weak = about("HttpOnly flag is not set in the cookie : session", evidence_status=0)
    assert replayed(weak, answer(headers=[("set-cookie", "first=1"), ("set-cookie", cookie)])) == expected


LOGIN_SETS = [
    ("HttpOnly", {"http_only": False, "secure": True}, CONFIRMED, "cookie_flag_missing_at_login"),
    ("Secure", {"http_only": False, "secure": True}, GONE, "cookie_flag_there"),
    ("HttpOnly", {"http_only": True}, GONE, "cookie_flag_there"),
    ("HttpOnly", {"http_only": None}, UNCLEAR, "cookie_not_set"),
    ("HttpOnly", {"http_only": False, "name": "other"}, UNCLEAR, "cookie_not_set"),
]


@pytest.mark.parametrize(("flag", "cookie", "expected", "code"), LOGIN_SETS)
def test_a_cookie_that_only_the_login_sets_is_judged_by_a_new_login(flag, cookie, expected, code):
    weak = about(f"{flag} flag is not set in the cookie : session", evidence_status=0)
    given = Cookie(**{"name": "session", "value": "1", "domain": "owls.example", **cookie})
    verdict = looked(weak, lambda _: answer(), login_cookies=[given])
    assert (verdict.replay, verdict.reason.code) == (expected, code)
    if expected == GONE:
        assert looked(weak, lambda _: answer(404), login_cookies=[given]).replay == GONE
        unsafe = answer(headers=[("set-cookie", "session=2")])
        assert looked(weak, lambda _: unsafe, login_cookies=[given]).reason.code == "cookie_flag_missing"


@pytest.mark.parametrize("info", ["on the cookie 'odd : one' set at 'http://h/'", "in the cookie : odd : one"])
def test_a_cookie_is_found_by_its_name_whatever_the_engine_s_release(info):
    weak = about(f"Secure flag is not set {info}", evidence_status=0)
    assert replayed(weak, answer(headers=[("set-cookie", "odd : one=2")])) == CONFIRMED


def test_a_stranger_gets_the_cookie_that_a_visitor_has_already():
    weak = about("Secure flag is not set in the cookie : seen", evidence_status=0)
    new = [("set-cookie", "seen=2")]
    assert looked(weak, lambda request: answer(headers=[] if request.header("cookie") else new)).replay == CONFIRMED


@pytest.mark.parametrize(
    ("info", "then", "now", "expected"),
    [
        ('CSP attribute "default-src" is missing', "script-src *", "script-src *", CONFIRMED),
        ('CSP attribute "default-src" is missing', "script-src *", "default-src 'self'", GONE),
        ('CSP "script-src" value is not safe', "script-src *", "img-src a; script-src  *", CONFIRMED),
        ('CSP "script-src" value is not safe', "script-src *", "script-src 'self'", GONE),
        ('CSP "script-src" value is not safe', "script-src *", "script-src 'unsafe-inline'", CONFIRMED),
        ('CSP "script-src" value is not safe', "script-src *", "", CONFIRMED),
        ('CSP "object-src" value is not safe', "default-src 'self'", "default-src 'self'; x", CONFIRMED),
        ('CSP "object-src" value is not safe', "default-src 'self'", "object-src 'none'", GONE),
        ('CSP "script-src" value is not safe', "", "script-src 'self'", UNCLEAR),
    ],
)
def test_a_weak_policy_is_judged_by_the_policy_and_not_by_the_page(info, then, now, expected):
    weak = about(info, evidence_headers=[["content-security-policy", then]] if then else [], evidence_body="same")
    assert replayed(weak, answer(body="same", headers=[("content-security-policy", now)])) == expected


# --- Answers, files and methods -------------------------------------------------------------------------------


def test_a_server_error_is_confirmed_by_the_same_error_for_the_attack_alone():
    weak = finding(info="The server responded with a 500 HTTP error code while attempting to inject a payload")
    assert replayed(weak, answer(500), answer(200)) == CONFIRMED
    assert replayed(weak, answer(200)) == GONE
    assert replayed(weak, answer(500)) == UNCLEAR  # broken for everybody
    assert replayed(weak, answer(403, "blocked")) == UNCLEAR


@pytest.mark.parametrize(("without", "expected"), [(200, CONFIRMED), (302, CONFIRMED), (400, UNCLEAR), (500, UNCLEAR)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_fails_at_every_wrong_value_is_told_by_the_page_without_the_parameter(method, without, expected):
    """Such as a date: neither the attack nor a harmless 1 is one."""
    get, post = "GET /daily?day=id HTTP/1.1\nhost: owls.example", "POST /daily HTTP/1.1\nhost: owls.example\n\nday=id"
    info = "The server responded with a 500 HTTP error code while attempting to inject a payload in the parameter day"
    weak = finding(info=info, parameter="day", module="exec", request=get if method == "GET" else post)
    verdict = looked(weak, lambda request: answer(500 if fields(request) else without))
    assert verdict.replay == expected
    assert verdict.reason.code == ("status_with_parameter" if expected == CONFIRMED else "same_for_everybody")


def test_a_file_left_behind_is_there_when_an_invented_one_is_not():
    weak = finding(module="backup", parameter="", request="GET /app/index.php.bak HTTP/1.1", evidence_body="<?php")

    def only_it(request):
        return answer(body="<?php") if request.path == "/app/index.php.bak" else answer(404)

    assert looked(weak, only_it).replay == CONFIRMED
    assert looked(weak, lambda request: answer(404)).replay == GONE
    assert looked(weak, lambda request: answer(body=" ")).replay == GONE
    assert looked(weak, lambda request: answer(body="Sorry, not found"), everywhere=True).replay == UNCLEAR
    either = {"/": "welcome", "/app/index.php.bak": "<?php"}
    assert looked(weak, lambda request: answer(body=either.get(request.path, "other"))).replay == UNCLEAR


@pytest.mark.parametrize("start", ["welcome", "no owl at {path}"])
def test_a_site_with_a_page_for_each_name_has_no_file_left_behind(start):
    page = "<p>There is no owl at {path}, and there are 17 others.</p>"
    evidence = page.format(path="/app/index.php.bak")
    weak = finding(module="buster", parameter="", request="GET /app/index.php.bak HTTP/1.1", evidence_body=evidence)

    def site(request):
        return answer(body=start if request.path == "/" else page.format(path=request.path))

    verdict = looked(weak, site, everywhere=True)
    assert (verdict.replay, verdict.reason.code) == (GONE, "file_like_invented")


@pytest.mark.parametrize(
    ("by_get", "by_abc", "expected"),
    [
        (answer(401), answer(200, "secret"), CONFIRMED),
        (answer(403), answer(403), GONE),
        (answer(200), answer(200, "open"), GONE),
        (answer(401), answer(500, "Sorry"), UNCLEAR),
        (answer(401), answer(200, ""), UNCLEAR),
        (answer(401), answer(503), UNCLEAR),
        (answer(503), answer(503), UNCLEAR),
        (answer(429), answer(200, "secret"), UNCLEAR),
        (answer(404), answer(404), GONE),
    ],
)
def test_an_unknown_method_bypasses_what_stays_closed_otherwise(by_get, by_abc, expected):
    weak = finding(module="htaccess", parameter="", request="ABC /admin HTTP/1.1")
    assert looked(weak, lambda request: by_abc if request.method == "ABC" else by_get).replay == expected


@pytest.mark.parametrize(
    "by_abc",
    [
        answer(501, "Unsupported method"),
        answer(500, "no such method"),
        answer(302, headers=[("location", "/")]),
        answer(200, "Welcome"),
        answer(200, ""),
    ],
)
def test_an_unknown_method_that_a_server_answers_everywhere_alike_bypasses_nothing(by_abc):
    weak = finding(module="htaccess", parameter="", request="ABC /admin HTTP/1.1")
    verdict = looked(weak, lambda request: by_abc if request.method == "ABC" else answer(401), everywhere=True)
    assert (verdict.replay, verdict.reason.code) == (GONE, "method_same_elsewhere")


METHODS = "Possible interesting methods (using {}) on http://owls.example/: {}"


@pytest.mark.parametrize(
    ("how", "named", "expected"),
    [
        ("OPTIONS", "OPTIONS (200) PUT (201)", CONFIRMED),
        ("OPTIONS", "DELETE (200) OPTIONS (200)", GONE),
        ("heuristics", "HEAD (200)", CONFIRMED),
        ("heuristics", "HEAD (204)", GONE),
        ("heuristics", "CONNECT (501) DELETE (501)", UNCLEAR),  # would change something
        ("heuristics", "", UNCLEAR),
    ],
)
def test_methods_are_asked_for_unless_they_change_something(how, named, expected):
    weak = about(METHODS.format(how, named), module="methods", evidence_status=0)
    asked = []

    def site(request):
        asked.append(request.method)
        return answer(200, headers=[("allow", "GET, PUT")])

    assert looked(weak, site).replay == expected and not {"DELETE", "PUT", "CONNECT"} & set(asked)


def test_trace_is_allowed_if_the_site_repeats_the_request():
    weak = about("HTTP TRACE method is allowed on the webserver", module="methods", evidence_status=0)
    trace = {"TRACE": answer(body="TRACE / HTTP/1.1"), "GET": answer(body=TEMPLATE)}
    assert looked(weak, lambda request: trace[request.method]).replay == CONFIRMED
    assert replayed(weak, answer(body=TEMPLATE)) == GONE


def test_methods_of_a_page_that_is_refused_say_nothing():
    weak = about(METHODS.format("heuristics", "HEAD (403)"), module="methods", evidence_status=0)
    assert replayed(weak, answer(403, "banned")) == UNCLEAR


# --- Tokens of forms ------------------------------------------------------------------------------------------

FORM = "POST /book HTTP/1.1\nReferer: http://owls.example/book\n\nname=a&note=b"
FORM_WITH_TOKEN = f"{FORM}&csrf_token=q8Xk2Lm9Zt"
CSRF = {"module": "csrf", "parameter": "", "evidence_status": 0}


def book(form, takes=lambda token: True):
    """A guest book with this form."""

    def site(request):
        if request.method == "GET":
            return answer(body=f"<form method=get><input name=q></form>{form}")
        taken = takes(fields(request).get("csrf_token"))
        return answer(303, headers=[("location", "/book")]) if taken else answer(403)

    return site


OPEN = '<form method="POST" action="/book?a=1"><input name="name"><textarea name="note"></textarea></form>'
STRONG = OPEN.replace("</form>", '<input type="hidden" name="csrf_token" value="q8Xk2Lm9Zt"></form>')
WEAK = OPEN.replace("</form>", '<input type="hidden" name="csrf_token" value="1111111111"></form>')


@pytest.mark.parametrize(
    ("form", "expected"),
    [(OPEN, CONFIRMED), (STRONG, GONE), ("", UNCLEAR), (OPEN.replace("/book", "/other"), UNCLEAR)],
)
def test_a_missing_token_is_looked_for_in_the_form(form, expected):
    assert looked(finding(info="Lack of anti CSRF token", request=FORM, **CSRF), book(form)).replay == expected


@pytest.mark.parametrize("action", ["/book", "/book?a=1"])
def test_of_several_forms_of_one_path_the_one_with_the_same_query_or_fields_is_looked_at(action):
    request = f"POST {action} HTTP/1.1\nReferer: http://owls.example/book\n\nname=a&note=b"
    weak = finding(info="Lack of anti CSRF token", request=request, **CSRF)
    guarded = STRONG.replace("/book?a=1", "/book?b=2")
    assert looked(weak, book(guarded + OPEN.replace("/book?a=1", action))).replay == CONFIRMED
    assert (
        looked(weak, book(OPEN.replace("/book?a=1", "/book?b=2") + STRONG.replace("/book?a=1", action))).replay == GONE
    )
    few = "<form method=post action='/book?c=3'><input name=name></form>"
    assert looked(weak, book(few + guarded)).replay == GONE


def test_a_form_whose_page_is_unknown_proves_nothing():
    weak = finding(info="Lack of anti CSRF token", request="POST /book HTTP/1.1\n\na=1", **CSRF)
    assert looked(weak, book(OPEN)).replay == UNCLEAR


def test_a_token_is_checked_if_a_wrong_one_is_not_taken():
    weak = finding(info="CSRF token 'csrf_token' is not properly checked in backend", request=FORM_WITH_TOKEN, **CSRF)
    assert looked(weak, book(STRONG)).replay == CONFIRMED
    assert looked(weak, book(STRONG, takes="q8Xk2Lm9Zt".__eq__)).replay == GONE
    assert looked(weak, book(STRONG, takes=lambda token: False)).replay == UNCLEAR


def test_a_token_that_is_easy_to_guess_is_told_from_a_good_one():
    weak = finding(info="CSRF token 'csrf_token' might be easy to predict", request=FORM_WITH_TOKEN, **CSRF)
    assert looked(weak, book(WEAK)).replay == CONFIRMED
    assert looked(weak, book(STRONG)).replay == GONE
    assert looked(weak, book(OPEN)).replay == CONFIRMED  # it has none at all
