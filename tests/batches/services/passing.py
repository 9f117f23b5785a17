"""Time that passes for the API and for us alike, without anybody waiting for it."""

from django.db.models import F
from django.utils import timezone

from batches.models import OperationItem


def let_pass(sandbox, seconds):
    """Let time pass at the sandbox, and make what operations did as much older by our clock."""
    before = sandbox.clock.now() - timezone.now()
    sandbox.let_pass(seconds)
    # Passing takes time as well, in which the sandbox's clock stands still.
    ahead = sandbox.clock.now() - timezone.now() - before
    OperationItem.objects.update(finished_at=F("finished_at") - ahead)
