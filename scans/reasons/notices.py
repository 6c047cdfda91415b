"""Notices: true sentences beside a status that limit what it means. Each `code` has its next step, `next_code`."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "one_page": _("The scan saw one page only: {url}."),
    "next_one_page": _(
        "Open the page in a browser. If the site has more pages, submit an address with links to them, give the scan a "
        "login, or a crawl script that visits them."
    ),
}
