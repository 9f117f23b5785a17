"""The fault table, writes: never "saved" when it is not, never a lost or unsettled change, never a bare 500."""

from functools import partial

import pytest
from django.urls import reverse

from batches.models import Change, Outcome
from batches.services.changes.update import batch_pause
from sandbox import faults
from tests.batches.services.looks import take_every_look
from tests.faults.conftest import ID
from tests.faults.rows import ROWS, SOON, Row, in_each_contract, in_turn
from tests.html import outcomes

pytestmark = pytest.mark.django_db

WRITES = "PUT|DELETE"
IGNORED = Row("acknowledged but ignored", faults.ignore)


class Edit:
    """Pause the batch with the form."""

    wanted = "PAUSED"

    def prepare(self, account, visitor, operator):
        form = visitor.get(reverse("batches:batch", args=[ID])).context["form"]
        self.typed = {"fingerprint": form["fingerprint"].value(), "status": "PAUSED", "confirm": "1"}

    def post(self, visitor):
        return visitor.post(reverse("batches:batch_edit", args=[ID]), self.typed)


class Cancel(Edit):
    """Cancel the batch with the form: in one of the contracts a call of its own."""

    wanted = "CANCELED"

    def post(self, visitor):
        self.typed |= {"status": "CANCELED", "deleted_reason": "Wrong list"}
        return super().post(visitor)


class OneClick:
    wanted = "PAUSED"

    def prepare(self, account, visitor, operator):
        pass

    def post(self, visitor):
        return visitor.post(reverse("batches:batch_pause", args=[ID]))


class Undo:
    wanted = "ACTIVE"

    def prepare(self, account, visitor, operator):
        self.change = batch_pause(batch_id=ID, actor=operator).change
        assert self.change.outcome == Outcome.APPLIED
        account.store.change_batch(ID, last_worked_on="2026-01-01T00:00:00Z")

    def post(self, visitor):
        return visitor.post(reverse("batches:change_undo", args=[self.change.pk]), {"confirm": "1"})


ACTIONS = {"edit": Edit, "one-click": OneClick, "undo": Undo}


@pytest.fixture
def fail(account, visitor, operator, settings, nobody_sees_the_key, give_up_soon):
    """Have a write fail in a way, and assert that everybody is told the truth."""
    return partial(failed, account, visitor, operator, settings, nobody_sees_the_key, give_up_soon)


@pytest.mark.parametrize("action", ACTIONS)
@in_turn([*ROWS, IGNORED])
def test_write(fail, row, action):
    fail(row, ACTIONS[action]())


@in_each_contract([*ROWS, IGNORED])
def test_cancel(fail, row):
    fail(row, Cancel())


def failed(account, visitor, operator, settings, nobody_sees_the_key, give_up_soon, row, write):
    write.prepare(account, visitor, operator)
    earlier = Change.objects.count()
    address = settings.SYLLABLE_API_URL
    if row.slow:
        give_up_soon(SOON, reads=False)
    if row.address:
        settings.SYLLABLE_API_URL = row.address(account.url)
    else:
        for method in WRITES.split("|"):
            account.faults.add(row.fault(), method=method, times=None)

    response = write.post(visitor)
    nobody_sees_the_key(response)
    account.faults.clear()
    settings.SYLLABLE_API_URL = address

    assert Change.objects.count() == earlier + 1
    change = Change.objects.first()
    taken = account.batch(ID)["status"] == write.wanted
    assert change.outcome != Outcome.STARTED
    assert (change.outcome == Outcome.APPLIED) == taken
    assert not row.refuses or change.outcome == Outcome.REJECTED
    assert change.is_settled or change.outcome == Outcome.UNCONFIRMED

    page = visitor.get(response.url) if response.status_code == 302 else response
    nobody_sees_the_key(page)
    assert ("applied" in outcomes(page)) == taken

    take_every_look()
    change.refresh_from_db()
    assert change.is_settled
    assert (change.outcome == Outcome.APPLIED) == taken


@in_turn([row for row in ROWS if row.fault])
def test_write_while_reading_fails_too(account, visitor, nobody_sees_the_key, give_up_soon, row):
    if row.slow:
        give_up_soon(SOON)
    account.faults.add(row.fault(), times=None)
    response = OneClick().post(visitor)
    nobody_sees_the_key(response)
    assert Change.objects.first().outcome == Outcome.NOT_SENT
    assert not Change.objects.unsettled().exists()
    assert "applied" not in outcomes(response)
