"""A PostgreSQL server of one's own, that may be killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.sites.serving import free_port

SECONDS_TO_START = 60


def binaries() -> Path | None:
    """The folder of the newest server that is installed; None without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    which = shutil.which("initdb")
    return found[-1].parent if found else Path(which).parent if which else None


class Server:
    """The server: start, kill, and a database on it."""

    def __init__(self, folder: Path, address: str = "127.0.0.1", trusted: str = "127.0.0.0/8"):
        self._bin, self._data, self._folder = binaries(), folder / "data", folder
        # The server refuses to run as root.
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        self.address, self.port, self._process = address, free_port(), None
        folder.mkdir(parents=True)
        if self._as:
            shutil.chown(folder, "postgres", "postgres")
            folder.chmod(0o755)
        command = [*self._as, str(self._bin / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-N"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
        with open(self._data / "pg_hba.conf", "a") as rules:
            rules.write(f"host all all {trusted} trust\n")

    @property
    def url(self) -> str:
        """The address of the database `faults`."""
        return f"postgres://postgres@{self.address}:{self.port}/faults"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ["fsync=off", "max_connections=200", f"listen_addresses={self.address}"]
        command = [*self._as, str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        command += ["-k", str(self._folder), *(word for option in options for word in ("-c", option))]
        deadline = time.monotonic() + SECONDS_TO_START
        with open(self._folder / "postgres.log", "a") as log:
            while True:
                self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
                while self._process.poll() is None:
                    with suppress(psycopg.OperationalError):
                        self._connect("postgres").close()
                        return
                    time.sleep(0.1)
                # Its memory is in use until the last process of the killed one has ended.
                if time.monotonic() > deadline:
                    raise TimeoutError("PostgreSQL does not start.")
                time.sleep(0.2)

    def create(self) -> None:
        """Make the database."""
        with self._connect("postgres") as connection:
            connection.execute("CREATE DATABASE faults")

    def _connect(self, database: str = "faults") -> psycopg.Connection:
        address = f"postgres://postgres@{self.address}:{self.port}/{database}"
        # Unlike a process of the product, this one may hold a lock for longer than a lease.
        patient = "-c idle_in_transaction_session_timeout=0"
        return psycopg.connect(address, autocommit=True, connect_timeout=5, options=patient)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def cut_connections(self) -> int:
        """End every connection to the database; returns how many there were."""
        with self._connect("postgres") as connection:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'faults'"
            return len(connection.execute(cut).fetchall())

    def connections(self) -> int:
        """How many connections there are to the database."""
        with self._connect("postgres") as connection:
            return connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'faults'").fetchone()[0]

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Hold a lock that nobody reads or writes the table beside."""
        with self._connect() as connection, connection.transaction():
            connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Start it with a new database; end it."""
        self.start()
        self.create()
        try:
            yield self
        finally:
            self.kill()
