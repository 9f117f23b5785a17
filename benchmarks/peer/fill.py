"""`python -m benchmarks.peer.fill`: fill the peer's table with 2,000 rows, which administrators may edit."""

from datetime import timedelta

import django

django.setup()

from django.contrib.auth.models import Group, Permission  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.peer.models import Batch  # noqa: E402
from syllable.schemas import BatchStatus  # noqa: E402

ROWS = 2000
STATUSES = list(BatchStatus)


def main() -> None:
    """Replace all rows."""
    call_command("migrate", "peer", run_syncdb=True, verbosity=0)
    Batch.objects.all().delete()
    Batch.objects.bulk_create(_batch(number) for number in range(ROWS))
    administrators = Group.objects.get(name="Administrators")
    administrators.permissions.add(*Permission.objects.filter(content_type__app_label="peer"))


def _batch(number: int) -> Batch:
    """Make a batch like the sandbox's: every fourth never expires, canceled ones have a reason."""
    created = timezone.now() - timedelta(hours=number)
    status = STATUSES[number % len(STATUSES)]
    is_canceled = status is BatchStatus.CANCELED
    return Batch(
        batch_id=f"1.{number}",
        campaign_id=number % 6 + 1,
        status=status,
        expires_on=created + timedelta(days=90) if number % 4 else None,
        count=number % 400,
        created_at=created,
        deleted_at=created + timedelta(days=1) if is_canceled else None,
        deleted_reason="The list was the wrong one." if is_canceled else "",
        last_worked_on=created + timedelta(hours=5),
        last_updated_by="operator@example.com",
    )


if __name__ == "__main__":
    main()
