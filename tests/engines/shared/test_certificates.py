"""Which certificates product and engine trust."""

import ssl

from scans.engines.shared.certificates import certificate_problem, tls_context


def test_a_context_verifies_name_and_certificate_or_neither():
    strict, lenient = tls_context(True), tls_context(False)
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (lenient.verify_mode, lenient.check_hostname) == (ssl.CERT_NONE, False)


def test_the_problem_is_found_below_the_errors_of_libraries():
    problem = ssl.SSLCertVerificationError("it")
    problem.verify_message = "certificate has expired"
    try:
        try:
            raise problem
        except ssl.SSLError as error:
            raise OSError("connect") from error
    except OSError as error:
        assert certificate_problem(error) == "certificate has expired"


def test_another_error_is_no_problem_of_a_certificate():
    assert certificate_problem(OSError("refused")) == "" and certificate_problem(None) == ""
    itself = OSError("refused")
    itself.__cause__ = itself
    assert certificate_problem(itself) == ""
