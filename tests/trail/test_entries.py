"""The trail: what it holds stays as it was written, whatever happens to the people and things it speaks of."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import member_of
from trail.models import Action, AppendOnly, Entry
from trail.services import entry_add
from trail.source import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(operator):
    return entry_add(Action.OPERATION_STARTED, actor=operator, operation_id=7, body={"kind": "pause"})


def test_an_entry_says_who_did_what_when_and_from_where(operator):
    source = Source(address="192.0.2.1", request_id="abc")
    entry = entry_add(Action.OPERATION_STARTED, actor=operator, source=source, operation_id=7, body={"kind": "pause"})

    kept = Entry.objects.get(pk=entry.pk)
    assert (kept.actor_id, kept.actor_email) == (operator.pk, "operator@example.com")
    assert (kept.address, kept.request_id, kept.operation_id) == ("192.0.2.1", "abc", 7)
    assert kept.body == {"kind": "pause"}
    assert abs(kept.at - timezone.now()) < timedelta(minutes=5)
    assert entry.at == kept.at


@pytest.mark.parametrize("peer", ["", "unix:", "unix:/run/dashboard.sock", "1.2.3.4, 5.6.7.8", "1.2.3.4:5678"])
def test_what_is_no_address_is_kept_as_none(operator, rf, peer):
    source = Source.of(rf.get("/", REMOTE_ADDR=peer))
    entry = entry_add(Action.OPERATION_STARTED, actor=operator, source=source)

    assert Entry.objects.get(pk=entry.pk).address is None


def test_it_says_the_same_after_its_people_were_renamed_and_deleted(operator):
    other = member_of("Viewers", "other@example.com")
    entry = entry_add(Action.PERSON_EMAIL_CHANGED, actor=operator, person=other)
    ids = operator.pk, other.pk
    operator.email = "renamed@example.com"
    operator.save()
    other.delete()
    operator.delete()

    kept = Entry.objects.get(pk=entry.pk)
    assert (kept.actor_id, kept.person_id) == ids
    assert (kept.actor_email, kept.person_email) == ("operator@example.com", "other@example.com")


def test_what_nobody_did_has_no_actor(db):
    entry = entry_add(Action.OPERATION_GOES_ON_WITHOUT_AUTHORITY, actor=None, operation_id=7)
    assert (entry.actor_id, entry.actor_email, entry.address) == (None, "", None)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
        lambda entry: Entry.objects.filter(pk=entry.pk).update(actor_email="somebody@example.com"),
        lambda entry: Entry.objects.filter(pk=entry.pk).delete(),
        lambda entry: Entry.objects.bulk_update([entry], ["actor_email"]),
    ],
)
def test_an_entry_can_be_neither_edited_nor_deleted(entry, attempt):
    entry.actor_email = "somebody@example.com"
    with pytest.raises(AppendOnly):
        attempt(entry)
    assert Entry.objects.get(pk=entry.pk).actor_email == "operator@example.com"
