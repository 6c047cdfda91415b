"""FakeEngine: a real process that plays a given script, so that every way a process can end can be produced."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scans.engines.base import Job, Preflight, Report
from scans.engines.events import Event
from scans.engines.process import EngineProcess
from scans.engines.wapiti.report import read_report
from scans.engines.wire import event_to_line

SESSION = "session"  # the file that says that the engine was here before
PLAYER = Path(__file__).parent / "player.py"

Step = Event | Mapping[str, Any]


class FakeEngine:
    """A base.Engine that plays `script`: a list of events to send and of the steps that player.py knows.

    Wapiti's reader reads its report; a script writes one with {"do": "report", "text": …}.
    """

    name = "Fake (simulates, sends no request)"

    def __init__(self, script: Sequence[Step] = ({"do": "run", "seconds": 1},), preflight: Preflight | None = None):
        self.script = script
        self._preflight = preflight or Preflight(version="1")

    def preflight(self) -> Preflight:
        """Return the result given to the constructor; by default the engine is ready."""
        return self._preflight

    def installed(self) -> str:
        """Return its name and version; it is always there."""
        return f"{self.name} 1"

    def start(self, job: Job) -> EngineProcess:
        steps = [dict(step) if isinstance(step, Mapping) else json.loads(event_to_line(step)) for step in self.script]
        job.directory.mkdir(parents=True, exist_ok=True)
        for step in steps:
            if step.get("event") == "started":
                step["resumed"] = (job.directory / SESSION).exists()
        (job.directory / SESSION).touch()
        (job.directory / "script.json").write_text(json.dumps(steps))
        return EngineProcess([sys.executable, "-I", str(PLAYER)], job)

    def read_report(self, directory: Path) -> Report:
        return read_report(directory / "report.json")
