"""The app `batches`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BatchesConfig(AppConfig):
    """The configuration of the app."""

    name = "batches"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from batches.access import create_roles

        # Roles come after permissions, which Django creates at the same signal of their app.
        post_migrate.connect(create_roles, sender=self)
