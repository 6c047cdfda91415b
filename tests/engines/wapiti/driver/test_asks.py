"""Addresses that scripts ask for, told from what else stands in scripts."""

from pathlib import Path
from time import process_time

import pytest

from scans.engines.wapiti import adapter

ORIGIN = ("http", "shop.example")
URL = "http://shop.example/app.js"


@pytest.fixture
def asks(imported_flat):
    return imported_flat(Path(adapter.DRIVER).parent / "asks.py").Asks(ORIGIN)


@pytest.mark.parametrize(
    ("script", "path"),
    [
        ("fetch('/items?page=' + page)", "/items"),
        ("fetch(`/items/${id}/prices`)", "/items/"),
        ('fetch(`${base}/items`, {method: "POST"})', "/items"),
        ('var e=new XMLHttpRequest;e.open("GET","/items",!0)', "/items"),
        ('$.ajax({type: "POST", url: "/items"})', "/items"),
        ("$.getJSON(root + 'items/all', show)", "items/all"),
        ('this.http.get(this.host+"/rest/items")', "/rest/items"),
        ('axios.post("/items/new",t)', "/items/new"),
        ('new EventSource("/news/stream")', "/news/stream"),
        ('const URLS = {list: "api/items"}', "api/items"),
        ('e.exports="/v2/items"', "/v2/items"),
        ('load("http://shop.example/api/items")', "/api/items"),
        ('baseUrl="/service/"', "/service/"),
    ],
)
def test_an_address_that_a_script_asks_for_is_found_however_it_is_asked(asks, script, path):
    asks.read(URL, script)
    assert asks.named == {path} == asks.unseen


@pytest.mark.parametrize(
    "script",
    [
        'headers: {"Content-Type": "application/json", Accept: "text/html"}',
        'fetch("https://elsewhere.example/api/items")',
        'fetch("//elsewhere.example/api/items")',
        'import("./api/client")',
        'require("../api/items")',
        'el.src = "/static/img/owl.png"; load("/static/app.css")',
        'routes = [{path: "/about/us"}, {path: "/owls/all"}]',
        'window.open("/help/print")',
        'date("DD/MM/YYYY"); say("and/or"); map.get("key")',
        "fetch('http://[::1/api/items')",
        "// fetch the owls at /api/items",
        'fetch("/app/part.html")',
        "",
    ],
)
def test_other_texts_with_a_slash_are_no_requests(asks, script):
    asks.read(URL, script)
    assert not asks.named


def test_libraries_are_not_the_site_s_own(asks):
    asks.read("http://shop.example/static/jquery-3.7.1.min.js", 'x.open("GET","/api/items");fetch("/api/more")')
    assert not asks.named and not asks.at_all


def test_an_address_that_the_crawl_got_is_not_unseen_whatever_base_the_script_adds(asks):
    asks.read(URL, "$.get(base + 'api/items'); $.get(base + 'api/prices')")
    asks.answered("http://shop.example/shop/api/items?page=1")
    assert asks.unseen == {"api/prices"}


@pytest.mark.parametrize(
    "inside", ['"/a', '("', "`/${", "'/api/x'", "get(", "url=" * 5, "/" * 50, "$.get('/" + "a/" * 90]
)
def test_a_hostile_script_is_read_quickly(asks, inside):
    began = process_time()
    asks.read(URL, inside * (1_000_000 // len(inside)))
    assert process_time() - began < 5
