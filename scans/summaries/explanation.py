"""Why a finding is one: the sentence for its module and kind, from what is stored about it."""

from scans.engines.events import Kind
from scans.models import Finding
from scans.reasons import Reason
from scans.results.injection_rules import shown_at

_BY_MODULE = {
    "backup": "why_left_file",
    "brute_login_form": "why_password_guessed",
    "buster": "why_found_file",
    "crlf": "why_header_injected",
    "exec": "why_command",
    "file": "why_file",
    "htaccess": "why_htaccess",
    "https_redirect": "why_clear_text",
    "ldap": "why_ldap_error",
    "nikto": "why_found_file",
    "redirect": "why_redirect",
    "shellshock": "why_command",
    "spring4shell": "why_class_loader",
    "sql": "why_database_error",
    "upload": "why_upload",
    "xss": "why_script",
    "xxe": "why_xml",
}
_BY_KIND = {
    Kind.BOOLEAN: "why_condition",
    Kind.TIME: "why_delay",
    Kind.OUT_OF_BAND: "why_call_back",
    Kind.POSSIBLE: "why_warning",
}
_TOKENS = {
    Kind.MISSING: "why_token_missing",
    Kind.UNCHECKED: "why_token_unchecked",
    Kind.PREDICTABLE: "why_token_predictable",
}
_POLICIES = {
    Kind.MISSING: "why_policy_missing",
    Kind.UNSAFE: "why_policy_unsafe",
    Kind.UNKNOWN: "why_policy_unknown",
}
_HEADERS = {Kind.MISSING: "why_header_missing", Kind.INVALID: "why_header_invalid"}
_CLEAR_TEXT = {Kind.MISSING: "why_clear_text", Kind.UNSAFE: "why_leads_to_clear_text"}
_FINGERPRINTS = dict.fromkeys(("web application framework", "web server", "web technology"), "why_software")
# Categories whose sentence names the subject.
_NAMED = {
    **{f"Fingerprint {what}": code for what, code in _FINGERPRINTS.items()},
    "HttpOnly Flag cookie": "why_cookie_http_only",
    "NS takeover": "why_takeover",
    "Secure Flag cookie": "why_cookie_secure",
    "Subdomain takeover": "why_takeover",
    "TLS/SSL misconfigurations": "why_tls",
    "Vulnerable software": "why_known_flaw",
}
_PLAIN = {
    "HTML Injection": "why_element",
    "Information Disclosure - Full Path": "why_full_path",
    "Resource consumption": "why_silence",
    "Stack Trace Disclosure": "why_stack_trace",
}
_STORED = ("Stored Cross Site Scripting", "Stored HTML Injection")
_POLICY = "Content Security Policy Configuration"


def why(finding: Finding) -> Reason:
    """Return why this finding is one. A finding of an unknown kind refers to the engine's own words."""
    return _of_category(finding) or _of_attack(finding)


def _of_category(finding: Finding) -> Reason | None:
    category, kind, subject = finding.category, finding.kind, finding.subject
    if category in _NAMED and subject:
        return Reason(_NAMED[category], name=subject)
    if category in _PLAIN:
        return Reason(_PLAIN[category])
    if category in _STORED or finding.module == "permanentxss":
        return Reason("why_stored_script", page=shown_at(finding))
    if category == "Internal Server Error":
        return Reason("why_server_error", status=finding.evidence_status or 500)
    if category == "HTTP Methods":
        return Reason("why_methods", names=subject) if subject else None
    if category == "Cross Site Request Forgery":
        return Reason(_TOKENS.get(kind, "why_token_missing"))
    if category == "Unencrypted Channels":
        return Reason(_CLEAR_TEXT.get(kind, "why_clear_text"))
    if category == _POLICY:
        return Reason(_POLICIES[kind], name=subject) if subject and kind in _POLICIES else Reason("why_no_policy")
    return Reason(_HEADERS[kind], name=subject) if subject and kind in _HEADERS else None


def _of_attack(finding: Finding) -> Reason:
    code = _BY_KIND.get(finding.kind) or _BY_MODULE.get(finding.module)
    return Reason(code) if code else Reason("why_module", module=finding.module or "?")
