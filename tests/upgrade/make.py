"""Fills a database with everything that must survive an upgrade, by using this version for real, and keeps a copy.

Run it once for each release and each kind of database, before the next version changes anything:

    python -m tests.upgrade.make tests/samples/version_0_4_0                           # SQLite
    DATABASE_URL=postgres://… python -m tests.upgrade.make tests/samples/version_0_4_0 # PostgreSQL

A version that does not have this folder yet takes a copy of it. Five to ten minutes later the folder holds, for the
kind of database, `database.sql.xz`, `session.tar.xz` (what the paused scan resumes from) and `facts.json.xz`: what the
pages and the command `show --json` stated. tests/test_upgrade.py compares later versions with it. All names,
passwords and keys are made up.
"""

from __future__ import annotations

import json
import lzma
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

import httpx  # noqa: E402 - settings come first
from bs4 import BeautifulSoup  # noqa: E402

from tests.end_to_end.product import ROOT, Product, own_database, running_again  # noqa: E402
from tests.sites.serving import free_port  # noqa: E402
from tests.upgrade import databases, pages  # noqa: E402

KEYS = {
    "SECRET_KEY": "signs the sessions of the sample and of nothing else",
    "SCANS_SECRET_KEYS": "seals the passwords of the sample and of nothing else",
}
PASSWORD = "made-up-for-the-sample"
_FIRST_PORT = 18482 if os.environ.get("DATABASE_URL", "").startswith("postgres") else 18472
DEMO_PORT, LOST_PORT, CLOSED_PORT = range(_FIRST_PORT, _FIRST_PORT + 3)
DEMO = f"http://127.0.0.1:{DEMO_PORT}/"
ROLES = {"vera": "Viewer", "sam": "Submitter", "rita": "Reviewer", "ada": "Administrator"}
_ACCOUNTS = """
from django.contrib.auth.models import Group, User
for name, role in {roles}.items():
    user = User.objects.create_user(name, password="{password}", is_staff=role == "Administrator")
    user.groups.add(Group.objects.get(name=role))
from scans.models import BlackoutWindow
BlackoutWindow.objects.create(window="2030-12-24..2031-01-06", time_zone="Europe/Berlin", note="Shop closed")
"""
_LAST = "from scans.models import {model}; print(list({model}.objects.order_by('pk').values_list('pk', flat=True)))"


class Browser:
    """A person who is logged in; cookies and the CSRF token go along."""

    def __init__(self, product: Product, name: str):
        self._client = httpx.Client(base_url=product.url, follow_redirects=True, timeout=30, trust_env=False)
        self.post("/accounts/login/", {"username": name, "password": PASSWORD})

    @property
    def session(self) -> str:
        """The value of the session cookie."""
        return self._client.cookies["sessionid"]

    def get(self, address: str, language: str = "en") -> str:
        """The page."""
        return self._client.get(address, headers={"Accept-Language": language}).raise_for_status().text

    def post(self, address: str, data: dict | None = None, form: str = "/accounts/login/") -> httpx.Response:
        """Send a form, the one on the page `form` where that matters; a refusal is an answer too."""
        hidden = BeautifulSoup(self.get(form), "lxml").select("main input[type=hidden], form input[type=hidden]")
        values = {field["name"]: field.get("value", "") for field in hidden if field.get("name")}
        token = {"csrfmiddlewaretoken": self._client.cookies.get("csrftoken") or values["csrfmiddlewaretoken"]}
        return self._client.post(address, data=values | (data or {}) | token)


class Story:
    """Everything that happens, one chapter after the other, on a running product."""

    def __init__(self, product: Product):
        self.product = product
        self.sam, self.rita = Browser(product, "sam"), Browser(product, "rita")
        self.ids: dict[str, int] = {}

    def submit(self, name: str, *urls: str, options: list[str] | None = None) -> int:
        """Submit as Sam does on the command line; returns the id."""
        # The small site is enough, and one link deep is fast enough.
        urls, options = urls or [DEMO], options or []
        arguments = ["submit", "--json", "--user", "sam", "--depth", "1", "--name", name, *urls, *options]
        answer = self.product.manage(*arguments)
        assert answer.returncode == 0, answer.stderr
        print(f"{datetime.now():%H:%M:%S} {name}", flush=True)
        self.ids[name] = json.loads(answer.stdout)["id"]
        return self.ids[name]

    def wait(self, pk: int, done: Callable[[dict], bool], seconds: float = 300) -> dict:
        """Wait until the analysis looks like that; returns it."""
        deadline = time.monotonic() + seconds
        while not done(shown := self.product.show(pk)):
            assert time.monotonic() < deadline, f"{shown['name']} stays {shown['label']}"
            time.sleep(0.3)
        return shown

    def runs(self, pk: int) -> dict:
        """Wait until its engine attacks."""
        return self.wait(pk, lambda shown: shown["url_scans"][0]["modules_done"] > 2)

    def ends(self, pk: int) -> dict:
        """Wait until it has ended and its results are published."""
        return self.wait(pk, lambda shown: shown["final"])

    def review(self, pk: int) -> dict:
        """Wait until a reviewer can publish its results."""
        return self.wait(pk, lambda shown: "url_scan.verified" in [entry["action"] for entry in shown["log"]])

    def published_with_marks(self) -> None:
        """Rita marks three findings and publishes."""
        pk = self.submit("Owl Post shop", options=["--publish", "reviewer"])
        shown = self.review(pk)
        for finding, mark in zip(shown["findings"], ("confirmed", "false_positive", "accepted"), strict=False):
            address = f"/analyses/{pk}/scans/{finding['url_scan']}/findings/{finding['id']}/mark/"
            self.rita.post(address, {"mark": mark, "comment": f"Seen by Rita: {mark}"})
        self.rita.post(f"/analyses/{pk}/publish/")
        self.ends(pk)

    def under_review(self) -> None:
        """One URL is verified and waits for a reviewer; the other failed its checks."""
        closed = f"http://127.0.0.1:{CLOSED_PORT}/"
        self.review(self.submit("Owl Post and its neighbour", DEMO, closed, options=["--publish", "reviewer"]))

    def failed_checks(self) -> None:
        """A login that fails, a site that is not there, one that leads elsewhere; a schedule that gives up."""
        login = self._login_file()
        self.ends(self.submit("Members area", options=["--login", login]))
        self.ends(self.submit("Leads elsewhere", f"{DEMO}go?to=http://127.0.0.1:{CLOSED_PORT}/"))
        pk = self.submit("Nobody at home", f"http://127.0.0.1:{CLOSED_PORT}/", options=["--repeat", "weekly"])
        for _ in range(4):
            self.ends(pk)
            self.sam.post(f"/analyses/{pk}/run-again/")
            pk = self._all("Analysis")[-1]
        self.ends(pk)

    def stopped(self) -> None:
        """Sam stops one and keeps what was found, and stops another and deletes it."""
        for name, mode in (("Stopped half-way", "save"), ("Stopped and emptied", "delete")):
            pk = self.submit(name, options=["--no-prescan"])
            self.runs(pk)
            self.sam.post(f"/analyses/{pk}/stop/", {"mode": mode, "reason": "The wrong site"})
            self.ends(pk)

    def broken(self) -> None:
        """A worker is lost, an engine is killed, and a site goes away, each while its scan runs."""
        pk = self.submit("Lost its worker", options=["--no-prescan"])
        self.runs(pk)
        _kill(self.product, b"run_worker\0--queue\0scans")
        self.ends(pk)
        pk = self.submit("Lost its engine", options=["--no-prescan"])
        self.runs(pk)
        _kill(self.product, b".engine/bin/python")
        self.ends(pk)
        with _demo_site(LOST_PORT):
            pk = self.submit("Lost its site", f"http://127.0.0.1:{LOST_PORT}/", options=["--no-prescan"])
            self.runs(pk)
        self.ends(pk)

    def schedules(self) -> None:
        """Some repeat, one of them no more; one starts next month; a blackout window holds another back."""
        today = f"{datetime.now(UTC):%a}"
        self.submit("Every week", options=["--repeat", "weekly", "--time-zone", "Europe/Berlin"])
        pk = self.submit("Every month", options=["--repeat", "monthly", "--ends-after", "12"])
        self.sam.post(f"/analyses/{pk}/schedule-off/")
        next_month = datetime.now(UTC) + timedelta(days=30)
        self.submit("Next month", options=["--start", next_month.isoformat(timespec="minutes")])
        self.submit("Not today", options=["--blackout", today])
        self.submit("Members area, later", options=["--login", self._login_file(), "--save"])
        for name in ("Every week", "Every month"):
            self.ends(self.ids[name])

    def many_at_once(self) -> None:
        """A bulk action that does some and refuses others; refusals with their reasons; the second run of a series."""
        chosen = [self.ids[name] for name in ("Owl Post shop", "Members area, later", "Members area")]
        question = "/analyses/bulk/run-again/?" + "&".join(f"chosen={pk}" for pk in chosen)
        self.sam.post("/analyses/bulk/run-again/", {"verb": "run_again", "chosen": chosen}, form=question)
        everything = self._all("Analysis")
        self.sam.post(f"/analyses/{self.ids['Members area']}/resume/")
        Browser(self.product, "vera").post(f"/analyses/{self.ids['Next month']}/stop/", {"mode": "save"})
        self.sam.post(f"/analyses/{self.ids['Owl Post and its neighbour']}/publish/")
        for pk in everything:
            if self.product.show(pk)["run"] > 1:
                self.wait(pk, lambda shown: shown["final"] or "url_scan.verified" in str(shown["log"]))

    def own_settings(self) -> None:
        """Sam reads German on Berlin's clock; Rita has a view, and shares it."""
        settings = {"time_zone": "Europe/Berlin", "theme": "dark", "language": "de", "page_size": "25", "live": "on"}
        self.rita.post("/analyses/views/new/", {"name": "My shop", "query": "?q=shop", "shared": "on"})
        self.sam.post("/settings/", settings | {"default_view": ""})

    def paused(self) -> None:
        """Last: a scan whose session is kept."""
        pk = self.submit("Paused for the night", options=["--no-prescan"])
        self.runs(pk)
        self.sam.post(f"/analyses/{pk}/pause/")
        self.wait(pk, lambda shown: shown["status"] == "paused")

    def tell(self) -> None:
        """Tell it all."""
        self.published_with_marks()
        self.under_review()
        self.failed_checks()
        self.stopped()
        self.broken()
        self.schedules()
        self.many_at_once()
        self.own_settings()
        self.paused()

    def _all(self, model: str) -> list[int]:
        return json.loads(self.product.manage("shell", "-v0", "-c", _LAST.format(model=model)).stdout)

    def _login_file(self) -> str:
        path = Path(self.product.environment["SCANS_VAR_DIR"]) / "login.json"
        path.write_text(json.dumps({"method": "form", "username": "ada", "password": "owls-fly-by-night"}))
        return str(path)

    def facts(self) -> dict:
        """What this version says of it all, in both languages, to whoever may see everything."""
        analyses = [self.product.show(pk) for pk in self._all("Analysis")]
        reader = Browser(self.product, "ada")
        bulk_actions = self._all("BulkAction")
        return {
            "demo_port": DEMO_PORT,
            "made_at": datetime.now(UTC).isoformat(),
            "sessions": {"rita": self.rita.session, "sam": self.sam.session},
            "ids": self.ids,
            "bulk_actions": bulk_actions,
            "analyses": analyses,
            "pages": pages.facts_of_all(reader.get, analyses, bulk_actions),
        }


def _kill(product: Product, command: bytes) -> None:
    """End what this product started with such a command, the hard way."""
    for pid in _descendants(product.process.pid):
        with suppress(OSError):  # it may end by itself meanwhile
            if command in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in thread.read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found


@contextmanager
def _demo_site(port: int):
    """The demo site on a port that the sample can name."""
    command = [sys.executable, "manage.py", "demo_site", "--port", str(port)]
    site = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        site.terminate()
        site.wait()


def _environment(var_dir: str, database_url: str) -> dict[str, str]:
    port = str(free_port())
    return {
        **os.environ,
        **KEYS,
        "SCANS_VAR_DIR": var_dir,
        "DATABASE_URL": database_url,
        "PORT": port,
        "DASHBOARD_PORT": port,
        "SCANS_DEMO_PORT": str(free_port()),
        "SCANS_BIND": "127.0.0.1",
        "SCANS_LEASE_SECONDS": "8",
        "SCANS_CONNECT_TIMEOUT_SECONDS": "3",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "PYTHONUNBUFFERED": "1",
        "STARTED_BY": str(os.getpid()),
    }


def _keep_session(var_dir: str, path: Path, pk: int) -> None:
    """Keep the session of the paused scan: the same bytes for the same files. Its log names paths."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if member.name.endswith(".log"):
            return None
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        return member

    with tarfile.open(path, "w:xz") as archive:
        archive.add(Path(var_dir) / "scans" / str(pk), arcname=str(pk), filter=plain)


def main(folder: Path) -> None:
    """Make the sample of the kind of database that DATABASE_URL names."""
    with tempfile.TemporaryDirectory(prefix="sample-") as var_dir, own_database(var_dir) as database_url:
        folder = folder / ("sqlite" if database_url.startswith("sqlite") else "postgresql")
        folder.mkdir(parents=True, exist_ok=True)
        product = Product("", DEMO, _environment(var_dir, database_url))
        product.url = f"http://127.0.0.1:{product.environment['PORT']}"
        product.manage("first_run")
        product.manage("shell", "-c", _ACCOUNTS.format(roles=ROLES, password=PASSWORD))
        with _demo_site(DEMO_PORT):
            with running_again(product):
                story = Story(product)
                story.tell()
                facts = story.facts()
            waiting = product.manage("submit", "--json", "--name", "Handed over, and not begun", DEMO)
        facts["ids"]["Handed over, and not begun"] = json.loads(waiting.stdout)["id"]
        (folder / "facts.json.xz").write_bytes(lzma.compress(json.dumps(facts, indent=1, ensure_ascii=False).encode()))
        databases.write(database_url, folder / "database.sql.xz")
        paused = next(shown for shown in facts["analyses"] if shown["status"] == "paused")
        _keep_session(var_dir, folder / "session.tar.xz", paused["url_scans"][0]["id"])


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
