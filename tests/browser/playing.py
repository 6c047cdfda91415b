"""Tasks for the browser, made of commands as a recorder writes them."""

import json

from scans.browser import Task, parse, play
from tests.sites.guarded import PASSWORD, USER

SECONDS_TO_REACH_THE_LOOP = 8  # a browser's first page took more than one on a busy machine


def task(site, *commands, **values):
    steps = [
        {"id": str(n), "comment": "", "command": c, "target": t, "targets": values.pop("targets", []), "value": v}
        for n, (c, t, v) in enumerate(commands)
    ]
    text = json.dumps({"url": site.url, "tests": [{"id": "t", "name": "t", "commands": steps}], "suites": []})
    recording = parse(text) if commands else None
    return Task(url=site.url, sites={site.url: ("127.0.0.1",)}, recording=recording, **values)


def step(command, target="", value="", **more):
    """One command as a recorder writes it, with whatever else it notes beside it."""
    return {"id": "1", "comment": "", "command": command, "target": target, "targets": [], "value": value, **more}


def played(site, *steps, **values):
    """What happened when these steps were played."""
    text = json.dumps({"url": site.url, "tests": [{"id": "t", "name": "t", "commands": steps}], "suites": []})
    return play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, recording=parse(text)), **values)


LOGIN = (("open", "/login", ""), ("type", "css=[name=token] ~ [type=password]", PASSWORD), ("type", "name=user", USER))
PLANTED = "pl4nted-s3cret"
