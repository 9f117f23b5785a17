"""The page of one change, undo from there, and looking again."""

import re

import pytest
from django.urls import reverse

from batches.models import Outcome
from batches.services.changes.undo import change_undo
from batches.services.changes.update import batch_edit, batch_pause
from sandbox import faults
from syllable.schemas import BatchEdit, BatchStatus
from tests.batches.services.looks import make_due
from tests.conftest import member_of
from trail.source import Source

pytestmark = pytest.mark.django_db

ID = "20261123.9"


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch(ID, status="ACTIVE")
    return sandbox


@pytest.fixture
def pause(batch, operator):
    return batch_pause(batch_id=ID, actor=operator).change


def text(response):
    return response.content.decode()


def address(name, change):
    return reverse(f"batches:{name}", args=[change.pk])


class TestOne:
    def test_it_shows_everything_that_is_known(self, client, pause, viewer):
        client.force_login(viewer)
        html = text(client.get(address("change", pause)))
        assert pause.request_id in html
        assert "operator@example.com" in html
        assert "Undo" not in html

    def test_it_shows_each_call_of_the_road_with_its_time_and_status(self, client, batch, operator, viewer):
        batch.faults.add(faults.answer(503, applied=True), method="PUT")
        change = batch_pause(batch_id=ID, actor=operator).change
        client.force_login(viewer)
        html = text(client.get(address("change", change)))
        assert re.findall(r'data-step="([^"]*)"', html) == ["Read", "Write", "Read back"]
        assert re.findall(r'data-label="HTTP status">(\d+)', html) == ["200", "503", "200"]

    def test_it_shows_each_field_before_and_after(self, client, batch, pause, viewer):
        client.force_login(viewer)
        parts = text(client.get(address("change", pause))).split("The batch before and after")[1].split("</table>")[0]
        assert "Status ACTIVE PAUSED PAUSED" in " ".join(re.sub(r"<[^>]*>", " ", parts).split())

    def test_it_shows_what_it_undoes_and_what_undid_it(self, client, pause, operator):
        undone = change_undo(change=pause, actor=operator).change
        client.force_login(operator)
        assert f"change {undone.pk}</a>, operator@example.com" in text(client.get(address("change", pause)))
        assert f'to undo <a href="/changes/{pause.pk}/">' in text(client.get(address("change", undone)))

    def test_its_network_address_is_for_administrators_and_for_whoever_made_it(self, client, batch, operator, viewer):
        change = batch_pause(batch_id=ID, actor=operator, source=Source("192.0.2.7", "web-request")).change
        admin = member_of("Administrators", "admin@example.com")
        for reader, sees in ((viewer, False), (operator, True), (admin, True)):
            client.force_login(reader)
            html = text(client.get(address("change", change)))
            assert ("192.0.2.7" in html) is sees
            assert "web-request" in html

    def test_it_leads_to_its_entries_in_the_trail(self, client, pause, viewer):
        client.force_login(viewer)
        html = text(client.get(address("change", pause)))
        assert 'data-action="change_ended"' in html
        assert f"/changes/?batch={ID}" in html

    def test_one_that_is_none_is_not_found(self, client, viewer):
        client.force_login(viewer)
        assert client.get("/changes/12345/").status_code == 404
        assert client.get(f"/changes/{10**30}/").status_code == 404

    def test_it_is_there_after_its_person_has_gone(self, client, pause, operator, viewer):
        operator.delete()
        client.force_login(viewer)
        assert "operator@example.com" in text(client.get(address("change", pause)))


class TestUndo:
    def test_from_the_trail_it_is_reviewed_first(self, client, batch, pause, operator):
        client.force_login(operator)
        response = client.post(address("change_undo", pause))
        steps = response.context["steps"]
        assert [(step.before, step.after) for step in steps] == [("PAUSED", "ACTIVE")]
        assert batch.batch(ID)["status"] == "PAUSED"
        response = client.post(address("change_undo", pause), {"confirm": "1"})
        assert batch.batch(ID)["status"] == "ACTIVE"
        assert "Resumed. Confirmed" in text(client.get(response.url))

    def test_what_was_changed_since_is_a_conflict_that_can_be_confirmed(self, client, batch, operator):
        batch.store.change_batch(ID, expires_on="2036-01-01T00:00:00Z")
        change = batch_edit(batch_id=ID, edit=BatchEdit(expires_on=None), actor=operator, loaded={}).change
        batch.store.change_batch(ID, expires_on="2037-01-01T00:00:00Z")
        client.force_login(operator)
        response = client.post(address("change_undo", change), {"confirm": "1"})
        assert response.status_code == 409
        assert response.context["form"].is_valid()

    def test_what_cannot_be_undone_says_so(self, client, batch, operator):
        edit = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")
        change = batch_edit(batch_id=ID, edit=edit, actor=operator, loaded={}).change
        client.force_login(operator)
        response = client.post(address("change_undo", change), {"confirm": "1"})
        assert response.status_code == 403
        assert "cannot be undone" in text(response)

    def test_a_viewer_may_not(self, client, batch, pause, viewer):
        client.force_login(viewer)
        assert client.post(address("change_undo", pause), {"confirm": "1"}).status_code == 403
        assert batch.batch(ID)["status"] == "PAUSED"

    def test_it_takes_a_post(self, client, pause, operator):
        client.force_login(operator)
        assert client.get(address("change_undo", pause)).status_code == 405


class TestLookingAgain:
    def test_it_settles_what_was_taken_after_all(self, client, batch, operator):
        batch.faults.add(faults.ignore(), method="PUT", times=None)
        change = batch_pause(batch_id=ID, actor=operator).change
        batch.store.change_batch(ID, status="PAUSED")
        client.force_login(operator)
        assert client.post(address("change_settle", change)).url == address("change", change)
        change.refresh_from_db()
        assert change.outcome == Outcome.APPLIED

    def test_one_that_is_not_found_is_looked_for_again_and_the_page_says_when(self, client, batch, operator):
        batch.faults.add(faults.ignore(), method="PUT", times=None)
        change = batch_pause(batch_id=ID, actor=operator).change
        make_due()
        client.force_login(operator)
        page = text(client.post(address("change_settle", change), follow=True))
        assert "not yet, next check after" in page
        assert "Check again" in page

    def test_a_viewer_may_not(self, client, batch, pause, viewer):
        client.force_login(viewer)
        assert client.post(address("change_settle", pause)).status_code == 403
