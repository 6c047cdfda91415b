"""Reading pages: the text of an answer, and the elements with a given attribute."""

import re
from html.parser import HTMLParser


class _Elements(HTMLParser):
    def __init__(self, attribute: str):
        super().__init__()
        self.attribute, self.found = attribute, []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if self.attribute in attributes:
            self.found.append(attributes)


def text(response) -> str:
    """The body, with every run of white space as one blank."""
    return re.sub(r"\s+", " ", response.content.decode())


def elements(response, attribute: str) -> list[dict]:
    """The attributes of every element that has this one, in order."""
    parser = _Elements(attribute)
    parser.feed(response.content.decode())
    return parser.found


def values(response, attribute: str) -> list[str]:
    """The values of this attribute, in order."""
    return [element[attribute] for element in elements(response, attribute)]


def version(response) -> str:
    """The version that the page's live region polls with."""
    return re.search(r"v=([0-9.]+)", values(response, "hx-get")[0])[1]
