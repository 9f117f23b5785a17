"""The settings of a web server that a test starts: the product's own, without the need to collect static files."""

from dashboard.settings import *  # noqa: F403

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
# As in the settings of the test run, which makes the accounts.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
