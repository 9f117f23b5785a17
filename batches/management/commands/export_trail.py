"""`manage.py export_trail`: the trail as a file, for a schedule."""

import csv
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.access import EVERY_READER, EVERYTHING
from batches.selectors.trail_export import trail_entries
from batches.services.reads import trail_exported
from batches.trail_filter import FIELDS, clean_filter, read_search
from batches.words.trail_file import entry_lines, entry_rows
from common.cells import safe_cell


class Command(BaseCommand):
    """Writes to the standard output, newest first. The download is itself an entry of the trail."""

    help = "Writes the entries of the trail that match, as JSON Lines or CSV. Times are in the zone of TIME_ZONE."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("search", nargs="?", default="", help="as on the page, such as 'who:anna campaign:3'")
        parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl", dest="file_format")
        for name in FIELDS:
            if name == "unsettled":
                parser.add_argument("--not-confirmed", action="store_const", const="1", default="", dest=name)
            else:
                parser.add_argument(f"--{name}", default="", metavar="…")

    def handle(self, *args: Any, search: str, file_format: str, **options: Any) -> None:
        words, problems = read_search(search)
        words |= {name: options[name] for name in FIELDS if options[name]}
        asked, not_understood = clean_filter(words)
        if problems or not_understood:
            raise CommandError(" ".join([*problems, *not_understood.values()]))
        entries = trail_entries(asked, scope=EVERYTHING, reader=EVERY_READER)
        trail_exported(asked=asked.chosen, file_format=file_format, actor=None)
        if file_format == "jsonl":
            for line in entry_lines(entries, EVERY_READER):
                self.stdout.write(line, ending="")
        else:
            table = csv.writer(self.stdout)
            for row in entry_rows(entries, EVERY_READER):
                table.writerow([safe_cell(cell) for cell in row])
