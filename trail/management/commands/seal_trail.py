"""`manage.py seal_trail`: number and seal the entries of the trail, and remove what is older than TRAIL_DAYS."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from common.loop import repeat
from common.models import Process
from trail.retention import entries_remove, removal_announce
from trail.sealer import entries_seal

HOUR = 60 * 60


class Command(BaseCommand):
    """Any number of machines may run this at a time: one of them seals."""

    help = "Seals new entries of the trail, and removes entries older than TRAIL_DAYS. Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="keep sealing, with this pause in between")

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
        self.announce_at = time.monotonic()
        self.may_remove = True
        if every:
            repeat(self._run, every=every, process=Process.SEAL)
        self._run()

    def _run(self) -> None:
        entries_seal()
        if time.monotonic() >= self.announce_at:
            removal_announce()
            self.announce_at, self.may_remove = time.monotonic() + HOUR, True
        while self.may_remove:
            # New entries do not wait until all old ones are gone.
            entries_seal()
            self.may_remove = entries_remove() > 0
