"""The events of the security log. The part of a code before the dot is the kind that the page filters by.

The log shows who did it, and to what (the subject), beside the sentence. A fact never holds a secret.
"""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "login": _("Logins"),
    "account": _("Accounts and roles"),
    "settings": _("Settings and allowed targets"),
    "worker": _("Workers"),
    "secret": _("Secrets"),
    "refused": _("Refused attempts"),
    "log": _("This log"),
}

SENTENCES = {
    # Logins
    "login.succeeded": _("logged in"),
    "login.succeeded_with": _("logged in with {way}"),
    "login.failed": _("failed to log in"),
    "login.failed_unknown": _("failed to log in: there is no such account"),
    "login.second_factor_failed": _("failed to confirm the login with the second factor"),
    "login.failed_token": _("sent an API token that does not exist"),
    "login.provider_failed": _("failed to log in through the provider: {why}"),
    "login.locked": _("logging in is locked until {until}, after too many failed attempts"),
    "login.unlocked": _("unlocked logging in"),
    "login.ended": _("logged out"),
    "login.others_ended": _("logged out the account's other sessions"),
    "login.one_ended": _("logged out one session of the account: {browser}"),
    "login.all_ended": _("logged out all sessions of the account"),
    # Accounts and roles
    "account.created": _("created the account"),
    "account.deleted": _("deleted the account"),
    "account.changed": _("changed {field}: {before} → {after}"),
    "account.flag_set": _("set the mark “{field}”"),
    "account.flag_cleared": _("removed the mark “{field}”"),
    "account.roles_changed": _("changed the roles: {before} → {after}"),
    "account.switched_off": _("switched the account off"),
    "account.switched_on": _("switched the account on again"),
    "account.password_changed": _("changed the password"),
    "account.password_set": _("set a new password"),
    "account.second_factor_added": _("added a second factor: {factor}"),
    "account.second_factor_removed": _("removed a second factor: {factor}"),
    "account.recovery_codes_made": _("made new recovery codes"),
    "account.provider_linked": _("linked the account with {provider}"),
    "account.token_made": _("made the API token “{token}” for: {scopes}"),
    "account.token_revoked": _("revoked the API token “{token}”"),
    "account.role_changed": _("changed the permissions of the role: {before} → {after}"),
    # Settings
    "settings.added": _("added the row"),
    "settings.changed": _("changed {field}: {before} → {after}"),
    "settings.removed": _("removed the row"),
    "settings.webhook_changed": _("changed the webhook"),
    "settings.webhook_on": _("switched the webhook on"),
    "settings.webhook_off": _("switched the webhook off"),
    "settings.webhook_failed": _("switched the webhook off. {why}"),
    # Workers
    "worker.drained": _("drained the worker: it finishes what it runs and takes nothing new"),
    "worker.handed_over": _("drained the worker: it hands over what it runs and takes nothing new"),
    "worker.resumed": _("let the worker take tasks again"),
    # Secrets: never what they are
    "secret.access_replaced": _("replaced login and crawl script of the URL"),
    "secret.access_removed": _("removed login and crawl script of the URL"),
    "secret.headers_changed": _("changed the headers of requests, whose values are secret"),
    "secret.webhook_rotated": _("made a new secret for the webhook"),
    "secret.seen": _("saw that a login or crawl script is stored for the URL"),
    # Refused attempts
    "refused.action": _("asked for “{asked}” and was refused: {why}"),
    "refused.page": _("asked for {method} {path} and was refused"),
    "refused.form": _("sent a form to {path} that did not come from a page of the same login"),
    # The log itself
    "log.exported": _("downloaded the security log"),
    "log.expired": _("removed entries from before {until} ({count})"),
}
