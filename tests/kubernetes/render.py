"""Render the Helm chart and check each manifest, in the environment .charts. Not a test: test_chart.py runs it.

Reads a list of values from standard input, and writes what came of each to standard output, as JSON.
"""

import json
import sys
from pathlib import Path

import helm_python
import kubernetes_validate
import yaml

CHART = Path(__file__).parents[2] / "docs" / "kubernetes"
VERSIONS = ("1.29", "1.37")


def problems(manifest):
    """What the schemas say against a manifest; None where they do not know its kind."""
    found = []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            return None
        except kubernetes_validate.ValidationError as error:
            found.append(f"{version}: {'.'.join(map(str, error.path))}: {error.message}")
    return found


def rendered(values):
    """The manifests of the chart with these values, or the reason that it gives for having none."""
    with helm_python.Chart.load(str(CHART)) as chart:
        try:
            files = chart.render(values, name="demo", namespace="prod")
        except helm_python.HelmError as error:
            return {"refused": str(error)}
    manifests = [each for text in files.values() for each in yaml.safe_load_all(text) if each]
    return {"manifests": [{"manifest": each, "problems": problems(each)} for each in manifests]}


json.dump(
    {"lint": helm_python.lint(str(CHART)), "rendered": [rendered(each) for each in json.load(sys.stdin)]}, sys.stdout
)
