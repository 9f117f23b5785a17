"""A lease: of several processes that could do the same work, on whichever machines, one does.

It saves work and keeps order. Nothing that must hold depends on it, since a process may stall and outlive its lease.
"""

import uuid
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from common.clock import from_now
from common.models import ProcessLease

TOO_LONG = timedelta(minutes=10)


class WorkLease:
    """The right to the work called `name`, for `length` after it was last held by the database's clock."""

    def __init__(self, name: str, *, length: timedelta) -> None:
        self.name = name
        self._length = length
        self._token = uuid.uuid4().hex
        self._was_held = False

    def hold(self) -> bool:
        """Take or renew the lease. Returns False if another process has it."""
        if not self._take() and not ProcessLease.objects.filter(name=self.name).exists():
            ProcessLease.objects.bulk_create([ProcessLease(name=self.name)], ignore_conflicts=True)
            self._take()
        return self._was_held

    def renew(self) -> bool:
        """Renew the lease. Returns False if it was lost meanwhile, also where nobody has it now."""
        mine = ProcessLease.objects.filter(name=self.name, token=self._token)
        self._was_held = mine.update(until=from_now(self._length)) == 1
        return self._was_held

    def keep(self) -> bool:
        """Return whether nobody took the lease since it was last held, within the caller's transaction.

        Nobody can take it before that transaction ends.
        """
        held = ProcessLease.objects.select_for_update().filter(name=self.name, token=self._token)
        return held.first() is not None

    def give_back(self) -> None:
        """Let another process take over at once. Writes nothing if the lease was never held."""
        if self._was_held:
            ProcessLease.objects.filter(name=self.name, token=self._token).update(token="", until=None)

    def _take(self) -> bool:
        free = Q(token=self._token) | Q(until=None) | Q(until__lt=Now())
        # Nobody takes it for as long: the clock was ahead, and whoever lives has renewed it since.
        free |= Q(until__gt=from_now(self._length + TOO_LONG))
        held = ProcessLease.objects.filter(free, name=self.name)
        self._was_held = held.update(token=self._token, until=from_now(self._length)) == 1
        return self._was_held
