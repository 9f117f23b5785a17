"""The app `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The configuration of the app."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import login_trail  # noqa: F401 - connects its receivers
