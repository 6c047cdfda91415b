"""/.well-known/security.txt (RFC 9116): whom to tell about a weakness of this installation."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

# RFC 9116 advises less than a year. It is counted from today, so no one has to renew it.
VALID = timedelta(days=180)


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Answer the file to anybody. 404 unless SCANS_SECURITY_CONTACT names a contact."""
    if not settings.SCANS_SECURITY_CONTACT:
        raise Http404
    expires = datetime.combine(datetime.now(UTC) + VALID, time.min)
    lines = [f"Contact: {contact}" for contact in settings.SCANS_SECURITY_CONTACT]
    lines.append(f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}")
    lines.append("Preferred-Languages: " + ", ".join(code.partition("-")[0] for code, _ in settings.LANGUAGES))
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
