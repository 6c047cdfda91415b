"""A process that answers for one database: it makes requests as a browser does, and says how long each took.

Started by `sides`; reads one command as a JSON line, and answers with one. A request goes through the real
middleware, compressed as for a browser, by a member of Administrator who is no superuser.
"""

import json
import os
import sys
from time import perf_counter

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 - Django has to be set up first
from django.contrib.auth.models import Group  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from tests.benchmarks import bare, making, waiting  # noqa: E402

BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
USER = "bench"


def logged_in() -> Client:
    """A browser of somebody who may see and do everything."""
    user, _ = get_user_model().objects.get_or_create(username=USER, defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name="Administrator"))
    client = Client(headers=BROWSER, SERVER_NAME="localhost")
    client.force_login(user)
    return client


class Side:
    """The commands."""

    def __init__(self):
        self._client = logged_in()

    def session(self) -> dict:
        """The session that this browser is logged in with."""
        return {"key": self._client.session.session_key}

    def get(self, path: str, htmx: bool = False) -> dict:
        """Make a request: milliseconds, status, bytes sent."""
        headers = _htmx(path) if htmx else {}
        began = perf_counter()
        response = self._client.get(path, headers=headers)
        body = response.content
        milliseconds = (perf_counter() - began) * 1000
        return {"ms": milliseconds, "status": response.status_code, "bytes": len(body)}

    def body(self, path: str, htmx: bool = False) -> dict:
        """The text of a page."""
        headers = {"Accept-Encoding": "identity", **(_htmx(path) if htmx else {})}
        response = self._client.get(path, headers=headers)
        return {"text": response.content.decode(), "status": response.status_code}

    def keep(self, path: str, name: str) -> dict:
        """Keep the bytes of a page for the bare view of this name."""
        response = self._client.get(path, headers={"Accept-Encoding": "identity"})
        bare.kept[name] = response.content, response["Content-Type"]
        return {"bytes": len(response.content)}

    def queries(self, path: str, htmx: bool = False) -> dict:
        """How many statements a request runs."""
        ran = []

        def note(execute, sql, *rest):
            ran.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            self.get(path, htmx)
        return {"queries": len(ran), "sql": ran}

    def make(self, what: str, **values) -> dict:
        """Change something in the database: a function of `making` or `waiting`."""
        return getattr(making if hasattr(making, what) else waiting, what)(**values)


def _htmx(path: str) -> dict:
    here = f"http://localhost{path.partition('?')[0]}"
    return {"HX-Request": "true", "HX-Current-URL": here}


def main() -> None:
    """Answer until there is nothing more to read."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed must not get between the answers
    side = Side()
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(side, command.pop("do"))(**command)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
