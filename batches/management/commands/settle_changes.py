"""`manage.py settle_changes`: learn the outcomes of changes that a crash or a silent API left open."""

from datetime import UTC
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from batches.access import EVERYTHING
from batches.models import Change
from batches.selectors.changes import changes_left_open
from batches.services.changes.reconcile import changes_settle
from batches.words.change import change_detail
from common.loop import repeat
from common.models import Process
from common.untrusted import visible


class Command(BaseCommand):
    """Exits with 1 if a change is still open after one run, so that a script can try again later."""

    help = "Reads batches again to settle changes that were started or not confirmed. Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="keep settling, with this pause in between")

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
        if every:
            repeat(self._settle, every=every, process=Process.SETTLE)
        self._settle()
        left_open = changes_left_open(scope=EVERYTHING)
        for change in left_open:
            self.stdout.write(_line(change))
        if left_open:
            raise SystemExit(1)

    def _settle(self) -> None:
        for change in changes_settle():
            if change.is_settled:
                self.stdout.write(_line(change))


def _line(change: Change) -> str:
    """Return the line for one change. Times are in UTC, and the API's text cannot steer the terminal."""
    with timezone.override(UTC):
        return visible(
            f"change {change.pk} of batch {change.batch_id}: {_end(change)}. {change_detail(change)}".rstrip()
        )


def _end(change: Change) -> str:
    if change.is_settled:
        return change.get_outcome_display()
    return f"still open, next check after {change.next_look_at:%H:%M:%S} UTC" if change.next_look_at else "still open"
