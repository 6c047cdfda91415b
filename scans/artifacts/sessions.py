"""From which session a scan continues: the one in its folder, the saved one, or none, and then it begins again."""

import shutil
import tarfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.storage import default_storage

from scans import transitions
from scans.artifacts import folder as folders
from scans.artifacts.folder import Mark
from scans.artifacts.saving import is_session_here
from scans.artifacts.store import is_remote
from scans.database import clock
from scans.models import Artifact, UrlScan
from scans.models.system_part import host_name
from scans.reasons import NO_REASON, Reason
from scans.timing import DEFAULT_TIMING, Timing
from scans.transitions import run_with_lease

CANNOT_BE_READ = (tarfile.TarError, EOFError, zlib.error)


class NotDelivered(OSError):
    """Another host has the session, and has not been able to upload it yet. `host` is its name."""

    def __init__(self, of: str):
        self.host = of
        super().__init__(f"The session is still on host {of}.")


def prepare(scan: UrlScan, *, timing: Timing = DEFAULT_TIMING, wait: bool = True) -> Reason:
    """Bring the folder of a leased scan into the state from which its engine starts.

    Returns why the scan begins again although it should continue; no reason if it continues, or is new. A session that
    is missing or not as it was saved is never continued from. Raises OSError if the storage cannot be read now, and
    NotDelivered, unless it is not to `wait`, while the session is on its way; LeaseLost as `renew`.
    """
    continued = scan if scan.started_at else scan.continues
    known = _saved(continued, wait=wait) if continued else None
    brought = run_with_lease(scan, _Bringing(scan, continued, known), timing=timing)
    _note(scan, begins_again=bool(brought) and continued == scan)
    return brought


@transitions.by_holder
def _note(scan: UrlScan, *, begins_again: bool) -> None:
    """Note that this host has the log now, and that nobody wants a session that could not be used."""
    if begins_again:
        scan.artifacts.filter(kind=Artifact.Kind.SESSION).discard()
    if is_remote():
        scan.artifacts.filter(kind=Artifact.Kind.LOG, name="").discard()
        Artifact.objects.create(url_scan=scan, kind=Artifact.Kind.LOG, host=host_name(), at=clock.now())


def _saved(scan: UrlScan, *, wait: bool) -> Artifact | None:
    """The saved session of a scan that is the last one, and is not with another host alone."""
    sessions = scan.artifacts.wanted().filter(kind=Artifact.Kind.SESSION).order_by("-pk")
    for session in sessions:
        if session.name or session.host == host_name() or not is_remote() or is_session_here(session):
            return session
        if wait:
            raise NotDelivered(session.host)
    return None


class _Bringing:
    """Brings a session and the log into the folder of a scan; called in a thread, which must not ask the database."""

    def __init__(self, scan: UrlScan, continued: UrlScan | None, known: Artifact | None):
        self._scan, self._known = scan, known
        self._folder, self._mark = scan.directory, Mark(folders.identity(scan))
        self._is_new = not scan.started_at
        self._source = continued.directory if continued else None
        self._source_mark = Mark(folders.identity(continued)) if continued else None
        log = scan.artifacts.wanted().filter(kind=Artifact.Kind.LOG).exclude(name="").last()
        self._log = log.name if log else ""

    def __call__(self) -> Reason:
        """Return why there is nothing to continue from, if there should be."""
        if self._is_new:  # a worker that was lost before its engine began, or a folder of another database
            folders.clear(self._folder)
        why, since = self._bring() if self._source else (NO_REASON, "")
        self._bring_log()
        folders.write_mark(self._folder, Mark(self._mark.scan, since))
        return why

    def _bring(self) -> tuple[Reason, str]:
        """Return why the scan begins again, and the hash of the saved session that it continues from."""
        why = self._in_folder()
        if not why:
            if self._is_new:
                shutil.copytree(self._source, self._folder, ignore=shutil.ignore_patterns(folders.LOG, folders.MARK))
            return NO_REASON, self._since()
        if self._known and self._known.name:
            why = self._fetch()
        if why:
            folders.clear_session(self._folder)
        return why, "" if why or self._is_new else self._known.digest

    def _since(self) -> str:
        return self._known.digest if self._known and not self._is_new else ""

    def _in_folder(self) -> Reason:
        """Return why the session in the folder cannot be continued from."""
        mark = folders.mark_of(self._source)
        if mark and mark.scan != self._source_mark.scan:
            return Reason("session_missing")
        if mark and mark.ended:
            return Reason("session_of_ended")
        has_files = bool(folders.session_files(self._source))
        if self._known is None:  # a worker that was lost left it, or an older version
            return NO_REASON if has_files else Reason("session_unsaved")
        if not has_files:
            return Reason("session_missing")
        # An engine that began from the saved session has changed it since, and its worker was lost.
        was_running = mark is not None and mark.since == self._known.digest and not self._is_new
        if was_running or folders.digest_of(self._source) == self._known.digest:
            return NO_REASON
        return Reason("session_changed")

    def _fetch(self) -> Reason:
        """Download the saved session. Returns why it cannot be continued from. Raises OSError."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._folder.parent, prefix=f"{self._folder.name}.") as draft:
            try:
                with default_storage.open(self._known.name) as archive:
                    folders.unpack(archive, Path(draft))
            except FileNotFoundError:
                return Reason("session_missing")
            except CANNOT_BE_READ:
                return Reason("session_changed")
            if folders.digest_of(Path(draft)) != self._known.digest:
                return Reason("session_changed")
            folders.clear_session(self._folder)
            shutil.copytree(draft, self._folder, dirs_exist_ok=True)
        return NO_REASON

    def _bring_log(self) -> None:
        """Continue the log that was saved, if there is none in the folder. A log that is gone is no reason to wait."""
        path = self._folder / folders.LOG
        if not self._log or path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with default_storage.open(self._log) as log, path.open("wb") as copy:
                shutil.copyfileobj(log, copy)
        except FileNotFoundError:
            return
