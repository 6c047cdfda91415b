"""manage.py statuses: the catalogue of every status."""

import json
from itertools import groupby

from django.core.management.base import BaseCommand

from scans.export import catalogue_data


class Command(BaseCommand):
    """Print both catalogues."""

    help = "Show every status of analyses and URL scans: what it means and what to do next."
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        """How to print."""
        parser.add_argument("--json", action="store_true", help="a JSON list, one object for each status")

    def handle(self, **options) -> None:
        """Print."""
        entries = catalogue_data()
        if options["json"]:
            self.stdout.write(json.dumps(entries, indent=2))
            return
        for model, of_model in groupby(entries, key=lambda entry: entry["model"]):
            self.stdout.write(f"\n{model}\n{'=' * len(model)}")
            for entry in of_model:
                warning = " (with a warning icon)" if entry["warning"] else ""
                self.stdout.write(f"\n{entry['label']}{warning}  [{entry['code']}, {entry['phase']}]")
                self.stdout.write(f"    {entry['description']}\n    Next: {entry['next_step']}")
