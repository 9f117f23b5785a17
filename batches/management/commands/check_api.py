"""`manage.py check_api`: check whether the dashboard can work with the account in the settings. Writes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from batches.selectors.api_health import Account, account_check
from common.untrusted import visible_id


class Command(BaseCommand):
    """Exits with 1 if anything stands in the way."""

    help = "Checks that the API answers and accepts the key, and which contract and fields it has. Writes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        account = account_check()
        for line in lines(account):
            self.stdout.write(line)
        if account.troubles:
            raise SystemExit(1)


def lines(account: Account) -> list[str]:
    """Return the findings, one per line, problems last."""
    found = [
        f"Address    {settings.SYLLABLE_API_URL}: {'answers' if account.answers else 'does not answer'}",
        f"Key        {'accepted' if account.key_accepted else 'not accepted' if account.answers else 'not tried'}",
        f"Contract   set to {account.contract}, answers speak {' and '.join(account.spoken) or 'unknown'}",
        *([f"Remembered {account.remembered or 'nothing yet'}"] if account.is_auto else []),
        f"Batches    {_count(account.batches)}",
        f"Campaigns  {_count(account.campaigns)}",
        f"Latency    {'unknown' if account.latency is None else f'{account.latency * 1000:.0f} ms'}",
    ]
    for kind, names in account.unknown_fields.items():
        found.append(f"New field  in {kind}, not known to this dashboard: {', '.join(map(visible_id, names))}")
    return found + [f"Problem    {trouble}" for trouble in account.troubles]


def _count(count: int | None) -> str:
    return "unknown" if count is None else str(count)
