"""Pages that lead elsewhere as browsers see it, and pages that only look like it."""

from time import process_time

import httpx
import pytest

from scans.login.page import Page
from scans.prescan.leads import framed, leads_to

URL, MOVED = "http://owls.example/a/", "http://moved.example/app/"
CONTENT = "<h1>Owls</h1><a href='/owls'>All owls</a><form action=/search><input name=q></form>"


def led(html: str, **headers: str) -> str:
    return leads_to(Page(URL, 200, httpx.Headers(headers), html))


def meta(content: str, inside: str = "{}") -> str:
    return inside.format(f'<meta http-equiv="refresh" content="{content}">')


@pytest.mark.parametrize(
    "html",
    [
        f"<html><head><meta http-equiv='refresh' content='0; url={MOVED}'></head><body></body></html>",
        f"<META HTTP-EQUIV=REFRESH CONTENT=0;URL={MOVED}>",
        meta(f"0; URL='{MOVED}'"),
        meta(f"3,{MOVED}"),
        meta(f"0.5 url = {MOVED}"),
        meta(f"5; url={MOVED}") + CONTENT,  # nobody can use a page that is gone so soon
        meta(f"30; url={MOVED}") + f"<p>We have moved to <a href='{MOVED}'>our new home</a>.</p>",
        meta("0; url=app/", "<base href='http://moved.example/'>{}"),
        f"<script>location = '{MOVED}'</script>",
        f'<script>window.location.href="{MOVED}";</script><noscript>Please switch scripts on.</noscript>',
        "<script>top.location.replace('http:\\/\\/moved.example\\/app\\/')</script>",
        f"<script type='text/javascript'>setTimeout(function () {{ document.location.assign(`{MOVED}`) }}, 0)</script>",
        f"<script>location.href = '{MOVED}' + window.location.search</script>",
        f"<body onload=\"window.location='{MOVED}'\"></body>",
    ],
)
def test_a_page_that_only_leads_elsewhere_leads_there(html):
    assert led(html) == MOVED


@pytest.mark.parametrize("value", [f"0; url={MOVED}", f"0;URL={MOVED}", f'1; "{MOVED}"'])
def test_a_refresh_in_the_header_leads_with_or_without_a_page(value):
    assert led("", refresh=value) == MOVED == led(CONTENT, refresh=value)


@pytest.mark.parametrize(
    ("target", "expected"),
    [("app/", "a/app/"), ("/app/", "app/"), ("?page=1", "a/?page=1"), ("//owls.example/x#top", "x")],
)
def test_a_relative_target_is_resolved_as_in_a_browser(target, expected):
    assert led(meta(f"0; url={target}")) == f"http://owls.example/{expected}"


@pytest.mark.parametrize(
    "html",
    [
        meta("0") + CONTENT,
        meta("5; url=") + CONTENT,
        meta(f"5; url={URL}") + CONTENT,
        meta("30; url=?again=1") + CONTENT,
        meta(f"30; url={MOVED}") + CONTENT,
        meta(f"30; url={MOVED}") + "<p>An owl flies at night. </p>" * 20,
        meta(f"0; url={MOVED}", "<noscript>{}</noscript>") + CONTENT,
        meta(f"0; url={MOVED}", "<template>{}</template>") + CONTENT,
        meta(f"0; url={MOVED}", "<!-- {} -->") + CONTENT,
        meta(f"soon; url={MOVED}"),
        meta("0; url=javascript:alert(1)"),
        meta("0; url=http://[::1"),
        f"<meta name=refresh content='0; url={MOVED}'>",
        f"<script>location = '{MOVED}'</script>" + CONTENT,
        f"<div id=root></div><script>location = '{MOVED}'</script><script src=app.js></script>",
        f"<div id=root></div><script>{'var owl;' * 300} location = '{MOVED}'</script>",
        f"<script>// location = '{MOVED}'\n/* location = '{MOVED}' */ if (location == '{MOVED}') owl()</script>",
        f"<script type='text/template'>location = '{MOVED}'</script>",
        f"<script>var translocation = '{MOVED}'</script>",
        "<script>location = '/app/' + language</script>",
        "<script>location.href = 'https://' + location.host + '/app/'</script>",
        meta("0; url=https://"),
        CONTENT,
        "",
    ],
)
def test_a_page_that_stays_leads_nowhere(html):
    assert led(html) == ""


def test_a_page_that_reloads_itself_to_see_its_cookie_is_requested_again():
    assert led(meta("0"), **{"set-cookie": "seen=1"}) == URL
    assert led(meta("9"), **{"set-cookie": "seen=1"}) == "" == led(meta("0"))


def test_an_error_page_leads_nowhere():
    assert leads_to(Page(URL, 404, httpx.Headers(), meta(f"0; url={MOVED}"))) == ""


FRAME = f"<iframe src='{MOVED}' width='100%' height='100%'></iframe>"


def frames(html: str, status: int = 200) -> list[str]:
    return framed(Page(URL, status, httpx.Headers(), html))


@pytest.mark.parametrize(
    "html",
    [
        f"<html><head><title>Owls</title></head><frameset rows='100%,*'><frame src='{MOVED}'></frameset></html>",
        f"<FRAMESET COLS=*><FRAME SRC={MOVED}><NOFRAMES>No frames? <a href=/text>Go here</a></NOFRAMES></FRAMESET>",
        f"<frameset><frame src='{MOVED}'><frame src='about:'></frameset>".replace("about:", MOVED),
        f"<style>iframe {{ border: 0 }}</style>{FRAME}",
        FRAME.replace("></iframe>", f">Your browser shows no frames. <a href='{MOVED}'>Go there.</a></iframe>"),
        f"<p>You see nothing? <a href='{MOVED}'>Click here.</a></p>{FRAME}",
        f"{FRAME}<script src='https://counter.example/c.js'></script><script>window.dataLayer = [];</script>",
        f"{FRAME}<noscript><iframe src='https://tags.example/' height='0'></iframe><h1>Scripts, please</h1></noscript>",
        f"<img src=logo.png>{FRAME}<iframe src='https://tags.example/' style='display:none'></iframe>",
    ],
)
def test_a_page_that_only_shows_frames_is_known_by_their_addresses(html):
    assert set(frames(html)) == {MOVED}


@pytest.mark.parametrize(
    "html",
    [
        CONTENT,
        CONTENT + FRAME,
        f"<h1>Owls of the north</h1><p>{'They fly at night. ' * 10}</p>{FRAME}",
        f"<a href='/owls'>Owls</a>{FRAME}",
        f"<form><input name=q></form>{FRAME}",
        f"<div id=root></div><script src=app.js></script>{FRAME}",
        f"<div id=root></div><script>fetch('/api/owls')</script>{FRAME}",
        f"<div id=root></div><script>{'var owl;' * 300}</script>{FRAME}",
        f"<div id=root></div><iframe src='{MOVED}' style='display:none'></iframe>",
        f"<iframe src='{MOVED}' width=1 height=1></iframe>",
        f"<noscript>{FRAME}</noscript>",
        "<iframe src='about:blank'></iframe>",
        "<iframe src='javascript:owl()'></iframe>",
        "<iframe src='http://[::1'></iframe>",
        f"{FRAME}<iframe srcdoc='&lt;h1>Owls'></iframe>",
        "",
    ],
)
def test_a_page_with_anything_of_its_own_is_no_page_of_frames(html):
    assert frames(html) == []


def test_an_error_page_shows_no_frames():
    assert frames(FRAME, 404) == []


@pytest.mark.parametrize("inside", ["<b>a" * 10_000, "<noscript><i>a" * 4000, "<a href=/>" * 6000])
def test_a_page_of_elements_that_never_end_is_read_quickly(inside):
    began = process_time()
    assert led(f"<script>location = '{URL}'</script>{inside}") == ""
    frames(FRAME + inside)
    assert process_time() - began < 3
