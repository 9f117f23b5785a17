"""`manage.py settle_changes`: find out what became of the changes that a crash or a silent API left open."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from batches.management.loop import repeat
from batches.models import Change
from batches.services.settling import changes_settle


class Command(BaseCommand):
    """Exits with 1 where something is still open after one run, so that a script can try again later."""

    help = "Settles changes left started or unconfirmed by reading their batches. Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on settling, with this pause in between")

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
        if every:
            repeat(self._settle, every=every)
        if not self._settle():
            raise SystemExit(1)

    def _settle(self) -> bool:
        """One run. Whether nothing is left open of what it looked at."""
        changes = changes_settle()
        for change in changes:
            self.stdout.write(self._line(change))
        return all(change.is_settled for change in changes)

    def _line(self, change: Change) -> str:
        end = change.get_outcome_display() if change.is_settled else "still open"
        return f"change {change.pk} of batch {change.batch_id}: {end}. {change.detail}".rstrip()
