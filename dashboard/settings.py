"""Every setting, read from the environment in this one place. docs/settings.md has the table."""

import os
import secrets
import shutil
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from dashboard.environment import (
    Hidden,
    contacts,
    database,
    flag,
    group_roles,
    hosts,
    issuer,
    items,
    log_level,
    networks,
    number,
    one_of,
    origins,
    private_folder,
    refuse,
    roles,
    targets,
    text,
    zones,
)
from dashboard.file_storage import file_storage

BASE_DIR = Path(__file__).resolve().parent.parent

# The folder of everything that the product writes to disk: database, keys, pictures, engine sessions and logs.
VAR_DIR = private_folder("SCANS_VAR_DIR", BASE_DIR / "var")


def _kept_secret(path: Path) -> str:
    """The secret in the file `path`, which only its owner can read. Makes the file at the first start.

    Writes a draft and links it into place, so that two processes that start at the same moment get the same secret.
    """
    try:
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
    except OSError as error:
        refuse("SCANS_VAR_DIR", f"a folder where {path.name} can be read or made ({error.strerror})", str(path.parent))


SECRET_KEY = text("SECRET_KEY") or _kept_secret(VAR_DIR / "secret_key")
# The keys that encrypt passwords and scripts in the database, newest first. Older keys can still decrypt.
SCANS_SECRET_KEYS = items("SCANS_SECRET_KEYS", []) or [_kept_secret(VAR_DIR / "secrets_key")]
if any(len(key) < 32 for key in SCANS_SECRET_KEYS):  # shorter keys can be guessed
    refuse("SCANS_SECRET_KEYS", "keys of 32 characters or more, with commas (`openssl rand -base64 32` prints one)")
DEBUG = flag("DEBUG", False)
PORT = number("PORT", 8000, 1, 65535)
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", LOOPBACK_HOSTS)
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS")
# Nobody else reaches the dashboard: it has no other name, and `make run` listens nowhere else.
ONLY_ON_LOOPBACK = {*ALLOWED_HOSTS, text("SCANS_BIND", "localhost")} <= {*LOOPBACK_HOSTS, "::1"}

# --- The product ----------------------------------------------------------------------------

# Background processes
SCANS_WORKERS = number("SCANS_WORKERS", 2, 0, 1000)  # the Makefile uses it; it is read here to be checked
SCANS_TICK_SECONDS = number("SCANS_TICK_SECONDS", 1.0, 0.1, 20)  # a scheduler is missing after 30 s without a tick
SCANS_LEASE_SECONDS = number("SCANS_LEASE_SECONDS", 30, 5, 86_400)  # workers renew about every second

# Targets
# Hosts, networks and wildcards that may be scanned, besides those that an administrator allows in the admin.
# A dashboard that answers only on loopback is a development set-up, and may scan loopback.
SCANS_ALLOWED_TARGETS = targets(
    "SCANS_ALLOWED_TARGETS", ["localhost", "127.0.0.0/8", "::1"] if ONLY_ON_LOOPBACK else []
)
# The zones that workers on this host serve, and the targets that they may scan at most; none: all that are allowed.
SCANS_ZONES = zones("SCANS_ZONES")
SCANS_WORKER_TARGETS = targets("SCANS_WORKER_TARGETS", [])
SCANS_CONNECT_TIMEOUT_SECONDS = number("SCANS_CONNECT_TIMEOUT_SECONDS", 10.0, 0.1, 300)
SCANS_TLS_VERIFY = flag("SCANS_TLS_VERIFY", True)

# Scans, logins and verification
SCANS_DEFAULT_DURATION_MINUTES = number("SCANS_DEFAULT_DURATION_MINUTES", 24 * 60, 1, 25 * 24 * 60)  # the form's bounds
SCANS_REQUESTS_PER_SECOND = number("SCANS_REQUESTS_PER_SECOND", 0.0, 0, 10_000)  # of the engine; 0: no limit
SCANS_MAX_REQUESTS_AT_ONCE = number("SCANS_MAX_REQUESTS_AT_ONCE", 12, 1, 64)  # of one scan, whatever its analysis says
SCANS_SECONDS_BETWEEN_LOGINS = number("SCANS_SECONDS_BETWEEN_LOGINS", 1.0, 0, 3600)
SCANS_PRESCAN_SECONDS = number("SCANS_PRESCAN_SECONDS", 3600, 10, 86_400)  # of one analysis
# MB that scans leave free on each disk they write to, for the database and for saving their sessions
SCANS_KEEP_FREE_MB = number("SCANS_KEEP_FREE_MB", 50, 0, 1_000_000)
SCANS_VERIFY_SECONDS = number("SCANS_VERIFY_SECONDS", 300, 1, 86_400)
SCANS_VERIFY_PATIENCE_SECONDS = number("SCANS_VERIFY_PATIENCE_SECONDS", 60, 0, 3600)
SCANS_REPLAYS_PER_SECOND = number("SCANS_REPLAYS_PER_SECOND", 20.0, 0, 10_000)  # 0: no limit

# Monitoring: who has this token reads /metrics
SCANS_METRICS_TOKEN = Hidden(text("SCANS_METRICS_TOKEN"))
if 0 < len(SCANS_METRICS_TOKEN) < 32:
    refuse("SCANS_METRICS_TOKEN", "32 characters or more (`openssl rand -hex 32` prints some)")

# The API: how long a token lives at most, and how much it may ask for
SCANS_API_TOKEN_DAYS = number("SCANS_API_TOKEN_DAYS", 365, 1, 3650)
SCANS_API_REQUESTS_PER_MINUTE = number("SCANS_API_REQUESTS_PER_MINUTE", 600, 1, 1_000_000)

# Programs
SCANS_ENGINE_PYTHON = Path(text("SCANS_ENGINE_PYTHON", str(BASE_DIR / ".engine/bin/python")))
# The headless shell first: it needs half the processor time for a picture (measured: 1.5 s instead of 3 s).
_CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_CHROMIUM = next(filter(None, map(shutil.which, _CHROMIUMS)), "")
SCANS_CHROMIUM = text("SCANS_CHROMIUM", _CHROMIUM)
# Chromium's own sandbox. Chromium makes none for root, and Docker's default seccomp profile forbids it.
SCANS_CHROMIUM_SANDBOX = flag("SCANS_CHROMIUM_SANDBOX", True)
# Where the browser service listens (scans/browser/service.py), which starts browsers as another user. Empty: none.
SCANS_BROWSER_SOCKET = text("SCANS_BROWSER_SOCKET")
# Whether root may start browsers. On loopback only, a fresh machine's root may; beyond, an administrator has to say so.
SCANS_CHROMIUM_AS_ROOT = flag("SCANS_CHROMIUM_AS_ROOT", ONLY_ON_LOOPBACK)
SCANS_DEMO_PORT = number("SCANS_DEMO_PORT", 8081, 1, 65535)  # of the demo site

# Second factor and OpenID Connect (docs/accounts.md)
SCANS_ROLES = ("Viewer", "Submitter", "Reviewer", "Administrator")  # the groups that a migration makes
SCANS_TWO_FACTOR_ROLES = roles("SCANS_TWO_FACTOR_ROLES", SCANS_ROLES)
SCANS_OIDC_ISSUER = issuer("SCANS_OIDC_ISSUER")
SCANS_OIDC_CLIENT_ID = text("SCANS_OIDC_CLIENT_ID")
SCANS_OIDC_CLIENT_SECRET = Hidden(text("SCANS_OIDC_CLIENT_SECRET"))
SCANS_OIDC_NAME = text("SCANS_OIDC_NAME", "OpenID Connect")[:40]  # on the button
SCANS_OIDC_SCOPES = items("SCANS_OIDC_SCOPES", ["openid", "profile", "email"])
SCANS_OIDC_GROUPS_CLAIM = text("SCANS_OIDC_GROUPS_CLAIM", "groups")
SCANS_OIDC_ROLES = group_roles("SCANS_OIDC_ROLES", SCANS_ROLES)  # empty: an administrator gives the roles
SCANS_OIDC_ACCOUNTS = one_of("SCANS_OIDC_ACCOUNTS", ("create", "known"))
SCANS_OIDC_KNOWN_BY = one_of("SCANS_OIDC_KNOWN_BY", ("verified-email", "email", "username"))
if bool(SCANS_OIDC_ISSUER) != bool(SCANS_OIDC_CLIENT_ID and SCANS_OIDC_CLIENT_SECRET):
    refuse("SCANS_OIDC_ISSUER", "set together with SCANS_OIDC_CLIENT_ID and SCANS_OIDC_CLIENT_SECRET, or none of them")

# --- Django -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "dashboard",  # first: its commands take the place of Django's
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "django_tasks",
    "dashboard.apps.BackgroundTasksConfig",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "scans",
]

MIDDLEWARE = [
    "dashboard.requests.OnlyProxiesSayHttps",
    "dashboard.mark.MarkMiddleware",  # these four first: no answer is without them
    "dashboard.request_log.RequestLogMiddleware",
    "dashboard.requests.AnswerHeaders",
    "csp.middleware.CSPMiddleware",
    "dashboard.requests.OnlyUsualMethods",
    "dashboard.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # compresses a page of the list from 150 kB to 10 kB
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",  # the browser's language; PersonMiddleware may change it
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "scans.accounts.sessions.SessionMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "scans.accounts.person.PersonMiddleware",
    "scans.accounts.two_factor_gate.TwoFactorMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "dashboard.templates.HarmlessTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "scans.accounts.person.person",
                "scans.accounts.person.provider",
            ],
        },
    },
]

FORM_RENDERER = "dashboard.templates.ExactForms"

DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'dashboard.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL: pages can be read while a scan writes. IMMEDIATE: a transaction takes the write lock at its BEGIN, so that
    # two writers wait for each other (up to the timeout) instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    # Tests use a file too, because SQLite in memory locks differently.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
else:
    # A process that is frozen or cut off in a transaction must not hold its locks, nor wait for a server that is gone.
    os.environ.setdefault("PGOPTIONS", f"-c idle_in_transaction_session_timeout={SCANS_LEASE_SECONDS}s")
    patience = {"connect_timeout": 10, "tcp_user_timeout": 15_000}
    keepalives = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
    given = DATABASES["default"].get("OPTIONS", {})
    DATABASES["default"]["OPTIONS"] = {**patience, **keepalives, **given}
# A connection is kept between requests: opening one took a sixth of the time of a poll, also with SQLite.
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
# "rows" holds rendered rows of the list and other pieces of pages, up to 6 MB in each process. A key contains
# everything that its piece depends on. Most pieces stay the same from one request to the next.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "rows": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "rows",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# There is no list of queues, because each owner of analyses has queues of their own: see scans/transitions/turns.
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": [],
    }
}

# English is the language of the source; scans/locale has the translations (see docs/translating.md).
LANGUAGE_CODE = "en-gb"
# Before those of the apps: otherwise Django's admin translates “Submit”, “Save” and others in its own way.
LOCALE_PATHS = [BASE_DIR / "scans/locale"]
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]  # each in its own language
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": file_storage(),  # of what scans leave
    "staticfiles": {"BACKEND": "dashboard.static_files.StaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "media"
SCANS_S3_BUCKET = text("SCANS_S3_BUCKET")

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "scans:home"
LOGOUT_REDIRECT_URL = "account_login"
# Sessions from 0.3.2 name the second one, so it stays for one release; nobody logs in with it.
AUTHENTICATION_BACKENDS = ["scans.accounts.WithSettings", "scans.people.WithSettings"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "NumericPasswordValidator")
] + [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "scans.accounts.passwords.GuessablePasswordValidator"},
]
# A session ends after this time without activity of the person, and at this age.
SCANS_SESSION_IDLE = timedelta(hours=number("SCANS_SESSION_IDLE_HOURS", 12.0, 0.1, 24 * 90))
SCANS_SESSION_AGE = timedelta(days=number("SCANS_SESSION_AGE_DAYS", 7.0, 0.1, 90))
SESSION_COOKIE_AGE = int(SCANS_SESSION_AGE.total_seconds())

# Accounts by django-allauth: people log in with the name that an administrator gave them. No sign-up, no mail.
ACCOUNT_ADAPTER = "scans.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "scans.forms.accounts.LoginForm",
    "change_password": "scans.forms.accounts.PasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # allauth checks that it fits, though nobody can sign up
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
# scans/accounts/guessing.py has the limit of all these, in the database.
ACCOUNT_RATE_LIMITS = dict.fromkeys(["login", "login_failed", "change_password", "reauthenticate"])

# Second factors: https://docs.allauth.org/en/latest/mfa/
MFA_ADAPTER = "scans.accounts.two_factor.TwoFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "scans.forms.two_factor.LoginCodeForm",
    "reauthenticate": "scans.forms.two_factor.ConfirmCodeForm",
    "activate_totp": "scans.forms.two_factor.NewAppForm",
    "add_webauthn": "scans.forms.two_factor.NewPasskeyForm",
    "login_webauthn": "scans.forms.two_factor.PasskeyLoginForm",
    "authenticate_webauthn": "scans.forms.two_factor.LoginPasskeyForm",
    "reauthenticate_webauthn": "scans.forms.two_factor.ConfirmPasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": None}  # nobody guesses a passkey
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 0  # a code lives for its own half minute: phones set their clocks by the network
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are an administrator's matter

# OpenID Connect: the one provider of SCANS_OIDC_…
SOCIALACCOUNT_ADAPTER = "scans.accounts.provider_accounts.ProviderAccounts"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link: the policy of forms lets none lead to another site
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"provider_class": "scans.accounts.provider.Provider"}}

# The API (docs/api.md). Its views say the rest.
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "scans.api.description.Description"}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Dynamic Analyses",
    "DESCRIPTION": "What a person may do on the pages, for programs. docs/api.md says how to begin.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}},
    "POSTPROCESSING_HOOKS": [],  # which would give each list of choices a name of its own
    "APPEND_COMPONENTS": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}

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
# Behind a TLS proxy (README, "Run it for real") this one switch turns on all that belongs to it.
BEHIND_HTTPS = flag("SCANS_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS
CSRF_COOKIE_HTTPONLY = True  # forms hold the token; no script of ours reads the cookie
SECURE_SSL_REDIRECT = BEHIND_HTTPS
# A browser takes a cookie of this name from HTTPS, this host and its root alone.
COOKIE_PREFIX = "__Host-" if BEHIND_HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
MESSAGE_STORAGE = "dashboard.messages.Messages"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_HTTPS else None
# Only these may say the client's address (X-Forwarded-For), the request's id (X-Request-ID) and that it came by HTTPS.
SCANS_TRUSTED_PROXIES = networks("SCANS_TRUSTED_PROXIES")
SECURE_REFERRER_POLICY = "same-origin"
SCANS_SECURITY_CONTACT = contacts("SCANS_SECURITY_CONTACT")  # for /.well-known/security.txt
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "dashboard.errors.form_refused"
SESSION_COOKIE_HTTPONLY = True
# A file of 250 URLs is far smaller, and engine reports are not uploaded.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        **{
            name: {"()": "dashboard.log_formatter.RecordFormatter", "format": shape}
            for name, shape in {"text": "%(asctime)s %(levelname)s %(name)s %(message)s", "bare": "%(message)s"}.items()
        },
        "json": {"()": "dashboard.log_formatter.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": one_of("SCANS_LOG_FORMAT", ("text", "json"))},
        # Each record is a line of JSON already.
        "output": {"class": "dashboard.log_streams.OutputHandler", "formatter": "bare"},
    },
    "root": {"handlers": ["console"], "level": log_level("SCANS_LOG_LEVEL", "INFO")},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        # At DEBUG they would show how requests are signed.
        **{name: {"level": "WARNING"} for name in ("boto3", "botocore", "s3transfer", "urllib3")},
        "waitress.queue": {"level": "ERROR"},  # it warns of each request that waits for a thread
        "dashboard.access": {"handlers": ["output"], "level": "INFO", "propagate": False},
        "scans.security": {"handlers": ["output"], "level": "INFO", "propagate": False},
    },
}
