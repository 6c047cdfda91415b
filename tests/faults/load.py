"""People who use the product meanwhile: they submit, and stop, pause, resume, delete and verify again."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import Error, connection

from scans import transitions
from scans.encryption import KeyLost
from scans.models import Analysis, StopMode
from scans.statuses import Action

UNDER_WAY = 8  # analyses that are kept under way
SECONDS_TO_GET_THROUGH = 120  # until the database takes what a person asks


def patiently(ask: Callable):
    """Ask until the database answers, as a person does who sees an error page; returns what it returned."""
    deadline = time.monotonic() + SECONDS_TO_GET_THROUGH
    while True:
        try:
            return ask()
        except Error:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


class People:
    """Some submitters. All that was accepted is remembered."""

    def __init__(self, site: str, seed: int, a_minute: float = 0):
        self._site, self._random, self._numbers = site, random.Random(seed), itertools.count()
        self._owners = list(User.objects.filter(username__startswith="submitter-"))
        self._over, self._a_minute = threading.Event(), a_minute
        self._thread = threading.Thread(target=self._submit_all, daemon=True)
        self.accepted: dict[int, int] = {}  # analyses, and how many URLs each has
        self.asked: dict[str, int] = {}  # how often people did what
        self.errors: list[str] = []

    def begin(self) -> None:
        """Submit from now on."""
        self._thread.start()

    def end(self) -> None:
        """Submit nothing any more."""
        self._over.set()
        self._thread.join(SECONDS_TO_GET_THROUGH)

    def _submit_all(self) -> None:
        try:
            while not self._over.wait(60 / self._a_minute if self._a_minute else 0.3):
                if self._a_minute or patiently(_under_way) < UNDER_WAY:
                    self.submit()
        except Exception as error:
            self.errors.append(f"A submission failed: {type(error).__name__}: {error}")
        finally:
            connection.close()

    def submit(self) -> None:
        """Submit an analysis of one or two URLs, sometimes for a reviewer."""
        number = next(self._numbers)
        urls = [f"{self._site}/a{number}/{place}" for place in range(self._random.choice((1, 1, 2)))]
        submission = transitions.Submission(
            urls=tuple(urls),
            name=f"Fault {number}",
            duration=timedelta(hours=2),
            prescan=self._random.random() < 0.5,
            key=uuid4(),
        )
        owner = self._random.choice(self._owners)
        analysis = patiently(lambda: transitions.submit(submission, by=owner))
        self.accepted[analysis.pk] = len(urls)

    def act(self) -> str:
        """Do something to one of the last analyses; returns what, or that it was refused."""
        last = list(patiently(lambda: list(Analysis.objects.present().order_by("-pk")[:20])))
        if not last:
            return "nothing to do"
        analysis = self._random.choice(last)
        name, ask = self._random.choice(_asks(analysis))
        with suppress(transitions.TransitionRefused, KeyLost):
            patiently(lambda: ask(by=analysis.owner))
            self.asked[name] = self.asked.get(name, 0) + 1
            return name
        return f"{name}, refused"

    def resume_all(self) -> None:
        """Resume what somebody left paused."""
        paused = patiently(lambda: list(Analysis.objects.present().filter(url_scans__status="paused").distinct()))
        for analysis in paused:
            with suppress(transitions.TransitionRefused):
                patiently(lambda analysis=analysis: transitions.resume_analysis(analysis, by=analysis.owner))


def _under_way() -> int:
    return Analysis.objects.present().filter(ended_at=None).count()


def _asks(analysis: Analysis) -> list[tuple[str, Callable]]:
    """Return what may be asked of an analysis now; pausing and resuming more often than ending."""
    info, asks = analysis.info, []
    if info.allows(Action.PAUSE):
        asks += [("paused", lambda by: transitions.pause_analysis(analysis, by=by))] * 3
    if info.allows(Action.RESUME) or analysis.url_scans.filter(status="paused").exists():
        asks += [("resumed", lambda by: transitions.resume_analysis(analysis, by=by))] * 4
    for mode, action in ((StopMode.SAVE, Action.STOP_SAVE), (StopMode.DELETE, Action.STOP_DELETE)):
        if info.allows(action):
            asks.append((f"stopped, {mode}", lambda by, mode=mode: transitions.stop_analysis(analysis, mode, by=by)))
    if info.allows(Action.DELETE):
        asks.append(("deleted", lambda by: transitions.delete(analysis, by=by)))
    if info.allows(Action.VERIFY):
        asks.append(("verified again", lambda by: transitions.verify_again_analysis(analysis, by=by)))
    return asks or [("looked at", lambda by: None)]
