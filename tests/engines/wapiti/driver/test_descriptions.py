"""Descriptions of an API are noticed, and whether the crawl used them."""

import json
from pathlib import Path
from time import process_time

import pytest

from scans.engines.wapiti import adapter

SITE = "http://shop.example/"
HTML, JSON = "text/html", "application/json"
OPENAPI = {"openapi": "3.0.1", "servers": [{"url": "/v1"}], "paths": {"/items": {}, "/items/{id}": {}, "/orders": {}}}
SWAGGER = {"info": {}, "swagger": "2.0", "basePath": "/v1/", "paths": {"/items": {}}}
YAML = 'openapi: "3.1.0"\ninfo:\n  title: Shop\npaths:\n  /items:\n    get: {}\n  /orders:\n    get: {}\n'


@pytest.fixture
def unread(imported_flat):
    """A function from answers (path, body, content type, status) to the descriptions that were not used."""
    sights = imported_flat(Path(adapter.DRIVER).parent / "sights.py")

    def crawl(*answers, method="GET", **headers):
        crawled = sights.Sights(SITE)
        for path, body, kind, status in answers:
            crawled.take(method, f"{SITE}{path}", status, {"content-type": kind, **headers}, body)
        return [(kind, url.removeprefix(SITE)) for kind, url in crawled.summary()["descriptions"]]

    return crawl


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (("openapi.json", json.dumps(OPENAPI), JSON, 200), ("OpenAPI", "openapi.json")),
        (("v3/api-docs?group=a", json.dumps(SWAGGER, separators=(",", ":")), JSON, 200), ("Swagger", "v3/api-docs")),
        (("api.yaml", YAML, "text/yaml", 200), ("OpenAPI", "api.yaml")),
        (("docs", "<div id=swagger-ui></div><script>x={url:'/api.json'}</script>", HTML, 200), ("OpenAPI", "api.json")),
        (("docs/", "<redoc spec-url='spec.yaml'></redoc>", HTML, 200), ("OpenAPI", "docs/spec.yaml")),
        (("docs", "<link href=swagger-ui.css><div></div>", HTML, 200), ("OpenAPI", "docs")),
        (("app.js", 'load("/docs/swagger.json")', "text/javascript", 200), ("OpenAPI", "docs/swagger.json")),
        (("", "<a href='/openapi.yaml'>API</a>", HTML, 200), ("OpenAPI", "openapi.yaml")),
        (("graphql", "<title>GraphiQL</title>", HTML, 200), ("GraphQL", "graphql")),
        (("graphql", '{"errors":[{"message":"Must provide query string."}]}', JSON, 400), ("GraphQL", "graphql")),
        (("app.js", "new Client({uri:`/api/graphql`})", "application/javascript", 200), ("GraphQL", "api/graphql")),
        (("soap", "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'/>", "text/xml", 200), ("WSDL", "soap")),
    ],
)  # fmt: skip
def test_a_description_that_nobody_used_is_told_with_its_address(unread, answer, expected):
    assert unread(answer) == [expected]


def test_a_header_names_a_description(unread):
    told = unread(("", "<p>API", HTML, 200), link='</about>; rel="about", </spec>; rel="service-desc"')
    assert told == [("OpenAPI", "spec")]


@pytest.mark.parametrize("asked", [["v1/items", "v1/items/7"], ["v1/items", "v1/items/7", "v1/orders"]])
def test_a_description_of_which_half_the_addresses_were_asked_was_used(unread, asked):
    pages = [(path, "[]", JSON, 200) for path in asked]
    ui = ("docs", "<div id=swagger-ui></div>", HTML, 200)
    assert unread(("openapi.json", json.dumps(OPENAPI), JSON, 200), ui, *pages) == []
    assert unread(("openapi.json", json.dumps(OPENAPI), JSON, 200), ui, pages[0]) == [("OpenAPI", "openapi.json")]


def test_graphql_that_was_asked_something_was_used(unread):
    graphql = ("graphql?query={a}", '{"data": {"__schema": {}}}', JSON, 200)
    assert unread(graphql) == []
    assert unread(("graphql", '{"errors": [{"message": "query missing"}]}', JSON, 400), method="POST") == []


@pytest.mark.parametrize(
    "answer",
    [
        ("", "<p>We wrote about openapi: 3.0 and paths: many</p>", HTML, 200),
        ("data", '{"swagger": "2.0 is old"}', JSON, 200),
        ("openapi.json", json.dumps(OPENAPI), JSON, 404),
        ("app.js", 'load("https://petstore.example/v2/swagger.json")', "text/javascript", 200),
        ("paths", '{"openapi": "3.0.0", "paths": {}}', JSON, 200),
    ],
)
def test_what_only_looks_like_a_description_of_this_site_is_none(unread, answer):
    assert unread(answer) == []


def test_a_page_for_people_whose_description_is_elsewhere_or_nowhere_is_told_itself(unread):
    for address in ("https://petstore.example/swagger.json", "http://[::1"):
        page = f"<div id=swagger-ui></div><script>x={{url: '{address}'}}</script>"
        assert unread(("docs", page, HTML, 200)) == [("OpenAPI", "docs")]


def test_a_hostile_site_does_not_hold_the_engine_up(unread):
    paths = {f"/{'{a}' * 12}/{number}": {} for number in range(3000)} | {"{" * 100_000: {}}
    link = "<a>;" * 250 + "rel=" * 750
    began = process_time()
    unread(("openapi.json", json.dumps({**OPENAPI, "paths": paths}), JSON, 200), ("b" * 40, "[]", JSON, 200), link=link)
    assert process_time() - began < 2
