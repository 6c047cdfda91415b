"""Pictures of targets: in the storage at once if it is a folder; otherwise on their way there for a moment."""

import logging
from pathlib import Path
from time import time
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.crypto import get_random_string

from scans.artifacts.store import is_remote, upload
from scans.database import clock
from scans.models import Screenshot, TargetCheck, UrlScan

logger = logging.getLogger(__name__)
SECONDS_TO_NOTE = 600  # until the row of a picture is committed


def keep_picture(scan: UrlScan, shows: str, image: bytes, check: TargetCheck | None = None) -> None:
    """Store a picture of a target. One that cannot be stored is left out: no scan ends because of a picture."""
    picture = Screenshot(url_scan=scan, check_step=check, shows=shows, at=clock.now())
    try:
        if is_remote():  # later, so that nobody waits for the storage
            picture.image.name = _put_aside(f"{scan.pk}-{shows}-{get_random_string(8)}.png", image)
        else:
            name = f"{scan.pk}-{shows}.png"
            picture.image.save(name, ContentFile(image, name=name), save=False)
    except OSError:
        logger.exception("A picture of %s could not be stored.", scan)
        return
    picture.save()


def _put_aside(name: str, image: bytes) -> str:
    """Keep a picture until it is delivered; returns the name that it will have in the storage."""
    _folder().mkdir(parents=True, exist_ok=True)
    (_folder() / name).write_bytes(image)
    return f"{Screenshot.FOLDER}/{name}"


def open_picture(picture: Screenshot) -> BinaryIO:
    """Open a picture. Raises FileNotFoundError if it is gone, or still on another host, and OSError."""
    here = _folder() / Path(picture.image.name).name
    return here.open("rb") if is_remote() and here.exists() else picture.image.open()


def waiting() -> list[Path]:
    """The pictures of this host that are on their way to the storage."""
    return sorted(_folder().glob("*.png"))


def deliver() -> None:
    """Upload the pictures that are on their way. Raises OSError; the rest stays for the next time."""
    for path in waiting():
        name = f"{Screenshot.FOLDER}/{path.name}"
        kept = Screenshot.objects.filter(image=name)
        if kept.exists() and not default_storage.exists(name):
            upload(path, name)
        if not kept.exists():
            if time() - path.stat().st_mtime < SECONDS_TO_NOTE:
                continue
            default_storage.delete(name)  # its row was deleted meanwhile, or never written
        path.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "pictures"
