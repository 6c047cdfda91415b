"""What a person sees of a page, and what a page says for a moment only."""

import pytest
from bs4 import BeautifulSoup

from scans.browser import LoginForm
from tests.browser.playing import play, task
from tests.sites.guarded import GuardedSite

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><style>.off{display:none} .far{position:absolute;left:-9999px}
.tiny{width:1px;height:1px;overflow:hidden}
.clear{opacity:0} .in{visibility:hidden} .in b{visibility:visible} .none{display:contents}</style>
<p>seen plainly</p><p class=off>not off</p><p hidden>not hidden</p><div class=far>not far</div>
<div class=tiny>not tiny</div>
<div class=clear><b>not clear</b></div><p class=in>not in <b>seen again</b></p><div class=none><i>seen inside</i></div>
<template>not a template</template><!-- not a comment --><details><summary>seen summary</summary>not opened</details>
<input type=password value="not a value"><button>seen button</button><owl-box>seen slotted</owl-box>
<iframe srcdoc="seen framed <i style='display:none'>not framed</i>"></iframe>
<iframe class=off srcdoc="not off framed"></iframe>
<script>customElements.define("owl-box", class extends HTMLElement { connectedCallback() {
  this.attachShadow({mode: "open"}).innerHTML =
    "<b>seen shadow</b><slot></slot><u hidden>not shadow</u>"; } });</script>"""

MOMENTS = """<!doctype html><style>.off{display:none}</style>
<div id=app><input name=user><input type=password><button>Log in</button></div>
<p id=wrong class=off>Wrong password.</p><p id=toast class=off>Login failed this time.</p><script>
document.querySelector("button").addEventListener("click", () => {
  document.getElementById("wrong").className = "";
  const toast = document.getElementById("toast");
  toast.className = ""; setTimeout(() => { toast.className = "off"; }, 2500);
  setTimeout(() => alert("Try <again> & again."), 500);
});</script>"""


def read(html):
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def test_hidden_parts_are_left_out_and_shown_ones_kept_wherever_they_stand():
    with GuardedSite(pages={"/": PAGE}) as site:
        shown = play(task(site, ("open", "/", ""))).shown
    seen = "plainly again inside summary button slotted framed shadow".split()
    assert [word for word in seen if f"seen {word}" not in read(shown)] == []
    assert "not " not in read(shown) and "not a value" not in shown


def test_a_message_is_kept_that_is_unhidden_goes_away_again_or_is_a_dialog():
    with GuardedSite(pages={"/": MOMENTS}) as site:
        played = play(task(site, form=LoginForm(url=site.url, username="ada", password="x")))
    said = ["Wrong password.", "Login failed this time.", "Try <again> & again."]
    assert [text for text in said if text not in read(played.shown)] == []
    assert [text for text in said if text in read(played.shown_before)] == []
    assert played.form_url == site.url and played.asks_again
