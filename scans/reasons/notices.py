"""Notices: true sentences beside a status that limit what it means. Each `code` has its next step, `next_code`."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "one_page": _("The scan saw one page only: {url}."),
    "next_one_page": _(
        "Open the page in a browser. If the site has more pages, submit an address with links to them, give the scan a "
        "login, or a crawl script that visits them."
    ),
    "login_only": _("The scan saw nothing but a login page: {url}."),
    "next_login_only": _(
        "Give the scan a login, so that it sees the pages behind it. If it has one, see on Scan Details whether the "
        "login works, and submit an address behind it."
    ),
    "scripts_only": _(
        "{url} lives on its scripts. The scan did not see what they ask for, so the API behind the page was not tested."
    ),
    "next_scripts_only": _(
        "Record a crawl script that uses the application: the addresses that its scripts ask for are then scanned, "
        "too. Or submit addresses of the API."
    ),
    "description_not_read": _(
        "The site describes an API ({kind}) at {url}. The scan does not read it, and asked hardly any address in it."
    ),
    "next_description_not_read": _(
        "Submit addresses of the API as URLs of the analysis, or record a crawl script that asks for them."
    ),
    "frames_not_followed": _(
        "The scan saw one page only: {url}. It shows {address} in a frame, which belongs to another site and was not "
        "scanned."
    ),
    "next_frames_not_followed": _("If that is the site you mean, submit {address} instead."),
    "lead_not_followed": _("{url} leads a browser to {address}, where the scan did not get."),
    "next_lead_not_followed": _("Submit {address} instead."),
    "modules_broke": _("Errors inside the engine: {count}. Modules: {names}. What they dropped was not tested."),
    "next_modules_broke": _(
        "See on Scan Details which addresses are concerned, and test these by other means. Run the analysis again: if "
        "the errors return, show the engine log to an administrator."
    ),
    "addresses_dropped": _("The crawl dropped addresses that it could not read: {count}. They were not scanned."),
    "next_addresses_dropped": _("See on Scan Details which ones, and open them in a browser."),
    "pages_read_in_part": _("Pages larger than 2 MB: {count}. Links and forms beyond that were not seen."),
    "next_pages_read_in_part": _("See on Scan Details which ones. Submit addresses that only they lead to."),
    "requests_refused": _(
        "The site refused requests: {refused} of {requests}. The scan waited, slowed down and repeated what it could."
    ),
    "next_requests_refused": _(
        "Have the site admit the scanner's address, or have an administrator lower SCANS_REQUESTS_PER_SECOND. Then run "
        "the analysis again, because pages or weaknesses may be missing."
    ),
}
