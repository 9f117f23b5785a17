"""`manage.py stream_trail`: send sealed entries to AUDIT_STREAM_URL, and the head to AUDIT_HEAD_TO once a day."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from common.loop import repeat
from common.models import Process
from trail.head_mail import HeadMailer
from trail.stream import Streamer

PAUSE = 2.0


class Command(BaseCommand):
    """A process of its own: whoever receives this must not keep entries from being sealed.

    Any number of machines may run this at a time: one of them sends.
    """

    help = "Sends new entries to AUDIT_STREAM_URL, and once a day the head to AUDIT_HEAD_TO. Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="keep sending, with this pause in between")

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
        self.streamer, self.mailer = Streamer(pause=every or PAUSE), HeadMailer()
        if every:
            repeat(self._run, every=every, process=Process.STREAM)
        self._run()

    def _run(self) -> None:
        self.streamer.run()
        self.mailer.run()
