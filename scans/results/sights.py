"""The notices that follow from the crawl as a whole: it saw little, or not the part that matters."""

from scans.engines.events import CrawlSeen
from scans.models import UrlScan
from scans.reasons import Notice

MOST_NAMED = 3  # descriptions whose address a notice names


def notices_of(seen: CrawlSeen, url_scan: UrlScan, led_to: str = "") -> list[Notice]:
    """Return the notices for a crawl. `led_to` is the page that the target led to when it was checked, if it did.

    Of several reasons why a crawl saw little, only the most exact one is named.
    """
    url = url_scan.url
    notices = []
    if seen.only_login:
        notices.append(Notice("login_only", url=url))
    elif seen.only_scripts:
        notices.append(Notice("scripts_only", url=url))
    elif seen.pages + seen.data <= 1 and seen.frames:
        notices.append(Notice("frames_not_followed", url=url, address=", ".join(seen.frames)))
    elif seen.pages + seen.data <= 1:
        notices.append(Notice("one_page", url=url))
    if seen.descriptions:
        kinds, addresses = zip(*seen.descriptions, strict=True)
        facts = {"kind": ", ".join(sorted(set(kinds))), "url": ", ".join(addresses[:MOST_NAMED])}
        notices.append(Notice("description_not_read", **facts))
    if led_to and not url_scan.crawled_urls.filter(url=led_to.partition("?")[0], answer__gt=0).exists():
        notices.append(Notice("lead_not_followed", url=url, address=led_to))
    return notices
