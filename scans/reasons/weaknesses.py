"""Why a finding is one, in our own words: one sentence for each kind of proof."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    # The answer to an attack
    "why_database_error": _(
        "The injected value made the database report an error. So the value becomes part of a query, and an attacker "
        "can write queries of their own."
    ),
    "why_condition": _(
        "Two values were injected that differ only in a condition: one true, one false. The site answered them "
        "differently, so the condition was evaluated as part of a query."
    ),
    "why_delay": _(
        "The injected value tells the server to wait, and the answer came that much later. So the server carries out "
        "what is injected."
    ),
    "why_call_back": _(
        "The injected value names a server of the engine's, and the site connected to it. So the site follows what is "
        "injected."
    ),
    "why_warning": _(
        "The answer has a warning that is usual where an injected value is used unchecked. This is a hint, not a proof."
    ),
    "why_script": _(
        "The injected text came back in the page as a script. A link with it runs the attacker's script in the browser "
        "of whoever opens it."
    ),
    "why_stored_script": _(
        "The injected text was stored, and {page} shows it as a script. It runs in the browser of everybody who opens "
        "that page."
    ),
    "why_element": _(
        "The injected text came back as an element of the page. A link with it shows the attacker's content under the "
        "site's name."
    ),
    "why_redirect": _(
        "The injected address is where the site sends its visitor. A link to the site can lead people to an attacker's "
        "page."
    ),
    "why_header_injected": _(
        "The injected line break made a header of its own in the answer. So an attacker can add headers and content."
    ),
    "why_file": _(
        "The injected value names a file of the server, and the answer shows its content, or the error of opening it."
    ),
    "why_command": _(
        "The answer contains the output of a command or a program that was injected. So the server runs it."
    ),
    "why_xml": _("The injected XML names a file of the server, and the answer shows its content."),
    "why_ldap_error": _(
        "The injected value made the directory report an error. So the value becomes part of a query to it."
    ),
    "why_class_loader": _(
        "The injected parameter reaches the class loader of the server: the site answers with an error, and without "
        "one to another parameter."
    ),
    "why_server_error": _(
        "The site answered {status} to the injected value. It does not expect such a value, and fails inside."
    ),
    "why_silence": _(
        "The injected value kept the site from answering in time. A few such requests can occupy the whole server."
    ),
    "why_upload": _("The site stored a file of a kind that it should refuse, such as a program."),
    "why_password_guessed": _("A user name and a password from a list of usual ones were accepted by the login form."),
    # Observations
    "why_left_file": _(
        "The site hands out a copy of a file that was not meant for visitors. It may hold source code or passwords."
    ),
    "why_found_file": _("The address is not linked, but the site answers it. Its name was guessed from a list."),
    "why_htaccess": _(
        "The page refuses a usual request, and answers one with an unknown method. So its protection can be bypassed."
    ),
    "why_token_missing": _(
        "The form changes something and has no token that only the site knows. Another site can send it in the name of "
        "a visitor who is logged in."
    ),
    "why_token_unchecked": _("The form has a token, and the site accepts the form with a wrong one, or with none."),
    "why_token_predictable": _("The form has a token that an attacker can guess, because it hardly changes."),
    "why_header_missing": _("The answer lacks the header {name}, by which browsers protect the visitors of a site."),
    "why_header_invalid": _("The header {name} of the answer has a value that browsers ignore."),
    "why_policy_missing": _(
        "The Content-Security-Policy of the answer says nothing about {name}. So an injected script or frame would be "
        "allowed there."
    ),
    "why_no_policy": _(
        "The answer has no Content-Security-Policy. So nothing in the browser stops a script that was injected."
    ),
    "why_policy_unsafe": _("The Content-Security-Policy of the answer allows so much in {name} that it stops little."),
    "why_policy_unknown": _("The Content-Security-Policy of the answer has {name}, which no browser knows."),
    "why_cookie_secure": _(
        "The cookie {name} has no flag Secure. So the browser also sends it without encryption, where others can read "
        "it."
    ),
    "why_cookie_http_only": _(
        "The cookie {name} has no flag HttpOnly. So a script in the page can read it, and send it to an attacker."
    ),
    "why_methods": _("The server accepts methods that sites rarely need ({names}). They may change or reveal things."),
    "why_clear_text": _("The site sends and takes data without encryption, where others can read and change it."),
    "why_leads_to_clear_text": _("The site leads its visitors from an encrypted address to one without encryption."),
    "why_tls": _("The encryption of the site was looked at, and shows a weakness: {name}."),
    "why_software": _(
        "The answer reveals which software the site uses: {name}. This helps attackers to choose. It is no weakness by "
        "itself."
    ),
    "why_known_flaw": _("The site uses software of a version with a known flaw: {name}."),
    "why_stack_trace": _("An error page shows the inside of the program, which helps attackers."),
    "why_full_path": _("The answer shows where files lie on the server, which helps attackers."),
    "why_takeover": _(
        "A name of the site points to {name}, which nobody owns. Whoever registers it speaks for the site."
    ),
    "why_module": _("The engine's module {module} reports it. Its own words are below."),
}
