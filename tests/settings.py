"""The settings of a test run: the product's own, with nothing of the developer's environment in them."""

import os
import tempfile

os.environ |= {
    "SECRET_KEY": "a key for tests",
    "DEBUG": "false",
    "HTTPS": "false",
    "SANDBOX": "false",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "TIME_ZONE": "UTC",
    "TRUSTED_PROXIES": "",
    "SYLLABLE_API_URL": "http://127.0.0.1:1",
    "SYLLABLE_API_KEY": "key-for-tests",
    "SYLLABLE_API_CONTRACT": "2025-04",
    "SYLLABLE_TIMEOUT": "60",
    "OPERATION_CONCURRENCY": "8",
    "OPERATION_LEASE": "10",
    "CHANGE_REASONS": "",
    "REASON_REQUIRED": "",
    "REDIS_URL": "",
    "EMAIL_URL": "memorymail://",
    "TRAIL_DAYS": "0",
    "TRAIL_EXPORTS_DIR": f"{tempfile.gettempdir()}/exports-{os.getpid()}",
    "AUDIT_STREAM_URL": "",
    "AUDIT_STREAM_SECRET": "",
    "AUDIT_STREAM_TIMEOUT": "60",
    "AUDIT_HEAD_TO": "",
    "METRICS_TOKEN": "",
    "WATCH_INTERVAL": "30",
    "WATCH_CALLS_PER_MINUTE": "60000",
    "SAMPLES_DAYS": "90",
}

from dashboard.settings import *  # noqa: F403

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # In memory, threads would share one cache and its locks; a file behaves as it does in use. One for each run.
    DATABASES["default"]["TEST"] = {"NAME": f"{tempfile.gettempdir()}/dashboard-{os.getpid()}.sqlite3"}  # noqa: F405
    # What is written has to outlive a process that is killed, not a machine: nothing waits for the disk.
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"  # noqa: F405
# The outbox of a test stands for a mail server.
MAIL_DELIVERS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {  # noqa: F405
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    # The hashed names exist only after collectstatic.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
