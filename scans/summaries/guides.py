"""The official pages about a weakness: of the CWE, and of OWASP's testing guide (WSTG) and secure headers (OSHP)."""

from collections.abc import Iterable

_CWE = "https://cwe.mitre.org/data/definitions/{}.html"
_WSTG = "https://owasp.org/www-project-web-security-testing-guide/stable/4-Web_Application_Security_Testing/"
_LATEST = "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/"
_OSHP = "https://owasp.org/www-project-secure-headers/"
_CHAPTERS = {
    "INFO": "01-Information_Gathering/",
    "CONF": "02-Configuration_and_Deployment_Management_Testing/",
    "ATHN": "04-Authentication_Testing/",
    "ATHZ": "05-Authorization_Testing/",
    "SESS": "06-Session_Management_Testing/",
    "INPV": "07-Input_Validation_Testing/",
    "ERRH": "08-Testing_for_Error_Handling/",
    "CRYP": "09-Testing_for_Weak_Cryptography/",
    "BUSL": "10-Business_Logic_Testing/",
    "CLNT": "11-Client-side_Testing/",
}
# Every test that the engine's findings name.
_TESTS = {
    "WSTG-INFO-02": "02-Fingerprint_Web_Server",
    "WSTG-INFO-03": "03-Review_Webserver_Metafiles_for_Information_Leakage",
    "WSTG-INFO-08": "08-Fingerprint_Web_Application_Framework",
    "WSTG-CONF-01": "01-Test_Network_Infrastructure_Configuration",
    "WSTG-CONF-04": "04-Review_Old_Backup_and_Unreferenced_Files_for_Sensitive_Information",
    "WSTG-CONF-06": "06-Test_HTTP_Methods",
    "WSTG-CONF-07": "07-Test_HTTP_Strict_Transport_Security",
    "WSTG-CONF-10": "10-Test_for_Subdomain_Takeover",
    "WSTG-CONF-12": "12-Test_for_Content_Security_Policy",
    "WSTG-ATHN-07": "07-Testing_for_Weak_Password_Policy",
    "WSTG-ATHZ-01": "01-Testing_Directory_Traversal_File_Include",
    "WSTG-SESS-02": "02-Testing_for_Cookies_Attributes",
    "WSTG-SESS-05": "05-Testing_for_Cross_Site_Request_Forgery",
    "WSTG-INPV-01": "01-Testing_for_Reflected_Cross_Site_Scripting",
    "WSTG-INPV-02": "02-Testing_for_Stored_Cross_Site_Scripting",
    "WSTG-INPV-05": "05-Testing_for_SQL_Injection",
    "WSTG-INPV-06": "06-Testing_for_LDAP_Injection",
    "WSTG-INPV-07": "07-Testing_for_XML_Injection",
    "WSTG-INPV-09": "09-Testing_for_XPath_Injection",
    "WSTG-INPV-11": "11-Testing_for_Code_Injection",
    "WSTG-INPV-12": "12-Testing_for_Command_Injection",
    "WSTG-INPV-15": "15-Testing_for_HTTP_Splitting_Smuggling",
    "WSTG-INPV-19": "19-Testing_for_Server-Side_Request_Forgery",
    "WSTG-ERRH-01": "01-Testing_For_Improper_Error_Handling",
    "WSTG-CRYP-01": "01-Testing_for_Weak_Transport_Layer_Security",
    "WSTG-CRYP-03": "03-Testing_for_Sensitive_Information_Sent_via_Unencrypted_Channels",
    "WSTG-BUSL-08": "08-Test_Upload_of_Unexpected_File_Types",
    "WSTG-CLNT-03": "03-Testing_for_HTML_Injection",
    "WSTG-CLNT-04": "04-Testing_for_Client-side_URL_Redirect",
}
_ONLY_IN_LATEST = {"WSTG-CONF-12"}


def guides(cwe: Iterable[int], wstg: Iterable[str]) -> list[tuple[str, str]]:
    """Return each number of a finding with the address of its official page; an unknown one has no address."""
    return [(f"CWE-{number}", _CWE.format(number)) for number in cwe] + [(code, _address(code)) for code in wstg]


def _address(code: str) -> str:
    if code.startswith("OSHP-"):
        return _OSHP
    if code not in _TESTS:
        return ""
    base = _LATEST if code in _ONLY_IN_LATEST else _WSTG
    return f"{base}{_CHAPTERS[code.split('-')[1]]}{_TESTS[code]}"
