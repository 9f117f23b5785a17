"""`manage.py verify_trail`: was anything in the trail changed since it was sealed? See docs/audit.md."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from batches.selectors.trail_comparison import changes_compare
from batches.words.finding import finding_sentence
from trail.verify import Head, head_now, trail_verify, waits_since

# Many times what a seal takes.
LONGEST_WAIT = timedelta(minutes=10)


class Command(BaseCommand):
    """Exits with 1 if anything was changed, and names the first problem, or if entries wait long for their seal."""

    help = "Recomputes the seals of the trail and compares changes with their entries. Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--checkpoint", action="store_true", help="print the newest head alone, and verify nothing")
        parser.add_argument("--expect", metavar="HEAD", help="a head that must still be part of the trail")

    def handle(self, *args: Any, checkpoint: bool = False, expect: str | None = None, **options: Any) -> None:
        if checkpoint:
            self.stdout.write(str(head_now()))
            return
        head = head_now()
        found = trail_verify(expect=_head(expect), comparison=changes_compare)
        if found:
            self.stdout.write(finding_sentence(found))
            raise SystemExit(1)
        self.stdout.write(f"The trail holds up to its head {head}")
        since = waits_since()
        if since and timezone.now() - since > LONGEST_WAIT:
            self.stdout.write(f"Entries wait for their seal since {since:%Y-%m-%d %H:%M} UTC. Is seal_trail running?")
            raise SystemExit(1)


def _head(text: str | None) -> Head | None:
    try:
        return Head.read(text) if text else None
    except ValueError as error:
        raise CommandError(f"{text} is no head. A head is a number, a colon and 64 hexadecimal digits.") from error
