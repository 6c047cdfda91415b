"""Every setting, read from the environment in this one place. README.md has the table."""

import os
import secrets
import shutil
from pathlib import Path

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# Everything that the product writes to disk: database, key, engine sessions and logs.
VAR_DIR = Path(env.str("SCANS_VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _kept_secret(path: Path) -> str:
    """Return the secret kept in `path`, made once, readable by its owner alone.

    Written to a file of its own first and linked into place, so that two processes that start at
    the same moment end up with the same key.
    """
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="") or _kept_secret(VAR_DIR / "secret_key")
# What seals passwords and scripts at rest, newest first: older ones still open what they sealed.
SCANS_SECRET_KEYS = env.list("SCANS_SECRET_KEYS", default=[]) or [_kept_secret(VAR_DIR / "secrets_key")]
DEBUG = env.bool("DEBUG", default=False)
PORT = env.int("PORT", default=8000)
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=LOOPBACK_HOSTS)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- The product's own settings -------------------------------------------------------------

SCANS_ENGINE_PYTHON = Path(env.str("SCANS_ENGINE_PYTHON", default=str(BASE_DIR / ".engine/bin/python")))
# Hosts, networks and wildcards that may be scanned besides those an administrator allows in the admin.
# A dashboard that answers on loopback alone is a development set-up, and may scan loopback.
_ONLY_ON_LOOPBACK = set(ALLOWED_HOSTS) <= set(LOOPBACK_HOSTS)
SCANS_ALLOWED_TARGETS = env.list(
    "SCANS_ALLOWED_TARGETS", default=["localhost", "127.0.0.0/8", "::1"] if _ONLY_ON_LOOPBACK else []
)
SCANS_LEASE_SECONDS = env.int("SCANS_LEASE_SECONDS", default=30)
SCANS_TICK_SECONDS = env.float("SCANS_TICK_SECONDS", default=1.0)
SCANS_DEFAULT_DURATION_MINUTES = env.int("SCANS_DEFAULT_DURATION_MINUTES", default=24 * 60)
SCANS_REQUESTS_PER_SECOND = env.float("SCANS_REQUESTS_PER_SECOND", default=0)
SCANS_REPLAYS_PER_SECOND = env.float("SCANS_REPLAYS_PER_SECOND", default=20)
SCANS_SECONDS_BETWEEN_LOGINS = env.float("SCANS_SECONDS_BETWEEN_LOGINS", default=1)
SCANS_VERIFY_SECONDS = env.int("SCANS_VERIFY_SECONDS", default=300)
SCANS_CONNECT_TIMEOUT_SECONDS = env.float("SCANS_CONNECT_TIMEOUT_SECONDS", default=10)
_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
SCANS_CHROMIUM = env.str("SCANS_CHROMIUM", default=_CHROMIUM)
SCANS_DEMO_PORT = env.int("SCANS_DEMO_PORT", default=8081)
SCANS_TLS_VERIFY = env.bool("SCANS_TLS_VERIFY", default=True)

# --- Django -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "csp",
    "scans",
]

MIDDLEWARE = [
    "dashboard.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # a page of the list is 150 kB of much the same, 10 kB compressed
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",  # the browser's language; a person's own comes after it
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "scans.people.PersonMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "scans.people.person",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'dashboard.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets pages be read while a scan writes; IMMEDIATE takes the write lock at BEGIN, so that
    # two writers wait for each other (up to the time-out) instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    # Tests use a real file too: SQLite in memory locks differently.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Rows of the list, and other pieces of pages, as they were last made, in each process, each under all that it
# depends on: most are the same from one request to the next. 6 MB.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "rows": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "rows",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Scans run for hours and hold their worker; checks and verification must not wait behind them.
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["scans", "checks"],
    }
}

# English is the language of the source; the others' catalogues are in scans/locale (docs/translating.md).
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]  # each named as its readers name it
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.static_files.StaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "media"

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "scans:home"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = ["scans.people.WithSettings"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# --- Security -----------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# Behind a TLS proxy (README, "Running for real") this one switch turns on all that belongs to it.
BEHIND_HTTPS = env.bool("SCANS_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS
SECURE_SSL_REDIRECT = BEHIND_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
# A file of 250 URLs is far smaller; engine reports never come in through the web.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("SCANS_LOG_LEVEL", default="INFO")},
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
}
