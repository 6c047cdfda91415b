"""The steps and pictures of the checks, and the files of a scan: storing and removing them."""

from functools import cache

from scans import artifacts, transitions
from scans.configuration.secret_headers import rules_of
from scans.database import clock
from scans.models import CrawlScript, TargetCheck, TargetLogin, UrlScan
from scans.prescan.checks import CheckReport, Target
from scans.targets.refusal import Seen


def keep_checks(url_scan: UrlScan, report: CheckReport, occasion: str) -> None:
    """Store the steps of the checks and their pictures, for Scan Details, and what the site usually answers.

    Raises LeaseLost if another worker holds the scan.
    """
    if report.connection.usual and not report.failure:
        url_scan.usual_answer = report.connection.usual.to_json()
    _keep(url_scan, report, occasion)


@transitions.by_holder
def _keep(url_scan: UrlScan, report: CheckReport, occasion: str) -> None:
    now = clock.now()
    checks = TargetCheck.objects.bulk_create(
        TargetCheck(
            url_scan=url_scan,
            at=now,
            occasion=occasion,
            step=step.name,
            passed=not step.reason,
            reason=step.reason,
            detail=step.detail,
            milliseconds=step.milliseconds,
        )
        for step in report.steps
    )
    if report.connection.usual and not report.failure:
        UrlScan.objects.filter(pk=url_scan.pk).update(usual_answer=report.connection.usual.to_json())
    by_step = {check.step: check for check in checks}
    for picture in report.pictures:
        artifacts.keep_picture(url_scan, picture.shows, picture.image, by_step.get(picture.step))


@transitions.by_holder
def keep_picture(url_scan: UrlScan, shows: str, image: bytes) -> None:
    """Store a picture of the target. Raises LeaseLost if another worker holds the scan."""
    artifacts.keep_picture(url_scan, shows, image)


class OpenedContents:
    """Logins and crawl scripts, opened: each once, however many URL scans refer to it. Both raise KeyLost."""

    def __init__(self):
        self.login = cache(lambda pk: TargetLogin.objects.defer(None).get(pk=pk).opened())
        self.script = cache(lambda pk: CrawlScript.objects.defer(None).get(pk=pk).text())


def target_of(url_scan: UrlScan, contents: OpenedContents | None = None) -> Target:
    """Return the target of this URL scan for the checks, with its secrets opened. Raises CANNOT_BE_USED.

    For several URL scans, `contents` keeps what they share.
    """
    contents = contents or OpenedContents()
    return Target(
        url=url_scan.url,
        login=contents.login(url_scan.login_id) if url_scan.login_id else None,
        crawl_script=contents.script(url_scan.crawl_script_id) if url_scan.crawl_script_id else "",
        rules=rules_of(url_scan),
        usual=Seen.from_json(url_scan.usual_answer),
    )


def remove_files(url_scan: UrlScan) -> None:
    """Delete the scan's pictures and everything that the engine left. Raises OSError; it can run again then."""
    if problems := artifacts.remove_pictures(url_scan) + artifacts.remove(url_scan):
        raise problems[0]
