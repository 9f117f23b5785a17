"""The app `trail`."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """The configuration of the app."""

    name = "trail"
    default_auto_field = "django.db.models.BigAutoField"
