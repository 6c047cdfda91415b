"""`make screenshots`: pictures of every page, in both themes, wide and narrow, to look at.

Made of a product of its own with made-up analyses and a real scan of the demo site. They are written to
var/screenshots/, with an index.html for looking through.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from itertools import product as product_of
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright

from tests.end_to_end.product import ROOT, Product, running_product
from tests.end_to_end.visits import Problems, log_in, visit

FOLDER = ROOT / "var/screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu"]  # Chromium may not run as root inside its sandbox
THEMES, WIDTHS = ("light", "dark"), (1280, 390)
NARROWEST = 320  # of which no picture is taken: it is only measured
SAMPLES = 400


@dataclass(frozen=True)
class Shot:
    """A page in a state: its name, its address, and what is done there before the picture is taken."""

    name: str
    address: str
    prepare: Callable[[Page], None] = lambda page: None
    language: str = "en"
    whole: bool = True  # down to its end, not only what the window shows


def click(selector: str) -> Callable[[Page], None]:
    """What opens a dialog, a menu or a hint."""

    def prepare(page: Page) -> None:
        page.locator(selector).first.click(timeout=5_000)
        page.wait_for_timeout(300)

    return prepare


def empty() -> list[Shot]:
    """What a newcomer sees."""
    return [Shot("home-empty", "/"), Shot("list-empty", "/analyses/"), Shot("form", "/analyses/new/")]


def filled(product: Product) -> list[Shot]:
    """Every page, with something on it."""
    done = _submitted(product, "Demo shop", "--wait")
    saved = _submitted(product, "Weekly check", "--repeat", "weekly", "--blackout", "Sat,Sun", "--save")
    running = _submitted(product, "Customer portal", "--no-prescan")
    summary, finding = f"/analyses/{done['id']}/", done["findings"][0]["id"]
    scan = f"{summary}scans/{done['url_scans'][0]['id']}/"
    form = f"/analyses/{saved['id']}/"
    runs = f"/analyses/{running['id']}/"
    tabs = {"details": "", "findings": "findings/", "finding": f"findings/{finding}/", "coverage": "coverage/"}
    tabs |= {"engine-log": "log/", "configuration": "configuration/"}
    return [
        Shot("summary-running", runs),  # first: it does not run for long
        Shot("dialog", runs, click("a[hx-target='#dialog']"), whole=False),
        Shot("home", "/"),
        Shot("list", "/analyses/"),
        Shot("list-filter", "/analyses/", click("#filter-by-status summary"), whole=False),
        Shot("list-no-match", "/analyses/?q=nothing+has+this"),
        Shot("list-german", "/analyses/", language="de"),
        Shot("summary", summary),
        Shot("summary-german", summary, language="de"),
        Shot("summary-saved", form),
        *(Shot(f"question-{name}", f"{runs}{name}/") for name in ("stop", "extend", "delete")),
        Shot("question-urls", f"{runs}scans/pause/?all=1"),
        Shot("question-several", f"/analyses/bulk/stop/?chosen={done['id']}&chosen={running['id']}"),
        *(Shot(f"scan-{name}", scan + tail) for name, tail in tabs.items()),
        Shot("all-findings", f"{summary}findings/"),
        Shot("comparison", f"{summary}comparison/"),
        Shot("views", "/analyses/views/"),
        Shot("view-new", "/analyses/views/new/?query=%3Fq%3Dshop"),
        Shot("form-edit", f"{form}edit/"),
        Shot("form-login", f"{form}scans/{saved['url_scans'][0]['id']}/login/"),
        Shot("form-wrong", "/analyses/new/", click("button.button--primary[type=submit]")),
        Shot("statuses", "/statuses/"),
        Shot("statuses-german", "/statuses/", language="de"),
        Shot("settings", "/settings/"),
        Shot("not-found", "/nowhere/"),
        Shot("admin", "/admin/"),
    ]


def _submitted(product: Product, name: str, *options: str) -> dict:
    answer = product.manage("submit", "--name", name, product.demo_url, *options, "--json")
    return json.loads(answer.stdout)


@contextmanager
def logged_in(browser: Browser, product: Product, *, theme: str, width: int, language: str) -> Iterator[Page]:
    """A page of the administrator, of this theme and width."""
    options = {"color_scheme": theme, "viewport": {"width": width, "height": 900}, "locale": language}
    with visit(browser, Problems(), base_url=product.url, **options) as page:
        log_in(page)
        yield page


def take(browser: Browser, product: Product, shots: list[Shot]) -> list[str]:
    """Take each in every theme and width; returns what is wider than its window."""
    too_wide = []
    for language in sorted({shot.language for shot in shots}):
        for theme, width in [*product_of(THEMES, WIDTHS), (THEMES[0], NARROWEST)]:
            with logged_in(browser, product, theme=theme, width=width, language=language) as page:
                for shot in (shot for shot in shots if shot.language == language):
                    page.goto(shot.address)
                    shot.prepare(page)
                    name = f"{shot.name}-{theme}-{width}"
                    if width != NARROWEST:
                        page.screenshot(path=FOLDER / f"{name}.png", full_page=shot.whole)
                    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                        too_wide.append(name)
    return too_wide


def login_pages(browser: Browser, product: Product) -> None:
    """What one sees before logging in."""
    for theme in THEMES:
        for width in WIDTHS:
            viewport = {"width": width, "height": 700}
            page = browser.new_page(base_url=product.url, color_scheme=theme, viewport=viewport)
            page.goto("/accounts/login/")
            page.screenshot(path=FOLDER / f"login-{theme}-{width}.png")
            page.close()


def printed(browser: Browser, product: Product, shots: list[Shot]) -> None:
    """What comes out of a printer."""
    with logged_in(browser, product, theme="light", width=1280, language="en") as page:
        for shot in shots:
            page.goto(shot.address)
            page.pdf(path=FOLDER / f"{shot.name}.pdf", format="A4")


def index(folder: Path) -> None:
    """One page to look through all of them."""
    figures = "\n".join(
        f'<figure><a href="{path.name}"><img src="{path.name}" loading="lazy" width="400"></a>'
        f"<figcaption>{escape(path.stem)}</figcaption></figure>"
        for path in sorted(folder.glob("*.png"))
    )
    style = "body{display:flex;flex-wrap:wrap;gap:1rem;font:14px sans-serif}figure{margin:0}img{border:1px solid #888}"
    page = f'<!doctype html><meta charset="utf-8"><title>Screenshots</title><style>{style}</style>{figures}'
    (folder / "index.html").write_text(page)


def main() -> None:
    """Start a product, fill it, take every picture, and say what is wider than its window."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with running_product() as product, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=settings.SCANS_CHROMIUM, args=FLAGS)
        login_pages(browser, product)
        too_wide = take(browser, product, empty())
        product.manage("sample_data", "--analyses", str(SAMPLES))
        shots = filled(product)
        too_wide += take(browser, product, shots)
        printed(browser, product, [shot for shot in shots if shot.name in ("summary", "scan-findings", "scan-finding")])
        browser.close()
    index(FOLDER)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures: {FOLDER}/index.html")
    for name in too_wide:
        print(f"wider than its window: {name}")


if __name__ == "__main__":
    main()
