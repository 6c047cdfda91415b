"""Whether this host has the keys and the files that belong to the database. Looked at when a process starts.

The database knows a random identity of its own. Each place of files has a file with this name, and the identity is
sealed with the keys. The first start writes both.
"""

from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from scans.encryption import KeyLost, seal, unseal
from scans.models import Installation, Screenshot, TargetLogin

LOOKED_AT = 5  # rows of a database that has no identity yet
OTHER_ENCRYPTION_KEYS = (
    "The keys of this host do not open what the database holds: set SCANS_SECRET_KEYS as on the other hosts, or put "
    "back the file secrets_key of SCANS_VAR_DIR. If those keys are lost for good, run `manage.py adopt --keys` and "
    "enter the logins again."
)
OTHER_SIGNING_KEY = (
    "SECRET_KEY of this host is not the one of the database: set it as on the other hosts, or put back the file "
    "secret_key of SCANS_VAR_DIR. If you changed it on purpose, run `manage.py adopt --keys`; everybody logs in again."
)
OTHER_FILES = (
    "The files of this host are not those of the database: sessions, engine logs and pictures are missing in {place}. "
    "Let all hosts share this folder, or set SCANS_S3_BUCKET on all of them (docs/scaling.md). If you moved the files, "
    "or they are lost for good, run `manage.py adopt --files`."
)


def problem() -> str:
    """Return what does not belong to the database, and what to do; empty if all does, or this is the first start.

    Raises OSError if the storage cannot be read now, and django.db.Error.
    """
    known = Installation.current()
    if known:
        return _wrong_keys(known) or _wrong_files(known.identity)
    if why := _cannot_be_first():
        return why
    identity = _new_identity()
    mark_files(identity)
    known, made = Installation.objects.get_or_create(pk=1, defaults=_columns(identity))
    return "" if made else problem()  # another host was faster


def wrong_keys() -> str:
    """Return what is wrong with the keys of this host, and what to do; empty if nothing is. Raises django.db.Error."""
    known = Installation.current()
    return _wrong_keys(known) if known else ""


def adopt_keys() -> None:
    """Make the keys of this host those of the database."""
    known = _installation()
    Installation.objects.filter(pk=known.pk).update(key_mark=_columns(known.identity)["key_mark"])


def adopt_files() -> None:
    """Make the files of this host those of the database. Raises OSError."""
    mark_files(_installation().identity)


def mark_files(identity: str) -> None:
    """Leave the identity of the database in each place of files. Raises OSError."""
    for path in _folders(identity):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    if not default_storage.exists(_name(identity)):
        default_storage.save(_name(identity), ContentFile(b"of this database\n"))


def _installation() -> Installation:
    return Installation.objects.get_or_create(pk=1, defaults=_columns(_new_identity()))[0]


def _new_identity() -> str:
    return get_random_string(32)


def _columns(identity: str) -> dict[str, str]:
    return {"identity": identity, "key_mark": seal(_signed(identity))}


def _signed(identity: str) -> str:
    """The identity as SECRET_KEY signs it."""
    return salted_hmac("scans.installation", identity, algorithm="sha256").hexdigest()


def _wrong_keys(known: Installation) -> str:
    try:
        signed = unseal(known.key_mark)
    except KeyLost:
        return OTHER_ENCRYPTION_KEYS
    return "" if constant_time_compare(signed, _signed(known.identity)) else OTHER_SIGNING_KEY


def _wrong_files(identity: str) -> str:
    for path in _folders(identity):
        if not path.exists():
            return OTHER_FILES.format(place=path.parent)
    return "" if default_storage.exists(_name(identity)) else OTHER_FILES.format(place=_place())


def _cannot_be_first() -> str:
    """Return why this host cannot be the first of a database that an earlier version filled."""
    sealed = list(TargetLogin.objects.order_by("-pk").values_list("sealed", flat=True)[:LOOKED_AT])
    if sealed and not any(map(_opens, sealed)):
        return OTHER_ENCRYPTION_KEYS
    pictures = list(Screenshot.objects.order_by("-pk").values_list("image", flat=True)[:LOOKED_AT])
    if pictures and not any(map(default_storage.exists, pictures)):
        return OTHER_FILES.format(place=_place())
    return ""


def _opens(token: str) -> bool:
    try:
        unseal(token)
    except KeyLost:
        return False
    return True


def _folders(identity: str) -> list[Path]:
    """The files that stand for the folder of sessions and logs; none where they are uploaded."""
    if not isinstance(default_storage, FileSystemStorage):
        return []
    return [Path(settings.VAR_DIR) / "scans" / f"database-{identity}"]


def _name(identity: str) -> str:
    return f"databases/{identity}"


def _place() -> str:
    is_folder = isinstance(default_storage, FileSystemStorage)
    return str(settings.MEDIA_ROOT) if is_folder else f"the bucket {settings.SCANS_S3_BUCKET}"
