"""`manage.py end_sessions`: everybody has to log in again."""

from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """After a backup was restored: it holds the sessions of people who have logged out since, or were shut out."""

    help = "Ends every session: everybody has to log in again."

    def handle(self, *args: Any, **options: Any) -> None:
        ended, _ = Session.objects.all().delete()
        self.stdout.write(f"{ended} sessions ended.")
