"""Where an attack's text stands in a page: as a script or an element, or as text that a browser only shows."""

from html import escape
from json import dumps
from time import process_time

import pytest

from scans.results.markup import host_of, leads_to, makes_element, runs, start_tags
from tests.results.replaying import MARK, SCRIPT


@pytest.mark.parametrize(
    "page",
    [
        f"<p>You searched for {SCRIPT}</p>",
        f"<!-- owls --><title>Owls</title><div>{SCRIPT}",
        f"<textarea></textarea>{SCRIPT}",
        f"<script>var a = 1</script>{SCRIPT}<script>var b = 2</script>",
        f"<!-->{SCRIPT}-->",  # this comment ends at once
    ],
)
def test_a_script_among_the_elements_runs(page):
    assert runs(SCRIPT, page, MARK)


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{escape(SCRIPT)}</p>",
        f"<p>{SCRIPT.replace('<', '&lt;')}</p>",
        f"<!-- {SCRIPT} -->",
        f"<!-- {SCRIPT}",
        f"<textarea>{SCRIPT}</textarea>",
        f"<title>{SCRIPT}</title>",
        f"<noscript>{SCRIPT}</noscript>",
        f"<template>{SCRIPT}</template>",
        f"<iframe>{SCRIPT}</iframe>",
        f"<style>{SCRIPT}</style>",
        f'<input value="{SCRIPT}">',
        f"<input value='{escape(SCRIPT)}'>",
        f"<script>var words = {dumps(SCRIPT).replace('/', chr(92) + '/')}</script>",
        f"<script type='application/json'>{dumps(dict(q=SCRIPT)).replace('</', '<' + chr(92) + '/')}</script>",
        f"<p>{SCRIPT.replace('<ScRiPt>', '')}</p>",
        f"<p>alert('{MARK}')</p>",
    ],
)
def test_a_script_that_is_only_shown_does_not_run(page):
    assert not runs(SCRIPT, page, MARK)


@pytest.mark.parametrize(
    ("payload", "page"),
    [
        (f"</textarea>{SCRIPT}", f"<textarea></textarea>{SCRIPT}</textarea>"),
        (f"--></p>{SCRIPT}", f"<!-- --></p>{SCRIPT} -->"),
        (f"</script>{SCRIPT}", f"<script>var q = '</script>{SCRIPT}'</script>"),
        (f"<SvG/oNloAd=alert(/{MARK}/)//", f"<p><SvG/oNloAd=alert(/{MARK}/)//</p>"),
        (f'" autofocus/onfocus="alert(/{MARK}/)', f'<input value="" autofocus/onfocus="alert(/{MARK}/)">'),
        (f"javascript:alert(/{MARK}/)//", f'<a href="javascript:alert(/{MARK}/)//">here</a>'),
        (f"javascript:alert(/{MARK}/)//", f"<iframe src='javascript:alert(/{MARK}/)//.html'></iframe>"),
        (f"<scr<script>ipt>(alert)(/{MARK}/)//</scr</script>ipt>", f"<script>(alert)(/{MARK}/)//</script>"),
        (f"<sCrIpt><!--\nconfirm(/{MARK}/)//--></sCrIpt>", f"<sCrIpt><!--\nconfirm(/{MARK}/)//--></sCrIpt>"),
        (f"<svg onload=&#x61lert&#x28'{MARK}'&#x29>", f"<svg onload=&#x61lert&#x28'{MARK}'&#x29>"),
        (f"42 src=https://wa1b2c.com/{MARK}z.js", f"<script id=42 src=https://wa1b2c.com/{MARK}z.js></script>"),
        (f'<Script e=">" src="//a.b/{MARK}z.js"></Script>', f'<Script e=">" src="//a.b/{MARK}z.js"></Script>'),
    ],
)
def test_every_way_in_is_known(payload, page):
    assert runs(payload, page, MARK)


@pytest.mark.parametrize(
    ("payload", "page"),
    [
        (f'" onfocus="alert(/{MARK}/)', f'<input value="&quot; onfocus=&quot;alert(/{MARK}/)">'),
        (f"javascript:alert(/{MARK}/)//", f'<img src="javascript:alert(/{MARK}/)//">'),
        (f"javascript:alert(/{MARK}/)//", f'<a href="/go?to=javascript:alert(/{MARK}/)//">here</a>'),
        (
            f"<scr<script>ipt>alert(/{MARK}/)</scr</script>ipt>",
            f"<script>q = '<scr<script>ipt>alert(/{MARK}/)'</script>",
        ),
        (SCRIPT, f"<a onclick=\"find('{escape(SCRIPT)}')\">again</a>"),
        ("<script>", "<p>&lt;script&gt;</p>"),
    ],
)
def test_what_the_page_encloses_does_not_run(payload, page):
    assert not runs(payload, page, MARK if MARK in payload else "")


def test_an_element_is_told_from_its_text():
    payload = f'<div id="{MARK}">yolo</div>'
    assert makes_element(payload, f"<p>{payload}</p>", MARK)
    assert not runs(payload, f"<p>{payload}</p>", MARK)
    for page in (f"<p>{escape(payload)}</p>", f"<!--{payload}-->", f"<title>{payload}</title>"):
        assert not makes_element(payload, page, MARK)


def test_tags_are_read_as_browsers_read_them():
    page = """<?xml?><!doctype html></ p><A HREF = x&amp;y checked b='"'/ c><br/>< p><x y="never closed>"""
    tags = list(start_tags(page))
    assert [tag.name for tag in tags] == ["a", "br"]
    assert tags[0].attributes == {"href": "x&y", "checked": "", "b": '"', "c": ""}


def test_pages_that_lead_elsewhere_name_the_address():
    page = """<meta http-equiv="Refresh" content="0; url='https://away.example/'">
      <!--<meta http-equiv=refresh content="0;url=//no.example">-->
      <script>window.location.href = "/here"; location.replace('//there.example')</script>"""
    assert list(leads_to(page)) == ["https://away.example/", "/here", "//there.example"]


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://Away.example/x", "away.example"),
        ("//away.example", "away.example"),
        ("/\\away.example", "away.example"),
        ("/go?to=https://away.example/", ""),
        ("https://[", ""),
    ],
)
def test_the_host_that_an_address_leads_to(address, host):
    assert host_of(address) == host


@pytest.mark.parametrize(
    "text", ["<" * 2**20, "<!--" * 2**18, "<!-- -->" * 2**17, "<a b='" * 2**17, "<a " * 2**18, "</" * 2**19]
)
def test_no_page_takes_long_to_read(text):
    started = process_time()
    list(start_tags(text))
    assert process_time() - started < 5
