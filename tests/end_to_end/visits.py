"""Visits to a product with a browser: each in a context of its own, watched, and left before it is closed."""

from contextlib import contextmanager

from tests.end_to_end.product import PASSWORD


class Problems(list):
    """What pages complained about: errors on their console, and breaches of the policy for content."""

    def watch(self, context) -> None:
        """Collect what the pages of this context complain about; that their own address is an error is no complaint."""
        context.on("console", lambda message: self.append(_where_and_what(message)) if _is_problem(message) else None)
        context.on("weberror", lambda error: self.append(str(error.error)))


@contextmanager
def visit(browser, problems: Problems, **options):
    """A page in a new, watched context of the browser; `options` are those of `new_context`."""
    context = browser.new_context(**options)
    problems.watch(context)
    yield context.new_page()
    leave(context)


def leave(context) -> None:
    """Close it. Chromium 156 hangs for ever, now and then, when it closes a context whose page is still loading."""
    for page in context.pages:
        page.goto("about:blank")
    context.close()


def log_in(page) -> None:
    """Log the administrator in, to the end."""
    page.goto("/accounts/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("#home")


def _is_problem(message) -> bool:
    asked_for = message.text.startswith("Failed to load resource") and message.location.get("url") == message.page.url
    return message.type == "error" and not asked_for


def _where_and_what(message):
    return f"{message.page.url}: {message.text} {message.location.get('url', '')}"
