"""What is installed is pinned, hashed, listed and looked after."""

import json
import re
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import audit
from tests.bill_of_materials import VENDOR, as_json, licence_of, licences, locked, materials, part_of

ROOT = Path(settings.BASE_DIR)
LISTS = re.search(r"^LISTS = (.*)", (ROOT / "Makefile").read_text().replace("\\\n", ""), re.MULTILINE)[1].split()


def requirements(name):
    """The requirements of a list, with those of the lists that it includes."""
    found = []
    for line in (ROOT / f"{name}.txt").read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            found += requirements(line.removeprefix("-r ").removesuffix(".txt"))
        elif line:
            found.append(Requirement(line))
    return found


def entries(name):
    """The packages of a lock: each with its requirement and its hashes."""
    lines = (ROOT / f"{name}.lock").read_text().replace(" \\\n", " ").splitlines()
    blocks = [line for line in lines if line and not line.lstrip().startswith("#")]
    return [(Requirement(line.partition(" --hash=")[0]), re.findall(r"--hash=(\S+)", line)) for line in blocks]


def versions(pinned):
    """Each package with its versions: a list or a lock may have one for each range of Pythons."""
    found = {}
    for requirement in pinned:
        found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    return found


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_holds_each_line_of_its_list_in_the_same_version(name):
    asked, pinned = versions(requirements(name)), versions(entry for entry, _ in entries(name))
    assert asked and {package: pinned.get(package) for package in asked} == asked


@pytest.mark.parametrize("name", LISTS)
def test_each_package_of_a_lock_has_one_exact_version_and_a_hash(name):
    found = entries(name)
    assert [str(entry) for entry, _ in found if not re.fullmatch(r"==[^*,]+", str(entry.specifier))] == []
    assert [str(entry) for entry, hashes in found if not hashes] == []
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for _, hashes in found for digest in hashes)


def test_tests_run_with_the_packages_of_the_product():
    product, all_of_them = (versions(entry for entry, _ in entries(f"requirements-{name}")) for name in ("s3", "dev"))
    assert {package: all_of_them.get(package) for package in product} == product


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_names_no_place_of_the_machine_that_wrote_it(name):
    assert not re.search(r"https?:|file:|index-url|find-links|\s/\w", (ROOT / f"{name}.lock").read_text())


def test_everything_is_installed_from_a_lock_with_hashes():
    recipes = re.findall(r"(?<!\w)(?:\.\w+)/\$\(PIP_INSTALL\) (\S+);", (ROOT / "Makefile").read_text())
    assert recipes == ["$<"] * len(LISTS)  # the first prerequisite of its target
    targets = re.findall(r"^\.\w+/\.\w+: (\S+)\.lock", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(targets) == sorted(LISTS)
    assert re.search(r"^PIP_INSTALL = .*--require-hashes", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def bill():
    return materials()


@pytest.mark.engine
def test_the_bill_of_materials_is_valid_and_lists_every_package_and_file(bill):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(as_json(bill)) is None
    found = {(part_of(component), canonicalize_name(component.name)) for component in bill.components}
    for part, name in (("product", "requirements-s3"), ("engine", "scans/engines/wapiti/driver/requirements")):
        assert {package for where, package in found if where == part} == set(locked(ROOT / f"{name}.lock"))
    assert not {("product", "pytest"), ("engine", "pip")} & found


@pytest.mark.engine
def test_vendored_files_are_in_it_with_version_and_hash(bill):
    vendored = [component for component in bill.components if part_of(component) == "front end"]
    files = {value.value for component in vendored for value in component.properties if value.name == "file"}
    assert files == {f"static/vendor/{path.name}" for path in VENDOR.glob("*.js")}
    digests = {next(iter(component.hashes)).content for component in vendored}
    assert digests == {line.split()[0] for line in (VENDOR / "SHA256SUMS").read_text().splitlines()}
    assert all(component.version for component in vendored)


@pytest.mark.engine
def test_no_package_is_without_a_licence(bill):
    assert len(bill.components) > 100
    assert [component.name for component in bill.components if not licence_of(component)] == []


@pytest.mark.engine
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the page is about Python 3.11, as in the image")
def test_the_page_of_licences_is_as_the_command_writes_it(bill):
    assert (ROOT / "docs/licences.md").read_text() == licences(bill), "run: make licences"


WEAK = {"id": "PYSEC-1", "fix_versions": ["2"]}


@pytest.mark.parametrize(
    ("packages", "code", "says"),
    [
        (None, 0, "NOT AUDITED: no index of known weaknesses"),
        ([{"name": "owl", "skip_reason": "not found"}], 0, "NOT AUDITED: no index of known weaknesses"),
        ([{"name": "owl", "version": "1", "vulns": []}], 0, "1 packages audited, 0 with known weaknesses."),
        (
            [{"name": "owl", "version": "1", "vulns": []}, {"name": "elk", "skip_reason": "not found"}],
            0,
            "1 packages audited, 0 with known weaknesses; the index does not know elk.",
        ),
        ([{"name": "owl", "version": "1", "vulns": [WEAK]}], 1, "owl 1: PYSEC-1; fixed in 2"),
    ],
    ids=["silence", "all unknown", "none", "some unknown", "weak"],
)
def test_the_audit_fails_for_a_known_weakness_and_says_when_no_index_answered(capsys, packages, code, says):
    assert audit.judge("a.lock", packages) == code
    assert says in capsys.readouterr().out


@pytest.mark.process
@pytest.mark.parametrize("said", ["print('no JSON')", "import time; time.sleep(60)"], ids=["broken", "slow"])
def test_an_index_that_does_not_answer_is_no_audit_and_no_failure(monkeypatch, capsys, said):
    monkeypatch.setattr(audit, "PIP_AUDIT", ["-c", said])
    monkeypatch.setattr(audit, "PATIENCE", 1)
    audit.main()
    assert "NOT AUDITED: no index of known weaknesses answers here." in capsys.readouterr().out


@pytest.mark.process
def test_an_index_that_answers_is_asked_about_every_lock(monkeypatch, capsys):
    answer = {"dependencies": [{"name": "owl", "version": "1", "vulns": [WEAK]}]}
    monkeypatch.setattr(audit, "PIP_AUDIT", ["-c", f"print({json.dumps(json.dumps(answer))})"])
    with pytest.raises(SystemExit) as ended:
        audit.main()
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert [lock for lock in audit.LOCKS if f"{lock}: owl 1: PYSEC-1" not in said] == []
