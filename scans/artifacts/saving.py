"""Saving what an engine left when it has stopped: the session's hash, and all files in a storage that is no folder."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from scans import transitions
from scans.artifacts import folder as folders
from scans.artifacts.store import delete, is_remote, new_name, reason_of, upload
from scans.database import clock
from scans.models import Artifact, Installation, UrlScan
from scans.models.system_part import host_name
from scans.reasons import NO_REASON, Reason
from scans.statuses import UrlScanStatus
from scans.timing import DEFAULT_TIMING, Timing
from scans.transitions import run_with_lease

FILES = {Artifact.Kind.LOG: folders.LOG, Artifact.Kind.REPORT: folders.REPORT}


def save(
    scan: UrlScan,
    on_renewal: Callable[[UrlScanStatus], object] = lambda status: None,
    *,
    with_session: bool,
    timing: Timing = DEFAULT_TIMING,
) -> Reason:
    """Save the files of a leased scan whose engine has stopped; the session only if it may be continued from.

    A storage that fails is tried for some seconds. Then the files stay in the folder, this host uploads them later (see
    `courier`), and the reason is returned. Raises LeaseLost.
    """
    directory = scan.directory
    mark = folders.Mark(folders.identity(scan), ended=not with_session)
    digest = run_with_lease(scan, lambda: _freeze(directory, mark), timing=timing)
    kinds = [Artifact.Kind.SESSION] if digest else []
    if is_remote():
        kinds += [kind for kind, name in FILES.items() if (directory / name).is_file()]
    rows, why = _rows(scan, kinds, digest), NO_REASON
    if is_remote():
        why = run_with_lease(scan, lambda: _patiently(rows, directory, timing), on_renewal, timing=timing)
        Installation.note_storage(why)
    _keep(scan, rows, with_session=with_session)
    delete_replaced(scan)
    if is_remote() and not why:
        folders.clear(directory)
    return why


def _freeze(directory: Path, mark: folders.Mark) -> str:
    """Return the hash of the session, which must not change any more; empty if nothing will continue from it."""
    if not directory.is_dir():
        return ""
    folders.write_mark(directory, mark)
    return "" if mark.ended else folders.digest_of(directory)


@transitions.by_holder
def _rows(scan: UrlScan, kinds: list[Artifact.Kind], digest: str) -> list[Artifact]:
    """Rows for files that are not stored yet: unwanted, so that they are deleted if this process dies now."""
    now = clock.now()
    return [
        Artifact.objects.create(
            url_scan=scan,
            kind=kind,
            name=new_name(scan, kind) if is_remote() else "",
            digest=digest if kind == Artifact.Kind.SESSION else "",
            host=host_name(),
            at=now,
            unwanted_at=now,
        )
        for kind in kinds
    ]


def _patiently(rows: list[Artifact], directory: Path, timing: Timing) -> Reason:
    """Upload the files, repeatedly for a while. Those that are not stored at the end lose their name. Returns why."""
    began, left, why = monotonic(), list(rows), NO_REASON
    while left:
        try:
            send(left[0], directory)
            left.pop(0)
        except OSError as error:
            why = reason_of(error)
            if monotonic() - began > timing.for_storage:
                break
            sleep(timing.between_renewals)
    for row in left:
        row.name = ""
    return why if left else NO_REASON


def is_session_here(row: Artifact) -> bool:
    """Whether the folder of this host has this session, whatever the host was called when it was saved."""
    return row.kind == Artifact.Kind.SESSION and folders.digest_of(row.url_scan.directory) == row.digest


def send(row: Artifact, directory: Path) -> None:
    """Upload one file of a folder under the name of its row. Raises OSError."""
    if row.kind != Artifact.Kind.SESSION:
        upload(directory / FILES[row.kind], row.name)
        return
    with TemporaryDirectory(dir=directory.parent, prefix=f"{directory.name}.") as draft:
        archive = Path(draft) / "session.tar.gz"
        folders.pack(directory, archive)
        upload(archive, row.name)


@transitions.by_holder
def _keep(scan: UrlScan, rows: list[Artifact], *, with_session: bool) -> None:
    """Want these files from now on, and no older ones that they replace."""
    if not with_session:  # nothing will continue from it
        scan.artifacts.filter(kind=Artifact.Kind.SESSION).discard()
    for row in rows:
        want(row)


def want(row: Artifact) -> None:
    """Want this file instead of older ones of its kind, which stay while this one is not stored yet."""
    Artifact.objects.filter(pk=row.pk).update(name=row.name, unwanted_at=None)
    older = Artifact.objects.filter(url_scan=row.url_scan_id, kind=row.kind, pk__lt=row.pk)
    (older if row.name or not is_remote() else older.filter(name="")).discard()


def delete_replaced(scan: UrlScan) -> None:
    """Delete what newer files replaced. What cannot be deleted now is tried again later."""
    for row in scan.artifacts.unwanted():
        try:
            delete(row)
        except OSError as error:
            Installation.note_storage(reason_of(error))
