"""`manage.py demo_past`: give the demo's trail a past, made by the real road against the sandbox."""

import re
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from batches import rules
from batches.api_client import syllable_client
from batches.models import Change, Kind, Target, TargetScope
from batches.services.changes.undo import change_undo
from batches.services.changes.update import batch_edit, batch_pause
from batches.services.operations.runner import operation_run
from batches.services.operations.start import operation_start
from sandbox import faults
from sandbox.contracts import CONTRACTS
from sandbox.server import Sandbox
from syllable.client import SyllableClient
from syllable.resilience.bulkhead import Lane
from syllable.schemas import Batch, BatchEdit, BatchQuery, BatchStatus, Timestamp

OPERATOR, ADMINISTRATOR = "operator@example.com", "administrator@example.com"
REFUSAL = {"detail": [{"loc": ["body", "status"], "msg": "The batch is being dispatched", "type": "value_error"}]}


class Command(BaseCommand):
    """Starts the sandbox for a few seconds: nothing else may listen at its address. Does nothing the second time."""

    help = "Give the demo's trail a past. Needs SANDBOX=true, the demo accounts, and a sandbox that is not running yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--database", required=True, help="the sandbox's SQLite file")
        parser.add_argument("--contract", required=True, choices=CONTRACTS, help="what the sandbox speaks")

    def handle(self, *args: Any, database: str, contract: str, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("A made-up past needs SANDBOX=true.")
        if Change.objects.exists():
            return
        client, port = syllable_client(Lane.WRITES), urlsplit(settings.SYLLABLE_API_URL).port or 0
        speaks = CONTRACTS[contract]
        with Sandbox(database, api_key=settings.SYLLABLE_API_KEY, port=port, seed=True, contract=speaks) as sandbox:
            people = {person.email: person for person in User.objects.all()}
            Past(sandbox, client, people[OPERATOR], people[ADMINISTRATOR]).make()


@dataclass(frozen=True, slots=True)
class Past:
    """What two people did, one act after the other."""

    sandbox: Sandbox
    client: SyllableClient
    operator: User
    administrator: User

    def make(self) -> None:
        """Pause and resume a campaign; edit, cancel, pause and undo; meet a conflict and a refusal."""
        self._operation(Kind.PAUSE, self.operator, "The opening hours in the script are wrong")
        self._operation(Kind.RESUME, self.operator, "The script is corrected")
        first, second, third, fourth = self._active()[:4]
        later = Timestamp.of((timezone.now() + timedelta(days=2)).replace(microsecond=0))
        self._edit(first, BatchEdit(expires_on=later), self.administrator, reason="The clinic asked for two more days")
        # Whoever still looks at the batch as it was before.
        self._edit(first, BatchEdit(status=BatchStatus.PAUSED), self.operator)
        self._edit(
            second, BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list: last month's"), self.operator
        )
        self.sandbox.faults.add(
            faults.answer(422, REFUSAL), method="PUT", path=f"/{re.escape(third.batch_id)}$", times=None
        )
        batch_pause(batch_id=third.batch_id, actor=self.operator)
        paused = batch_pause(batch_id=fourth.batch_id, actor=self.operator).change
        change_undo(change=paused, actor=self.administrator, reason="Paused by mistake")

    def _operation(self, kind: Kind, actor: User, reason: str) -> None:
        campaign = self.client.list_campaigns().items[0]
        target = Target(TargetScope.CAMPAIGN, campaign_id=int(campaign.id or 0), campaign_name=campaign.campaign_name)
        edit = BatchEdit(status=BatchStatus.PAUSED if kind == Kind.PAUSE else BatchStatus.ACTIVE)
        operation = operation_start(kind=kind, target=target, edit=edit, actor=actor, reason=reason)
        while operation_run(operation.pk):
            pass

    def _active(self) -> list[Batch]:
        return self.client.list_batches(BatchQuery(status=BatchStatus.ACTIVE, limit=100)).items

    def _edit(self, batch: Batch, edit: BatchEdit, actor: User, *, reason: str = "") -> None:
        batch_edit(batch_id=batch.batch_id, edit=edit, actor=actor, loaded=rules.snapshot(batch), reason=reason)
