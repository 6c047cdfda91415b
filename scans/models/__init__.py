"""The models, one file each."""

from scans.models.activity_log_entry import ActivityLogEntry, Actor
from scans.models.allowed_target import AllowedTarget
from scans.models.analysis import Analysis, Publication, Series, StopMode
from scans.models.analysis_search import AnalysisSearch
from scans.models.api_token import ApiToken, Scope
from scans.models.artifact import Artifact
from scans.models.blackout_window import BlackoutWindow
from scans.models.bulk_action import BulkAction, BulkItem, BulkOutcome
from scans.models.crawl_script import CrawlScript
from scans.models.crawled_url import CrawledUrl
from scans.models.failed_logins import FailedLogins
from scans.models.finding import Finding, Replay
from scans.models.full_disk import FullDisk
from scans.models.installation import Installation
from scans.models.module_error import ModuleError
from scans.models.open_findings import OpenFindings
from scans.models.person_settings import PersonSettings, Theme
from scans.models.recurring_schedule import RecurringSchedule
from scans.models.saved_view import SavedView
from scans.models.scan_settings import ScanSettings
from scans.models.scheduler_lead import SchedulerLead
from scans.models.screenshot import Screenshot
from scans.models.security_event import SecurityEvent
from scans.models.status_count import StatusCount
from scans.models.system_part import AtWork, SystemPart
from scans.models.target_check import TargetCheck
from scans.models.target_login import TargetLogin
from scans.models.triage_mark import Mark, TriageMark
from scans.models.url_scan import PausedBy, UrlScan
from scans.models.webhook import Webhook, WebhookDelivery, WebhookEvent
