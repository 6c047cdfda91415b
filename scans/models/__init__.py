"""The models, one file each."""

from scans.models.activity_log_entry import ActivityLogEntry, Actor
from scans.models.allowed_target import AllowedTarget
from scans.models.analysis import Analysis, Publication, Series, StopMode
from scans.models.finding import Finding, Replay
from scans.models.scan_settings import ScanSettings
from scans.models.system_part import SystemPart
from scans.models.target_check import TargetCheck
from scans.models.url_scan import UrlScan

__all__ = [
    "ActivityLogEntry",
    "Actor",
    "AllowedTarget",
    "Analysis",
    "Finding",
    "Publication",
    "Replay",
    "ScanSettings",
    "Series",
    "StopMode",
    "SystemPart",
    "TargetCheck",
    "UrlScan",
]
