"""What tests of findings share: analyses with findings, and what a person does with them in the browser."""

from tests import factories


def first_finding(analysis):
    return analysis.url_scans.get().findings.first()


def mark(browser, finding, **typed):
    return browser.post(
        f"{finding.get_absolute_url()}mark/", {"mark": "false_positive", "comment": "a test page", **typed}
    )


def two_urls(**fields):
    """A published analysis of two URLs, which have the same two weaknesses."""
    return factories.published("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", number_of_findings=2, **fields)


def of_all_urls(analysis) -> str:
    return f"{analysis.get_absolute_url()}findings/"


def posted(browser, address, **typed):
    """The page that is shown after posting a form."""
    return browser.get(browser.post(address, typed)["Location"])


def is_verified_again(finding):
    """Whether somebody asked for it."""
    finding.refresh_from_db()
    return finding.verify_asked_at is not None
