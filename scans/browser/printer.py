"""The child process that prints: a page on stdin, as JSON with what to print it with; its PDF on stdout.

Standard library and Playwright only. The page is all there is: no script runs, no file and no network is read.
"""

import faulthandler
import json
import sys

from playwright.sync_api import sync_playwright

PAGE = "http://report.invalid/"
LONGEST_SECONDS = 90
FLAGS = ["--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND"]
FOOT = (
    '<div style="width:100%;padding:0 16mm;font-size:7px;color:#565d69;text-align:right">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    faulthandler.dump_traceback_later(LONGEST_SECONDS, exit=True)  # in case nobody is left to end it

    def answer(route) -> None:
        if route.request.url == PAGE:
            route.fulfill(body=job["page"], content_type="text/html; charset=utf-8")
        else:
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=job["chromium"],
            chromium_sandbox=job["sandbox"],
            args=[*FLAGS, f"--crash-dumps-dir={job['home']}"],
        )
        context = browser.new_context(java_script_enabled=False, service_workers="block")
        context.route("**/*", answer)
        page = context.new_page()
        page.goto(PAGE)
        margin = {"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"}
        printed = page.pdf(
            format="A4",
            margin=margin,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOT,
        )
        browser.close()
    sys.stdout.buffer.write(printed)


if __name__ == "__main__":
    main()
