"""Runs last when Django starts: puts the steady engine in the place of the real one."""

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    """The engine of all tasks is one that sends no request."""

    name = "tests.faults"

    def ready(self) -> None:
        """Replace the engine that tasks ask for."""
        from scans import tasks  # only now: it needs all models
        from tests.faults.engine import SteadyEngine

        engine = SteadyEngine()
        tasks.engine = lambda: engine
