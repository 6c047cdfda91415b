"""Why a target may not be scanned, and what the checks of its connection saw."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "check_target_policy": _("target policy"),
    "check_name_resolution": _("name resolution"),
    "check_connection": _("connection"),
    "check_tls": _("TLS"),
    "check_page": _("page"),
    "check_login": _("login"),
    "check_logout": _("logout"),
    "check_crawl_script": _("crawl script"),
    "both_checks": _("{first} and {second}"),
    "both": "{first} {second}",
    "allowed": _("Allowed."),
    "not_used": _("Not used."),
    "port_accepts": _("{address} port {port} accepts connections."),
    "page_answers": _("{url} answers {status}."),
    "page_refuses_strangers": _("{url} answers {status} to visitors who are not logged in."),
    "name_not_resolved": _("The name {host} does not resolve: {error}."),
    "connection_timed_out": _("{address} port {port} does not answer."),
    "connection_refused": _("{address} refuses connections to port {port}."),
    "connection_failed": _("No connection to {address} port {port}: {error}."),
    "certificate_refused": _("The site's certificate is not trusted: {error}."),
    "tls_impossible": _("No TLS connection can be made: {error}."),
    "redirect_to_no_address": _("{url} redirects to {address}, which is not an address."),
    "redirect_out_of_scope": _(
        "{url} redirects to {address}, which is not below it. If that is the site you mean, submit that address."
    ),
    "lead_out_of_scope": _(
        "{url} leads to {address}, which is not below it. If that is the site you mean, submit that address."
    ),
    "frames_out_of_scope": _(
        "{url} has nothing of its own: it only shows {address} in a frame. If that is the site you mean, submit that "
        "address."
    ),
    "lead_left_out": _("{url} leads to {address}, which is left out of the scan."),
    "page_leads_on": _("{url} leads to another page, as in a browser. {page}"),
    "redirect_left_out": _("{url} redirects to {address}, which is left out of the scan."),
    "too_many_redirects": _("{url} redirects more than {count} times."),
    "page_gives_no_answer": _("{url} gives no answer: {error}."),
    "only_server_errors": _("{url} answered {status} each of {count} times."),
    "login_required": _("{url} answers 401: it needs a login."),
    "no_page_to_start_from": _("{url} answers {status}: there is no page to start from."),
    "empty_page": _("{url} answers {status} with an empty page."),
    "refused_too_many": _("The site answers {status}: it refuses so many requests."),
    "refused_unavailable": _("The site answers {status}: it takes no requests at the moment."),
    "refused_challenge": _("The site answers {status} with a page that asks visitors to prove that they are human."),
    "refused_page_gone": _(
        "The site answers {status} where it answered {usual} before: the page is gone, or the site turns us away."
    ),
    "refused_block_page": _(
        "The site answers {status} with a page that turns us away. Before, it answered {usual} at this address."
    ),
    "url_too_long": _("{url} is longer than 2,000 characters."),
    "url_too_long_in_full": _("{url} is longer than 2,000 characters when written in full."),
    "url_has_space": _("{url} contains a space or control character."),
    "url_unreadable": _("{url} is not a URL: its host or port cannot be read."),
    "url_scheme": _("{url} must start with http:// or https://."),
    "url_has_credentials": _("{url} contains a user name or password. Leave it out of the URL."),
    "url_without_host": _("{url} names no host."),
    "url_port_zero": _("{url} names port 0, on which nothing can listen."),
    "url_host_invalid": _("{url} has a host that is not valid: {error}."),
    "host_brackets": _("brackets hold an IPv6 address and nothing else"),
    "host_letters": _("host names are made of letters, digits and hyphens, 63 at most between two dots"),
    "host_numbers": _("an address is written as four numbers with dots"),
    "same_target": _("“{line}” is the same target as “{first}” ({place})."),
    "is_this_dashboard": _("“{url}” is this dashboard itself, which is never scanned."),
    "may_be_this_dashboard": _(
        "“{url}” may be this dashboard itself, which is never scanned: ALLOWED_HOSTS lets it answer to every name "
        "there. An administrator can name its one host in ALLOWED_HOSTS instead."
    ),
    "is_metadata_service": _("“{url}” is a cloud metadata service, which is never scanned."),
    "leads_to_private": _(
        "“{url}” leads to {address}, a private address that is not allowed. An administrator can allow its network, "
        "in the admin under Allowed targets."
    ),
    "host_not_allowed": _(
        "“{url}” may not be scanned: “{host}” is not allowed. An administrator can allow it, in the admin under "
        "Allowed targets."
    ),
    "worker_refuses": _(
        "The workers of “{worker}” have an allow-list of their own, the setting SCANS_WORKER_TARGETS there, which does "
        "not allow this target: {error}"
    ),
    "leads_to_link_local": _(
        "“{url}” leads to {address}, a link-local, site-local or cloud metadata address, which is never scanned."
    ),
    "leads_to_no_site": _("“{url}” leads to {address}, which is not the address of a site."),
}
