"""`manage.py watch`: look at the batches again and again, and keep what was seen."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from batches.services.watch.watcher import Watcher
from common.loop import repeat
from common.models import Process

TICK_SECONDS = 2.0
OFF_TICK_SECONDS = 3600.0


class Command(BaseCommand):
    """Any number of machines may run this: one of them looks, and another takes over within seconds of its death."""

    help = "Reads batches and campaigns every WATCH_INTERVAL seconds, for the pages that draw from them."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.WATCH_INTERVAL:
            self.stdout.write("The watcher is off: WATCH_INTERVAL is 0.")
            # A process that ends would end, or be started again by, whatever runs the others.
            repeat(lambda: None, every=OFF_TICK_SECONDS, process=Process.WATCH)
        watcher = Watcher(interval=settings.WATCH_INTERVAL)
        try:
            repeat(watcher.tick, every=TICK_SECONDS, process=Process.WATCH)
        finally:
            watcher.lease.give_back()
