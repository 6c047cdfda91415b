"""A storage that is no folder and can be made to fail, and hosts that share nothing else."""

from django.core.files.storage import InMemoryStorage

from scans.artifacts.store import StorageError


class Flaky(InMemoryStorage):
    """Fails in the way that `broken` says, or not at all."""

    broken: StorageError | None = None

    def _ask(self):
        if Flaky.broken:
            raise Flaky.broken

    def _open(self, name, mode="rb"):
        self._ask()
        return super()._open(name, mode)

    def _save(self, name, content):
        self._ask()
        return super()._save(name, content)

    def exists(self, name):
        self._ask()
        return super().exists(name)

    def delete(self, name):
        self._ask()
        super().delete(name)


def names(storage, folder: str = "") -> list[str]:
    """The names of all files in a storage."""
    folders, files = storage.listdir(folder)
    found = [f"{folder}/{file}".lstrip("/") for file in files]
    return sorted(found + [name for inner in folders for name in names(storage, f"{folder}/{inner}".lstrip("/"))])
