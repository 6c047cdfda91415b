"""Findings that are nowhere stored, and sites that are functions: what the tests of verdicts have in common."""

import re
from urllib.parse import parse_qsl, urlsplit

import httpx

from scans.models import Finding, Replay
from scans.results.replay_rules import judge
from scans.results.verdicts import NotReplayable
from scans.targets.http_client import Answer

CONFIRMED, GONE, UNCLEAR = Replay.CONFIRMED, Replay.NOT_REPRODUCED, Replay.NOT_REPLAYABLE
MARK = "wq7hx2k9ab"
SCRIPT = f"<ScRiPt>alert('{MARK}')</sCrIpT>"
INVENTED = re.compile("/[0-9a-z]{12}")
TEMPLATE = "".join(f"<p>Line {number} of a page that is long.</p>\n" for number in range(300))


def finding(**values):
    """A finding, nowhere stored."""
    request = values.pop("request", "GET /search?q=%27 HTTP/1.1\nhost: owls.example")
    usual = {"evidence_status": 200, "parameter": "q", "url": "http://owls.example/search", "module": "xss"}
    return Finding(**{**usual, "http_request": request, **values})


def answer(status=200, body="", headers=(), seconds=0.1):
    """An answer of a site."""
    return Answer(status, httpx.Headers(list(headers)), body, seconds)


def fields(request):
    """The parameters of a request, by name."""
    return dict(parse_qsl(urlsplit(request.target).query) + parse_qsl(request.body))


def looked(weak, site, everywhere=False, **options):
    """The verdict on a finding of a site: a function from a request to an answer, which may raise an error.

    The site has no page at an invented address, unless it answers the same `everywhere`.
    """

    def ask(request, anonymous=False):
        return answer(404, "not here") if INVENTED.fullmatch(request.path) and not everywhere else site(request)

    try:
        return judge(weak, ask, rest=lambda seconds: None, **options)
    except NotReplayable as error:
        return Unclear(error)


class Unclear:
    """The verdict that verification makes of an error."""

    replay = UNCLEAR

    def __init__(self, error):
        self.reason, self.error = error.why, error


def replayed(weak, *answers, **options):
    """The verdict when the site answers the finding's request with the first answer, all others with the last."""
    left = list(answers)
    return looked(weak, lambda request: left.pop(0) if len(left) > 1 else left[0], **options).replay
