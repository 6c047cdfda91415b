"""Why a webhook could not be told of an event, or is switched off."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "webhook_answered": _("The receiver answered {status}. Only 200 to 299 count as delivered."),
    "webhook_redirected": _("The receiver answered {status}, which leads elsewhere. Redirects are not followed."),
    "webhook_unreached": _("No answer came: {error}"),
    "webhook_unresolved": _("The name of the receiver does not resolve: {error}"),
    "webhook_refused": _("Nothing was sent: {error}"),
    "webhook_gave_up": _("Nothing could be delivered for a day. The last reason: {why}"),
    "webhook_gone": _("The receiver answered 410: it wants nothing more."),
}
