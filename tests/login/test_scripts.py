"""Whether scripts may change what a form sends is told by the page alone, and in doubt they may."""

import httpx
import pytest

from scans.login.page import Page
from scans.login.scripts import may_change

FIELDS = "<input name=u><input type=password name=p><button>Log in</button>"


def changes(html, loaded=lambda address: address.startswith("http://o.example/")):
    page = Page("http://o.example/login", 200, httpx.Headers(), html)
    return may_change(page, page.soup.find("form"), loaded)


@pytest.mark.parametrize(
    "html",
    [
        f"<form onsubmit='return seal(this)'>{FIELDS}</form>",
        f"<form>{FIELDS}<button onclick=hash()>Go</button></form>",
        f"<form>{FIELDS}<a href=\"javascript:__doPostBack('x','')\">Log in</a></form>",
        f"<form>{FIELDS}</form><script>document.forms[0].onsubmit = seal</script>",
        f"<form>{FIELDS}</form><script>document.cookie = 'js=1'</script>",
        f"<form>{FIELDS}</form><script type=module>import '/app.js'</script>",
        f"<form>{FIELDS}</form><script>u.value = 'x'</script>",
        f"<form>{FIELDS}</form><script>$(go)</script>",
        f"<script src=/app.js></script><form>{FIELDS}</form>",
        f"<body onload='prepareForm()'><form>{FIELDS}</form>",
        f"<form>{FIELDS}</form>" + "<script>1</script>" * 60,
    ],
)
def test_scripts_that_may_change_what_is_sent_are_noticed(html):
    assert changes(html)


@pytest.mark.parametrize(
    "html",
    [
        f"<form>{FIELDS}</form>",
        f"<form onsubmit='return true;'>{FIELDS}<input onclick=''></form>",
        f"<body onload='document.forms[0].u.focus()'><form>{FIELDS}</form>",
        f"<form>{FIELDS}</form><script>document.getElementById('u').focus();</script>",
        f"<form>{FIELDS}</form><script>window.dataLayer = []; function gtag() {{ dataLayer.push(arguments) }}</script>",
        f"<form>{FIELDS}</form><script type='application/ld+json'>{{\"form\": 1}}</script>",
        f"<form>{FIELDS}</form><script type=text/template><form onsubmit=x></script>",
        f"<script src=https://stats.example/app.js></script><form>{FIELDS}</form>",
        f"<a href='javascript:history.back()'>Back</a><form>{FIELDS}</form>",
    ],
)
def test_scripts_that_reach_no_form_need_no_browser(html):
    assert not changes(html)
