"""Why a login through the OpenID Connect provider failed. Each sentence also says what to do."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    # Somebody's choice, or time
    "provider_cancelled": _("You cancelled the login at {provider}. Try again, or log in with a password."),
    "provider_login_unknown": _(
        "This browser has no such login in progress: it is older than ten minutes, was used already, or began in "
        "another browser. Log in again."
    ),
    # The provider and the connection to it
    "provider_down": _(
        "{provider} cannot be reached. Try again in a few minutes. If it stays so, an administrator checks that this "
        "machine reaches the address in SCANS_OIDC_ISSUER."
    ),
    "provider_certificate": _(
        "The certificate of {provider} is not trusted, so nothing was sent there. An administrator renews it, or "
        "names the authority that issued it in REQUESTS_CA_BUNDLE."
    ),
    "provider_answer": _(
        "{provider} gives an answer that OpenID Connect does not know: {problem}. An administrator checks "
        "SCANS_OIDC_ISSUER: below that address the provider has /.well-known/openid-configuration."
    ),
    "provider_issuer": _(
        "The address in SCANS_OIDC_ISSUER answers as another provider, {found}. An administrator sets "
        "SCANS_OIDC_ISSUER to exactly what the provider calls its issuer."
    ),
    "provider_secret": _(
        "{provider} does not accept this dashboard's client id or secret. An administrator checks "
        "SCANS_OIDC_CLIENT_ID and SCANS_OIDC_CLIENT_SECRET."
    ),
    "provider_refused": _(
        "{provider} refused the login with the code “{code}”. An administrator finds the reason in the log of the "
        "provider."
    ),
    "provider_token": _(
        "The proof of who you are that {provider} sent is not valid: {problem}. Try again. If it stays so, an "
        "administrator checks the clocks of both machines and SCANS_OIDC_CLIENT_ID."
    ),
    # The account
    "provider_no_role": _(
        "{provider} lists you in groups that give no role here: {groups}. Ask an administrator to put you into a "
        "group of SCANS_OIDC_ROLES."
    ),
    "provider_no_groups": _(
        "{provider} lists you in no group, and here a group gives the role. Ask an administrator to put you into a "
        "group of SCANS_OIDC_ROLES. The provider must send groups in the claim “{claim}”."
    ),
    "provider_no_account": _(
        "No account here has the e-mail address {name}, by which {provider} knows you. Ask an administrator to create "
        "one with this address."
    ),
    "provider_no_account_name": _(
        "No account here has the name {name}, by which {provider} knows you. Ask an administrator to create one with "
        "this name."
    ),
    "provider_unproven_address": _(
        "{provider} does not say that it checked your e-mail address, so no account here is yours for certain. An "
        "administrator reads “Known accounts” in docs/accounts.md."
    ),
    "provider_name_taken": _(
        "An account named {name} exists here, and it is not known to be yours. Log in with its password if it is "
        "yours. Otherwise ask an administrator to give it the e-mail address that {provider} has of you."
    ),
    "provider_no_name": _(
        "{provider} gives no user name that can be used here. An administrator lets it send the claim "
        "“preferred_username” or “email”."
    ),
    "provider_account_off": _("Your account {name} is switched off here. An administrator can switch it on again."),
    "provider_superuser": _(
        "{name} is a superuser's account. It never belongs to a provider, so that there is always a way in: log in "
        "with its password."
    ),
    # The words for a problem
    "provider_no_json": _("no JSON object"),
    "provider_status": _("status {status}"),
    "provider_lacks": _("“{name}” is missing"),
    "provider_not_https": _("“{name}” is not an https address"),
    "provider_other_nonce": _("it belongs to another login"),
    "provider_other_subject": _("it is about another person than the user information"),
    "provider_bad_signature": _("signature, audience, issuer or time is wrong"),
}
