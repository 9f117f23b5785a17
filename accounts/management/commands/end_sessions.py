"""`manage.py end_sessions`: log everybody out."""

from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Needed after restoring a backup, which may hold sessions of people who have since logged out or been blocked."""

    help = "Log everybody out."

    def handle(self, *args: Any, **options: Any) -> None:
        ended, _ = Session.objects.all().delete()
        self.stdout.write(f"{ended} sessions ended.")
