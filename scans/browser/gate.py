"""The gate of a browser: every request passes here before it is sent, each hop of a redirect too, and inside TLS.

It runs in the browser's child process. The wall bounds where requests can go; the gate knows their whole addresses.
"""

from contextlib import suppress

from playwright.sync_api import Error
from wall import Wall, place

# Headers that each request has of the browser. Any other that a request has is a script's own, and stays.
_OF_THE_BROWSER = {"user-agent", "accept", "accept-language"}


class Gate:
    """Adds the given headers, and those of the login, to requests to the target's site, and to no other.

    Addresses that are left out are not requested: a page that leads there stays as it is, a script gets an error.
    """

    def __init__(self, browser, task: dict, wall: Wall):
        rules = task["rules"]
        self._headers = {name.lower(): value for name, value in (*rules["headers"], *task["session"]["headers"])}
        self.cookies = self._headers.pop("cookie", "")  # for the browser to keep, with those that the site sets
        self.target = rules["url"] or task["url"]  # a picture may be one of a login page on another site
        self._site, self._wall = site(self.target), wall
        self._patterned = bool(rules["left_out"])
        self.refused: list[str] = []  # addresses that were asked for, and are left out
        self.user_agent = self._headers.get("user-agent", "")
        self.own_user_agent = ""  # the browser's own, where another is given
        if self._headers or self._patterned:
            self._devtools = browser.new_browser_cdp_session()
            self.own_user_agent = self.user_agent and self._devtools.send("Browser.getVersion")["userAgent"]
            self._devtools.on("Fetch.requestPaused", self._pass)
            self._devtools.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})

    def watch(self, context) -> None:
        """Let pages of this context open no WebSocket to an address that is left out."""
        if self._patterned:
            context.route_web_socket(self._leaves_out_socket, lambda socket: socket.close())

    def _leaves_out_socket(self, url: str) -> bool:
        return bool(self._wall.pattern_of(url.replace("ws", "http", 1)))  # wss becomes https

    def _pass(self, event: dict) -> None:
        request, paused = event["request"], {"requestId": event["requestId"]}
        with suppress(Error):  # its page is gone
            if self._wall.pattern_of(request["url"]):
                self.refused.append(request["url"])
                self._devtools.send("Fetch.failRequest", {**paused, "errorReason": "Aborted"})
            else:
                headers = self._dressed(request["url"], request["headers"])
                listed = [{"name": name, "value": value} for name, value in headers.items()]
                self._devtools.send("Fetch.continueRequest", {**paused, "headers": listed})

    def _dressed(self, url: str, headers: dict[str, str]) -> dict[str, str]:
        """The headers that a request goes with; a redirect brings those that its first hop went with."""
        headers = {name.lower(): value for name, value in headers.items()}
        if site(url) == self._site:
            return headers | {
                name: value for name, value in self._headers.items() if name in _OF_THE_BROWSER or name not in headers
            }
        kept = {name: value for name, value in headers.items() if self._headers.get(name) != value}
        return kept | ({"user-agent": self.own_user_agent} if self.own_user_agent else {})


def site(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address."""
    return url.partition(":")[0].lower(), *place(url)
