"""The person who asks, by a token. A login in the browser opens the description of the API, and nothing else."""

from django.contrib.auth import SESSION_KEY
from rest_framework.authentication import BaseAuthentication

from scans.accounts import guessing, sessions, tokens
from scans.api.problems import Problem
from scans.database import clock
from scans.models import ApiToken

CHALLENGE = 'Bearer realm="Dynamic Analyses"'
A_TOKEN = "\0API token"  # noqa: S105 - what guesses are counted under: no account has such a name


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer TOKEN`."""

    def authenticate(self, request) -> tuple | None:
        """The person of the token, and its row. Raises Problem for a token that is wrong, over or revoked."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            return None
        token = tokens.find(text.strip())
        if token is None:
            self._count_guess(request)
            raise _refused("token_unknown", "There is no such token.")
        if token.revoked_at:
            raise _refused("token_revoked", "This token was revoked. Make another one in your settings.")
        if token.has_expired:
            raise _refused("token_expired", "This token has expired. Make another one in your settings.")
        person = tokens.person_of(token)
        if person is None:
            raise _refused("account_off", "The account of this token is switched off.")
        tokens.note_use(token)
        return person, token

    def authenticate_header(self, request) -> str:
        """The header that a program has to send."""
        return CHALLENGE

    def _count_guess(self, request) -> None:
        """Count it as a guess, like one of a password. Raises Problem while a pause lasts."""
        try:
            attempt = guessing.begin(request._request, A_TOKEN)
        except guessing.TooManyFailures as pause:
            seconds = int((pause.until - clock.now()).total_seconds()) + 1
            text = "Too many wrong tokens were sent from here."
            raise Problem(429, "too_many_guesses", text, headers={"Retry-After": str(seconds)}) from pause
        guessing.note("login.failed_token", request=request._request)
        attempt.failed()


class SessionAuthentication(BaseAuthentication):
    """A login in the browser that has not ended."""

    def authenticate(self, request) -> tuple | None:
        """The person at the browser."""
        plain = request._request
        if SESSION_KEY not in plain.session or not plain.user.is_authenticated or sessions.is_over(plain):
            return None
        return plain.user, None


def _refused(code: str, text: str) -> Problem:
    return Problem(401, code, text, headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'})


def token_of(request) -> ApiToken | None:
    """The token of the request; None for a login in the browser."""
    return request.auth
