"""The columns that hold what is asked of the API."""

import pytest
from django.core import serializers
from django.utils import timezone

from batches.models import Change
from syllable.schemas import BatchEdit, BatchStatus, Timestamp

pytestmark = pytest.mark.django_db


def test_an_edit_survives_a_dump_and_its_load():
    edit = BatchEdit(status=BatchStatus.PAUSED, expires_on=Timestamp.read("2050-01-31T17:00:00Z"))
    change = Change.objects.create(batch_id="a", edit=edit, deadline_at=timezone.now())
    dumped = serializers.serialize("json", [change])
    change.delete()
    for loaded in serializers.deserialize("json", dumped):
        assert loaded.object.edit == edit
        loaded.save()
    assert Change.objects.get().edit == edit
