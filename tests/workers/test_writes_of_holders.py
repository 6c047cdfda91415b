"""Whatever a lease holder writes, it writes in `held`: seen in what it tells the database, and in the code."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from scans import transitions
from scans.engines.events import AddressSeen, CrawlSeen, LogLine, ModuleFailed, Reach, UrlCrawled
from scans.results import verification
from scans.statuses import UrlScanStatus as U
from scans.transitions import holder
from tests import factories as make
from tests.workers.failing import every_write
from tests.workers.playing import ANSWERED, FINDING, OFTEN, REPORT, STARTED, once, pause, queued, run, run_for, stop

SCANS = Path(settings.BASE_DIR) / "scans"
WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "update_or_create", "get_or_create"}
FILES = {"open", "rmtree", "copytree", "unlink", "mkdir", "write_text", "write_bytes", "writelines"}
# They hold no URL scan: the process reports itself, and the scheduler is nobody's holder.
WITHOUT_LEASE = {"worker.py", "scheduler.py", "leading.py", "task_watch.py", "task_ids.py"}
# These change no row: a dictionary, and pictures that are removed again if their row is not stored.
NO_ROWS = {("recording.py", "note"), ("evidence.py", "_stored"), ("evidence.py", "_removed_unless_kept")}


@pytest.fixture
def writes():
    """The statements of this thread that wrote without holding the URL scan."""
    stray = []

    def see(sql):
        is_conditional = "lease_holder" in sql.upper().partition("WHERE")[2].lower()  # as `take` and a renewal are
        if not is_conditional and holder._held.get() is None and "django_tasks" not in sql:
            stray.append(sql)

    with every_write(see):
        yield stray


EVERYTHING = [
    STARTED,
    FINDING,
    UrlCrawled(method="GET", url="http://127.0.0.1/a", status=200),
    AddressSeen(method="GET", url="http://127.0.0.1/b", status=200, reach=Reach.ATTACKED),
    ModuleFailed(module="xss", error="TypeError: owl"),
    CrawlSeen(pages=1, data=0, only_login=False, only_scripts=False),
    LogLine(level="info", text="owl"),
    ANSWERED,
]


@pytest.mark.process
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_shutdown_left")
@pytest.mark.parametrize("then", [None, stop, pause])
def test_a_scan_writes_nothing_past_its_lease(site, writes, then):
    scan = queued(site)
    del writes[:]  # those of the test
    thread = once(scan, U.IN_PROGRESS, then) if then else None
    run(scan, *EVERYTHING, *([run_for(30)] if then else [REPORT]))
    if thread:
        thread.join()
    assert scan.findings.count() == scan.crawled_urls.count() == scan.module_errors.count() == 1
    assert make.fresh(scan).notices and (scan.directory / "engine.log").read_text()
    assert writes == []


@pytest.mark.django_db(transaction=True)
def test_a_verification_writes_nothing_past_its_lease(site, writes):
    scan = make.ended(site.url, number_of_findings=2).url_scans.get()
    del writes[:]  # those of the test
    verification.verify(scan.pk, holder="me", timing=OFTEN)
    scan = make.fresh(scan)
    assert scan.verified_at and writes == []
    transitions.verify_again(scan, by=make.user("Submitter"))
    del writes[:]
    verification.verify_again(scan.pk, holder="me", timing=OFTEN)
    assert make.fresh(scan).verified_at > scan.verified_at and writes == []


def strays(tree):
    """Return the line and function of each call that writes rows or files outside `held`.

    A private function is inside if everything that names it is.
    """
    writes, names = [], []

    def look(node, function, is_held):
        if isinstance(node, ast.FunctionDef):
            function = node.name
            is_held = any("by_holder" in ast.unparse(decorator) for decorator in node.decorator_list)
        elif isinstance(node, ast.With):
            is_held = is_held or any("held(" in ast.unparse(item.context_expr) for item in node.items)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in WRITES | FILES:
            writes.append((node.lineno, function, is_held))
        elif isinstance(node, ast.Name):
            names.append((node.id, function, is_held))
        for child in ast.iter_child_nodes(node):
            look(child, function, is_held)

    look(tree, "", False)
    inside, size = set(), -1
    while size < len(inside):
        size = len(inside)
        for name in {name for name, *_ in names if name.startswith("_")} - inside:
            if all(is_held or function in inside for named, function, is_held in names if named == name):
                inside.add(name)
    return [(line, function) for line, function, is_held in writes if not is_held and function not in inside]


FILES_OF_HOLDERS = sorted([*SCANS.glob("workers/*.py"), *SCANS.glob("results/*.py")])


@pytest.mark.parametrize("path", FILES_OF_HOLDERS, ids=lambda path: path.name)
def test_no_code_of_a_lease_holder_writes_past_it(path):
    if path.name in WITHOUT_LEASE:
        return
    found = [stray for stray in strays(ast.parse(path.read_text())) if (path.name, stray[1]) not in NO_ROWS]
    assert not found, f"write in transitions.held, or decorate the function with by_holder: {found}"


@pytest.mark.parametrize("code", ["scan.findings.update(replay='x')", "rows.bulk_create([])", "shutil.rmtree(path)"])
def test_the_look_at_the_code_finds_a_write(code):
    decorated, block = "@transitions.by_holder\n", "    with transitions.held(scan):\n"
    assert strays(ast.parse(f"def f(scan):\n    {code}"))
    assert not strays(ast.parse(f"{decorated}def f(scan):\n    {code}"))
    assert not strays(ast.parse(f"def f(scan):\n{block}        {code}"))
    helper = f"def _f(scan):\n    {code}\n"
    assert strays(ast.parse(f"{helper}def g(scan):\n    _f(scan)\n{decorated}def h(scan):\n    _f(scan)"))
    assert not strays(ast.parse(f"{helper}{decorated}def h(scan):\n    _f(scan)"))
