"""Jobs that scan the members' site behind its login."""

from scans.engines.base import Cookie, LoggedOutRule, Session, SessionProbe
from scans.engines.events import FindingReported

SECRET = "s3cr3t-session-value"
TOKEN = "t0p-s3cr3t-token"


def session(value=SECRET):
    return Session(
        cookies=(Cookie(name="sid", value=value, domain="127.0.0.1"),), headers=(("X-Token", f"Bearer {TOKEN}"),)
    )


def signs(site):
    return {
        "logged_out": LoggedOutRule(login_url=f"{site.url}login"),
        "session_probe": SessionProbe(url=site.url, logged_in_pattern="Members"),
    }


def behind_login(site, job, **values):
    site.let_in(SECRET)
    return job(
        site.url,
        session=values.pop("session", session()),
        **signs(site),
        excluded=(f"{site.url}logout",),
        **{"modules": ("xss", "cookieflags"), **values},
    )


def found(heard):
    return {(finding.category, finding.url, finding.parameter) for finding in heard.of(FindingReported)}
