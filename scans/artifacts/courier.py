"""Work that could not be done at once: files that wait for their upload, and files to be deleted."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import Error, connection, transaction

from scans.artifacts import folder as folders
from scans.artifacts import pictures
from scans.artifacts.saving import delete_replaced, is_session_here, send, want
from scans.artifacts.store import delete, is_remote, new_name, reason_of
from scans.database import clock
from scans.models import Analysis, Artifact, Installation, UrlScan
from scans.models.system_part import host_name

logger = logging.getLogger(__name__)
CATCH_UP_SECONDS = 5
LONGEST_UPLOAD = timedelta(hours=1)  # a row that is unwanted for longer is not on its way


def keep_catching_up(over: threading.Event) -> None:
    """Catch up every few seconds until `over` is set, and once more then; a worker runs this in a thread."""
    is_over = False
    while not is_over:
        is_over = over.wait(CATCH_UP_SECONDS)
        try:
            catch_up()
        except (Error, OSError):
            logger.exception("Files of scans were not looked after this time; it is tried again.")
        finally:
            connection.close()


def catch_up() -> None:
    """Upload what waits on this host, and delete what nobody wants. Notes whether the storage works.

    Does nothing where the storage is a folder, and while another process of this host does it.
    """
    if not is_remote():
        return
    with open(Path(settings.VAR_DIR) / "courier.lock", "w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return
        _do_all()
        _clear_folders()


def _do_all() -> None:
    jobs = list(_jobs())
    try:
        for job in jobs:
            job()
    except OSError as error:  # the next one would fail as well
        Installation.note_storage(reason_of(error))
    else:
        if jobs:
            Installation.note_storage()


def _jobs() -> Iterator[Callable[[], object]]:
    """Yield each thing that is to be done; if the storage failed, at least a question whether it works again."""
    if Installation.objects.filter(storage_failed_at__isnull=False).exists():
        yield partial(default_storage.exists, "databases")
    if any(pictures.waiting()):
        yield pictures.deliver
    for row in Artifact.objects.wanted().filter(name="", url_scan__lease_holder=""):
        if row.host == host_name() or is_session_here(row):
            yield partial(_deliver, row)
    for row in Artifact.objects.unwanted().filter(unwanted_at__lt=clock.now() - LONGEST_UPLOAD):
        yield partial(delete, row)


def _deliver(row: Artifact) -> None:
    """Upload one file that waits here. It counts only if its scan has not run again meanwhile. Raises OSError."""
    scan, directory = row.url_scan, row.url_scan.directory
    sent = Artifact.objects.create(
        url_scan=scan,
        kind=row.kind,
        name=new_name(scan, row.kind),
        digest=row.digest,
        host=row.host,
        at=row.at,
        unwanted_at=clock.now(),
    )
    try:
        is_here = row.kind != Artifact.Kind.SESSION or is_session_here(row)
        if is_here:
            send(sent, directory)
    except FileNotFoundError:
        is_here = False
    if is_here:
        with transaction.atomic():
            Analysis.objects.select_for_update().get(pk=scan.analysis_id)
            if Artifact.objects.wanted().filter(pk=row.pk, url_scan__lease_holder="").exists():
                want(sent)
    else:
        Artifact.objects.filter(pk=row.pk).discard()
    delete_replaced(scan)


def _clear_folders() -> None:
    """Remove the folders of this host that nobody needs: their scans have ended, and their files are stored."""
    ours = f"{Installation.current()} "
    base = Path(settings.VAR_DIR) / "scans"
    here = {int(path.name): path for path in base.iterdir() if path.name.isdecimal()} if base.is_dir() else {}
    scans = UrlScan.objects.in_bulk(here)
    needed = set(Artifact.objects.wanted().filter(name="", host=host_name()).values_list("url_scan_id", flat=True))
    needed |= {pk for pk, scan in scans.items() if not scan.info.final}
    for pk in here.keys() - needed:
        mark = folders.mark_of(here[pk])
        if mark and mark.scan.startswith(ours):  # not of another database
            folders.clear(here[pk])
