"""The proof of an entry as a download, and what the page of the trail says about the stream."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as project
from django.utils import timezone

from tests.conftest import member_of
from trail.models import Action, Entry, StreamCursor, StreamProblem
from trail.sealer import entries_seal
from trail.services import entry_add

pytestmark = pytest.mark.django_db

SCRIPT = Path(project.BASE_DIR) / "docs" / "verify_proof.py"


@pytest.fixture
def entry():
    return entry_add(Action.OPERATION_ABORTED, actor=None, operation_id=7, campaign_id=3, campaign_name="Reminders")


@pytest.fixture
def admin(db):
    return member_of("Administrators", "admin@example.com")


def proof_of(entry):
    return f"/changes/entries/{entry.pk}/proof/"


def test_the_script_of_the_documents_accepts_the_download(client, viewer, entry, tmp_path):
    client.force_login(viewer)
    entries_seal()

    response = client.get(proof_of(entry))

    assert response.headers["Content-Disposition"] == f'attachment; filename="trail-proof-{entry.pk}.json"'
    file = tmp_path / "proof.json"
    file.write_bytes(response.content)
    checked = subprocess.run([sys.executable, "-I", "-S", SCRIPT, file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(json.loads(response.content)["entry"])["campaign_name"] == "Reminders"


def test_a_proof_goes_no_further_than_the_head_that_its_reader_knows(client, viewer, entry):
    client.force_login(viewer)
    entries_seal()
    entry_add(Action.LOGGED_OUT, actor=viewer)
    entries_seal()
    assert len(client.get(proof_of(entry)).json()["seals"]) == 2
    assert len(client.get(proof_of(entry), {"up_to": "1"}).json()["seals"]) == 1


def test_who_took_a_proof_away_is_in_the_trail(client, viewer, entry):
    client.force_login(viewer)
    entries_seal()
    client.get(proof_of(entry))
    taken = Entry.objects.get(action=Action.EXPORTED)
    assert (taken.actor_email, taken.body["what"], taken.body["entry"]) == (viewer.email, "proof", entry.pk)
    assert f"the proof of entry {entry.pk}" in client.get("/changes/", {"who": viewer.email}).content.decode()


def test_an_entry_without_a_seal_leads_back_with_a_sentence(client, viewer, entry):
    client.force_login(viewer)
    response = client.get(proof_of(entry), follow=True)
    assert response.redirect_chain == [("/changes/", 302)]
    assert "not sealed yet" in response.content.decode()
    assert not Entry.objects.filter(action=Action.EXPORTED).exists()


def test_what_somebody_may_not_read_has_no_proof_for_them(client, viewer, admin):
    client.force_login(admin)
    entries_seal()
    login = Entry.objects.get(action=Action.LOGGED_IN)
    assert client.get(proof_of(login)).status_code == 200
    client.force_login(viewer)
    assert client.get(proof_of(login)).status_code == 404


def test_a_proof_needs_a_login_and_a_role(client, entry):
    assert client.get(proof_of(entry)).url.startswith("/accounts/login/")
    client.force_login(member_of(None, "nobody@example.com"))
    assert client.get(proof_of(entry)).status_code == 403


def test_lines_lead_to_their_proof_where_the_trail_is_filtered(client, viewer, entry):
    client.force_login(viewer)
    assert proof_of(entry) in client.get("/changes/", {"operation": 7}).content.decode()
    assert proof_of(entry) not in client.get("/changes/").content.decode()


class TestTheStream:
    @pytest.fixture(autouse=True)
    def on(self, settings):
        settings.AUDIT_STREAM_URL = "http://127.0.0.1:1/"

    def test_administrators_see_how_far_it_is(self, client, admin, entry):
        client.force_login(admin)
        entries_seal()
        sealed = Entry.objects.count()
        html = client.get("/changes/").content.decode()
        assert 'data-stream="ok"' in html
        assert f"{sealed} entries wait for the log system" in html

    def test_trouble_is_said_with_its_cause(self, client, admin, entry):
        client.force_login(admin)
        entries_seal()
        client.get("/changes/")
        StreamCursor.objects.update(problem=StreamProblem.REFUSED, status=500, failing_since=timezone.now())
        html = client.get("/changes/").content.decode()
        assert 'data-stream="refused"' in html
        assert "it refuses deliveries (HTTP 500)" in html

    def test_nobody_else_sees_it(self, client, viewer, entry):
        client.force_login(viewer)
        assert "data-stream" not in client.get("/changes/").content.decode()
