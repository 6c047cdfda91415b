"""The receiver in docs/webhooks.md, run as it is written there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from scans.webhooks import changes, events, sending
from tests import factories
from tests.eventually import eventually
from tests.sites.serving import free_port
from tests.webhooks.making import webhook

pytestmark = pytest.mark.django_db
DOCS = (Path(settings.BASE_DIR) / "docs/webhooks.md").read_text()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 501  # it takes POST only
    except httpx.TransportError:
        return False


@pytest.mark.process
def test_the_receiver_of_the_docs_takes_what_we_send_and_refuses_what_others_do(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    hook, secret = webhook(url)
    (tmp_path / "receiver.py").write_text(re.search(r"```python\n(.*?)```", DOCS, re.DOTALL)[1])
    process = subprocess.Popen(
        [sys.executable, "receiver.py"],
        cwd=tmp_path,
        env={"SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        eventually(lambda: answers(url))
        changes.send_test(hook, by=factories.user("Administrator"))
        sending.send_all()
        delivery = hook.deliveries.get()
        assert (delivery.state, delivery.log[0]["status"]) == ("delivered", 204)
        assert process.stdout.readline().startswith(f"{delivery.message} webhook.test ")
        forged = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        assert httpx.post(url, content=b"{}", headers=forged, trust_env=False).status_code == 401
    finally:
        process.kill()
        process.wait()


def test_every_event_of_ours_is_in_the_docs():
    named = set(re.findall(r"^\| `([a-z_.]+)` \|", DOCS, re.MULTILINE))
    assert named == {*events.MADE_FROM_ENTRIES, events.TEST}


def test_the_example_is_json_with_the_documented_parts():
    example = json.loads(re.search(r"```json\n(.*?)```", DOCS, re.DOTALL)[1])
    assert list(example) == ["type", "timestamp", "data"]
    assert {"analysis", "url_scan", "entry", "new_findings"} == set(example["data"])
