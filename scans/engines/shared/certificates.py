"""Which certificates are trusted: the same ones in the product and in its engine, which imports this file by path."""

import ssl


def tls_context(verify: bool) -> ssl.SSLContext:
    """Return a TLS context that trusts the certificates of this machine (or of SSL_CERT_FILE), or any certificate."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def certificate_problem(error: BaseException | None) -> str:
    """Return why a certificate was not trusted, if that caused an error; empty if something else did."""
    known: set[int] = set()  # an error may be its own cause
    while error is not None and id(error) not in known:
        if isinstance(error, ssl.SSLCertVerificationError):
            return str(error.verify_message or error)
        known.add(id(error))
        error = error.__cause__ or error.__context__
    return ""
