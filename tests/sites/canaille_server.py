"""Run Canaille, a real OpenID Connect provider, with everything in memory, in an environment of its own.

Takes the file of its people (JSON: name, password, e-mail address and groups of each), the port, and the redirect
address, id and secret of its one client. The groups are read again before each request, so that a test can change them.
"""

import json
import sys
from pathlib import Path

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from flask import request
from werkzeug.serving import make_server

PEOPLE, PORT = Path(sys.argv[1]), int(sys.argv[2])
REDIRECT, CLIENT_ID, CLIENT_SECRET = sys.argv[3:]


def configuration() -> dict:
    """Return Canaille's settings: plain HTTP on loopback, nothing sent, user names told as they are."""
    return {
        "SECRET_KEY": "of this process alone",
        "SERVER_NAME": f"127.0.0.1:{PORT}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "memory", "SMTP": None, "LOGGING": {"version": 1}},
        "CANAILLE_OIDC": {"USERINFO_MAPPING": {"PREFERRED_USERNAME": "{{ user.user_name }}"}},
    }


def fill(people: list[dict]) -> None:
    """Store the client and the people."""
    client = models.Client(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        client_name="Dynamic Analyses",
        client_uri=f"http://127.0.0.1:{PORT}/",
        redirect_uris=[REDIRECT],
        grant_types=["authorization_code"],
        response_types=["code"],
        scope=["openid", "profile", "email", "groups"],
        token_endpoint_auth_method="client_secret_basic",
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)
    for person in people:
        Backend.instance.save(
            models.User(
                user_name=person["name"],
                formatted_name=person["name"].title(),
                family_name="Owl",
                emails=[person["email"]],
                password=person["password"],
            )
        )


def join_groups(people: list[dict]) -> None:
    """Put everybody into their groups, and into no other."""
    members: dict[str, list] = {group.display_name: [] for group in Backend.instance.query(models.Group)}
    for person in people:
        for group in person["groups"]:
            members.setdefault(group, []).append(Backend.instance.get(models.User, user_name=person["name"]))
    for name, those in members.items():
        group = Backend.instance.get(models.Group, display_name=name) or models.Group(display_name=name)
        group.members = those
        Backend.instance.save(group)


def before_request() -> None:
    """Read the groups again, and forget codes that nobody redeemed: this backend confuses codes of one client."""
    join_groups(json.loads(PEOPLE.read_text()))
    if request.path == "/oauth/authorize":
        for code in Backend.instance.query(models.AuthorizationCode):
            Backend.instance.delete(code)


app = create_app(configuration())
with app.app_context():
    fill(json.loads(PEOPLE.read_text()))
app.before_request(before_request)
make_server("127.0.0.1", PORT, app, threaded=True).serve_forever()
