"""Every setting, from the environment. Secrets have no default; `.env.example` says what each variable means."""

import logging
from ipaddress import ip_network
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from dashboard import logs
from dashboard.environment import BASE_DIR, env, seconds
from dashboard.reasons import reasons_offered, reasons_required
from dashboard.settings_background import (  # noqa: F401 - settings like those below
    OPERATION_CONCURRENCY,
    OPERATION_LEASE,
    SAMPLES_DAYS,
    WATCH_CALLS_PER_MINUTE,
    WATCH_INTERVAL,
)
from dashboard.settings_trail import (  # noqa: F401 - settings like those below
    AUDIT_HEAD_TO,
    AUDIT_STREAM_SECRET,
    AUDIT_STREAM_TIMEOUT,
    AUDIT_STREAM_URL,
    TRAIL_DAYS,
    TRAIL_EXPORTS_DIR,
)
from syllable.contracts import CONTRACTS
from syllable.evidence import AUTO

# Characters of a secret that nobody can try out.
SHORTEST_TOKEN = 24

SECRET_KEY = env("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
SANDBOX = env.bool("SANDBOX", default=False)

# The platform ----------------------------------------------------------------------------------------------------

SYLLABLE_API_URL = env("SYLLABLE_API_URL", default="https://api.syllable.cloud")
SYLLABLE_API_KEY = env("SYLLABLE_API_KEY", default="") or env("SYLLABLESDK_API_KEY_HEADER", default="")
if not SYLLABLE_API_KEY:
    raise ImproperlyConfigured("Set SYLLABLE_API_KEY to the API key of your organization.")
SYLLABLE_API_CONTRACT = env("SYLLABLE_API_CONTRACT", default=AUTO)
SYLLABLE_TIMEOUT = seconds("SYLLABLE_TIMEOUT", env("SYLLABLE_TIMEOUT", default="10"))

if SYLLABLE_API_CONTRACT not in (AUTO, *CONTRACTS):
    raise ImproperlyConfigured(
        f"SYLLABLE_API_CONTRACT is {SYLLABLE_API_CONTRACT!r}. This version speaks {' and '.join(CONTRACTS)}. "
        f"With {AUTO} the answers of the API decide."
    )

# Why batches are changed: what forms suggest, and the actions that need a reason. A cancellation always needs one.
CHANGE_REASONS = reasons_offered(env("CHANGE_REASONS", default=""))
REASON_REQUIRED = reasons_required(env.list("REASON_REQUIRED", default=[]))

# Django ----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_structlog",
    "django_tasks",
    "django_tasks_db",
    "common",
    "dashboard",
    "accounts",
    "trail",
    "batches",
]
MIDDLEWARE = [
    "dashboard.middleware.TrustedProxies",
    "dashboard.middleware.HealthWithoutCookies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Behind WhiteNoise, whose files are already compressed. Against BREACH each page gets a random length, and the only
    # secret of a page, the CSRF token, is masked anew in each.
    "django.middleware.gzip.GZipMiddleware",
    "dashboard.middleware.ResponseHeaders",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dashboard.middleware.RequestLog",
    "dashboard.middleware.TextInUtf8",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.middleware.LoginRequired",
    "dashboard.middleware.UserTimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.middleware.MethodPage",
    "accounts.refusals.RefusalTrail",
]
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "environment": "batches.jinja.environment",
            "context_processors": [
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context_processors.csrf",
                "dashboard.context_processors.sandbox",
                "batches.context_processors.header",
            ],
        },
    },
    {
        # The admin's templates, and those of allauth that we do not replace.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "django"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context_processors.sandbox",
            ],
        },
    },
]
FORM_RENDERER = "dashboard.forms.FormRenderer"

USE_TZ = True
TIME_ZONE = env("TIME_ZONE", default="UTC")
LANGUAGE_CODE = "en"
USE_I18N = False

# Storage ---------------------------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'dashboard.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # SQLite creates its file, but not the folder.
    Path(DATABASES["default"]["NAME"]).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        # A transaction that begins with a read could not wait for another writer: it would fail at once.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # NORMAL would lose the last commits in a power cut, and with them the record of what was sent.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "dashboard_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "local"},
}

# Background ------------------------------------------------------------------------------------------------------

QUEUES = ["default", "stop"]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": QUEUES}}
REDIS_URL = env("REDIS_URL", default="")
if REDIS_URL:
    INSTALLED_APPS += ["django_rq"]
    # The pages of django_rq would let every administrator delete and repeat tasks.
    RQ_SHOW_ADMIN_LINK = False
    TASKS["default"]["BACKEND"] = "dashboard.queues.RedisQueues"
    # Longer than the longest turn of an operation.
    RQ_QUEUES = {queue: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 600} for queue in QUEUES}
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.stylesheets.BundlingStaticFilesStorage"},
    "exports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": TRAIL_EXPORTS_DIR, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# People ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 12 * 60 * 60

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "accounts.account_forms.ChangePasswordForm",
    "reset_password": "accounts.account_forms.ResetPasswordForm",
    "user_token": "accounts.account_forms.UserTokenForm",
}
# allauth counts in the cache, and per account by the Host header. accounts/throttle.py counts instead.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# Administrators set addresses, and User.save() keeps them verified; nobody has to prove theirs.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Outbound Dashboard: "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# Seconds for which a link to set a password works: a reset, and an invitation.
PASSWORD_RESET_TIMEOUT = 60 * 60
INVITATION_TIMEOUT = 3 * 24 * 60 * 60

EMAIL = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL)
EMAIL_TIMEOUT = 10
NO_MAIL_SERVER = [
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased", "locmem")
]
# Whether mails reach their recipients. In the demo and under DEBUG the recipient is whoever reads the console.
MAIL_DELIVERS = DEBUG or SANDBOX or EMAIL["EMAIL_BACKEND"] not in NO_MAIL_SERVER
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Outbound Dashboard <outbound-dashboard@localhost>")

# Safety ----------------------------------------------------------------------------------------------------------

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = [ip_network(proxy.strip()) for proxy in env.list("TRUSTED_PROXIES", default=[])]
HTTPS = env.bool("HTTPS", default=True)

if TRUSTED_PROXIES:
    # dashboard.middleware.TrustedProxies drops this header from anyone else.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Preloading a whole domain is up to the owner of the domain.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
CSRF_FAILURE_VIEW = "dashboard.errors.csrf_failure"
DEFAULT_EXCEPTION_REPORTER = "dashboard.errors.ExceptionReporter"

# Watching the installation --------------------------------------------------------------------------------------

# Who sends this as a bearer token may read `/metrics`. "" for nobody: then there is no such address.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
if METRICS_TOKEN and len(METRICS_TOKEN) < SHORTEST_TOKEN:
    raise ImproperlyConfigured(f"METRICS_TOKEN must have at least {SHORTEST_TOKEN} characters.")

# Logs ------------------------------------------------------------------------------------------------------------

LOGGING = logs.configure(debug=DEBUG, level=env("LOG_LEVEL", default="INFO"), secret=SYLLABLE_API_KEY)
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
# These answers report that Syllable or the database is down. Unexpected failures are still logged as errors.
DJANGO_STRUCTLOG_STATUS_5XX_LOG_LEVEL = logging.WARNING
