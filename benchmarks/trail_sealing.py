"""`python -m benchmarks.trail_sealing`: seal the newest pending entries, and print how many and the seconds as JSON."""

import json
import sys
import time

import django

django.setup()

from trail.models import Pending  # noqa: E402
from trail.sealer import entries_seal  # noqa: E402

PENDING = 20_000


def main() -> None:
    """Leave so many entries pending, in a trail whose others count as older than the chain."""
    newest = Pending.objects.order_by("-pk").values_list("pk", flat=True)[PENDING : PENDING + 1]
    if newest:
        Pending.objects.filter(pk__lte=newest[0])._raw_delete(Pending.objects.db)
    began = time.monotonic()
    entries = entries_seal()
    sys.stdout.write(json.dumps({"entries": entries, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
