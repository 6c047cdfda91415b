"""The files that scans leave: sessions to continue from, engine logs, reports and pictures, and where they are kept.

An engine always works in a folder of its host (`UrlScan.directory`). In the default storage, a folder, everything stays
there, and hosts share it. In any other storage, such as S3, the files are uploaded when the engine has stopped, and the
folder is removed. A row of `Artifact` names each file, with the hash of a session, which is checked before a scan
continues from it.
"""

from scans.artifacts.courier import catch_up, keep_catching_up
from scans.artifacts.logs import Log, log_of
from scans.artifacts.pictures import keep_picture, open_picture
from scans.artifacts.removal import remove, remove_pictures
from scans.artifacts.saving import save
from scans.artifacts.sessions import NotDelivered, prepare
from scans.artifacts.store import StorageError, is_remote
