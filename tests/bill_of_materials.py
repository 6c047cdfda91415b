"""The software bill of materials: `python -m tests.bill_of_materials` writes it to var/sbom.cdx.json (make sbom).

With `--licences` it writes docs/licences.md instead (make licences). Both list what is installed for the product and
the engine on this machine, as far as the locks name it, and the files of others in static/vendor. What only development
and tests need is not in them.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.markers import Marker
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static/vendor"
# Each part with its Python, its lock and its own licence.
ENVIRONMENTS = {
    # with the extra for S3, which development has too
    "product": (ROOT / ".venv/bin/python", ROOT / "requirements-s3.lock", "Apache-2.0"),
    "engine": (
        ROOT / ".engine/bin/python",
        ROOT / "scans/engines/wapiti/driver/requirements.lock",
        "GPL-2.0-or-later",
    ),
}
# Packages that say nothing of their licence in their metadata, and the licence in their files.
LICENCES_IN_FILES = {"aiocache": "BSD-3-Clause"}
LOCKED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)(?: ; (.*?))?(?: \\)?$", re.MULTILINE)


def locked(lock: Path) -> dict[str, str]:
    """The version of each package that a lock names for this Python and machine."""
    lines = LOCKED.findall(lock.read_text())
    return {canonicalize_name(name): version for name, version, when in lines if not when or Marker(when).evaluate()}


def materials() -> Bom:
    """The bill of materials. Fails with what to do if the environments do not hold what the locks say."""
    own = Component(name="dynamic-analyses", type=ComponentType.APPLICATION, licenses=[_licence("Apache-2.0")])
    bom = Bom(components=_vendored())
    bom.metadata.component = own
    for part, (python, lock, _) in ENVIRONMENTS.items():
        bom.components.update(_packages(part, _installed(python), locked(lock)))
    bom.register_dependency(own, bom.components)
    return bom


def as_json(bom: Bom) -> str:
    """The bill as CycloneDX 1.6."""
    return JsonV1Dot6(bom).output_as_string(indent=2)


def part_of(component: Component) -> str:
    """The part of the tree that a component belongs to: `product`, `engine` or `front end`."""
    return next(value.value for value in component.properties if value.name == "part")


def licence_of(component: Component) -> str:
    """The licences of a component in one line; empty if it names none."""
    return ", ".join(sorted(_named(licence) for licence in component.licenses))


def licences(bom: Bom) -> str:
    """The text of docs/licences.md."""
    text = ["# Licences", "", INTRODUCTION]
    for part, (_, _, licence) in ENVIRONMENTS.items():
        text += ["", f"## {part.capitalize()} ({licence})", "", *_table(bom, part)]
    return "\n".join([*text, "", "## Front end", "", *_table(bom, "front end"), ""])


INTRODUCTION = """The licence of everything that is installed besides Debian's packages, as each package names it.
`make licences` writes this page: with Python 3.11, as in the image. The product is Apache-2.0. The driver that imports
the engine is GPL-2.0-or-later, as the engine is; it runs in an environment and a process of its own, and talks to the
product through a pipe."""


def _table(bom: Bom, part: str) -> Iterator[str]:
    yield from ("| package | version | licence |", "| --- | --- | --- |")
    rows = [component for component in bom.components if part_of(component) == part]
    for row in sorted(rows, key=lambda row: row.name.lower()):
        yield f"| {row.name} | {row.version} | {licence_of(row)} |"


def _installed(python: Path) -> list[dict]:
    """What each package in an environment says of itself."""
    listed = subprocess.run([python, "-c", LIST_METADATA], capture_output=True, text=True, check=True)
    return json.loads(listed.stdout)


# Not `pip inspect`: the pip of Debian 12 does not know the field License-Expression.
LIST_METADATA = """
import importlib.metadata, json
print(json.dumps([distribution.metadata.json for distribution in importlib.metadata.distributions()]))
"""


def _packages(part: str, installed: list[dict], wanted: dict[str, str]) -> Iterator[Component]:
    found = {canonicalize_name(package["name"]): package for package in installed}
    wrong = {name for name, version in wanted.items() if found.get(name, {}).get("version") != version}
    if wrong:
        raise SystemExit(f"Not installed as the lock of the {part} says: {', '.join(sorted(wrong))}. Run: make setup")
    for name, version in wanted.items():
        package = found[name]
        yield Component(
            name=package["name"],
            version=version,
            bom_ref=f"{part}:{name}@{version}",
            purl=PackageURL("pypi", name=name, version=version),
            licenses=[_licence(text) for text in _licence_texts(package)],
            properties=[Property(name="part", value=part)],
        )


def _licence_texts(package: dict) -> list[str]:
    """What a package says of its licence: an expression, a short text, or classifiers."""
    text = package.get("license_expression") or package.get("license", "").strip()
    if text and "\n" not in text and len(text) < 60 and text != "UNKNOWN":
        return [text]
    names = [line.rpartition(" :: ")[2] for line in package.get("classifier", []) if line.startswith("License ::")]
    in_files = LICENCES_IN_FILES.get(canonicalize_name(package["name"]))
    return names or text.splitlines()[:1] or ([in_files] if in_files else [])


def _vendored() -> Iterator[Component]:
    versions = re.findall(r"^(\S+)\s+(\S+) ([\d.]+)\s+licence: \S+ \((\S+)\)", _vendor("VERSIONS.txt"), re.MULTILINE)
    hashes = dict(line.split()[::-1] for line in _vendor("SHA256SUMS").splitlines())
    for file, name, version, licence in versions:
        yield Component(
            name=name,
            version=version,
            bom_ref=f"front end:{name}@{version}",
            purl=PackageURL("npm", name=name, version=version),
            licenses=[_licence(licence)],
            hashes=[HashTypeFactory().from_composite_str(f"sha256:{hashes[file]}")],
            properties=[Property(name="part", value="front end"), Property(name="file", value=f"static/vendor/{file}")],
        )


def _vendor(name: str) -> str:
    return (VENDOR / name).read_text()


def _licence(text: str) -> License:
    return LicenseFactory().make_from_string(text)


def _named(licence: License) -> str:
    return (licence.id or licence.name) if isinstance(licence, DisjunctiveLicense) else licence.value


def main() -> None:
    """Write the one file or the other."""
    if "--licences" in sys.argv:
        path, text = ROOT / "docs/licences.md", licences(materials())
    else:
        path, text = ROOT / "var/sbom.cdx.json", as_json(materials())
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(text)
    print(f"Written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
