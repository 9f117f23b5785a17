"""The numbers before a resume: people still to be called, texted or emailed, and never fewer than there are."""

import pytest
from django.utils import timezone

from batches.access import EVERYTHING
from batches.models import Kind, Operation, OperationItem, State, TargetScope
from batches.selectors import preview, recipients
from sandbox import faults
from syllable.resilience.deadline import Deadline
from syllable.schemas import Batch
from tests.batches.services.factories import carried_out, start
from tests.batches.views.operation_pages import OPERATIONS, words

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = pytest.mark.parametrize("contract", ["2025-04", "current"])
RESUME = {"kind": "resume", "scope": "campaign", "campaign": "7"}
REQUESTS = ["PENDING", "PENDING", "INITIATED", "CONNECTED", "COMPLETED", "FAILED", "CANCELED", "DUPLICATE"]


def add_batch(sandbox, batch_id, statuses=REQUESTS, **fields):
    """Add a batch with a request in each of these statuses."""
    sandbox.store.add_batch(batch_id, **{"campaign_id": 7, "status": "ACTIVE"} | fields)
    sandbox.store.add_requests(
        batch_id, [{"reference_id": str(number), "status": status} for number, status in enumerate(statuses)]
    )
    sandbox.store.count_requests(batch_id)


@pytest.fixture
def mode():
    return None


@pytest.fixture
def campaign(sandbox, mode):
    sandbox.store.add_campaign(id=7, campaign_name="Flu shots", more={"mode": mode})
    for number in range(3):
        add_batch(sandbox, f"a{number}")
    return sandbox


@pytest.fixture
def pause(campaign, operator):
    return carried_out(start(Kind.PAUSE, operator))


@pytest.fixture
def asked(client, pause, operator):
    """Start an operation as an operator, once everything is paused."""
    client.force_login(operator)
    return lambda data=RESUME: words(client.post(OPERATIONS, data))


def test_a_status_of_a_request_that_is_not_known_may_be_one_that_still_calls():
    assert Batch.read({"status_counts": {"PENDING": 2, "RINGING": 1, "COMPLETED": 5, "SKIPPED": 1}}).open_requests == 3
    assert Batch.read({"count": 5}).open_requests is None


@BOTH
def test_it_counts_the_open_requests_and_not_the_sizes_of_the_batches(asked):
    text = asked()
    assert "This contacts people" in text
    assert "12 people are still to be contacted." in text


@pytest.mark.parametrize("contract", ["current"])
@pytest.mark.parametrize(
    ("mode", "does", "done"),
    [
        ("voice", "calls", "called"),
        ("sms", "texts", "texted"),
        ("email", "emails", "emailed"),
        ("fax", "contacts", "contacted"),
    ],
)
def test_the_campaign_says_how_people_are_reached(asked, mode, does, done):
    text = asked()
    assert f"This {does} people" in text
    assert f"12 people are still to be {done}." in text


@pytest.mark.parametrize("contract", ["current"])
@pytest.mark.parametrize("mode", ["sms"])
class TestOfSomeBatches:
    def test_of_one_campaign_it_is_that_campaigns_way(self, asked):
        text = asked({"kind": "resume", "scope": "selection", "batch": ["a0", "a1"], "list": "campaign=7"})
        assert "8 people are still to be texted." in text

    def test_of_several_it_is_none_of_them(self, asked, campaign):
        add_batch(campaign, "b0", campaign_id=8, status="PAUSED")
        text = asked({"kind": "resume", "scope": "filter", "status": "PAUSED"})
        assert "16 people are still to be contacted." in text


@BOTH
def test_each_batch_is_read_once(asked, campaign):
    campaign.requests.clear()
    asked()
    pages = [get.path for get in campaign.requests.of("GET") if "/batches/a" in get.path]
    assert sorted(pages) == [f"/api/v1/outbound/batches/a{number}" for number in range(3)]


def test_one_is_a_person(asked, campaign):
    for batch_id in ("a0", "a1"):
        campaign.store.change_batch(batch_id, status="CANCELED")
    campaign.store.remove_requests("a2", ["0", "1", "2"])
    assert "1 person is still to be contacted." in asked()


class TestNotAllIsKnown:
    def test_the_sizes_are_an_upper_bound_where_the_batches_tell_them(self, asked, campaign, monkeypatch):
        monkeypatch.setattr(recipients, "MOST_READ", 2)
        assert "Up to 16 people are still to be contacted." in asked()

    @pytest.mark.parametrize("contract", ["current"])
    def test_what_was_counted_is_a_lower_bound_where_they_do_not(self, asked, campaign, monkeypatch):
        monkeypatch.setattr(recipients, "MOST_READ", 2)
        assert "At least 8 people are still to be contacted. Not all batches could be counted." in asked()

    @pytest.mark.parametrize("contract", ["current"])
    def test_nothing_is_said_in_numbers_where_nothing_is_known(self, asked, campaign):
        campaign.faults.add(faults.answer(500), method="GET", path="/batches/a", times=None)
        text = asked()
        assert "This contacts people" in text
        assert "The number of people still to be contacted is not known." in text

    def test_nobody_waits_for_numbers_past_the_deadline(self, campaign, monkeypatch):
        monkeypatch.setattr(recipients, "AT_A_TIME", 1)
        campaign.faults.add(faults.hang(), method="GET", path="/batches/a", times=None)
        listed = [Batch.read({"batch_id": f"a{number}", "count": 8}) for number in range(3)]
        found = recipients.people_in(listed, Deadline(0.5), scope=EVERYTHING, is_complete=True)
        assert found == recipients.People(counted=0, at_most=24)
        assert len(campaign.requests.of("GET")) <= 1


class TestNothingIsAnnouncedWhereNothingHappens:
    def test_without_a_batch(self, asked, campaign):
        for number in range(3):
            campaign.store.change_batch(f"a{number}", status="CANCELED")
        text = asked()
        assert "0 batches will be resumed" in text
        assert "people" not in text

    def test_without_a_person(self, asked, campaign):
        for number in range(3):
            campaign.store.remove_requests(f"a{number}", ["0", "1", "2", "3"])
        text = asked()
        assert "3 batches will be resumed" in text
        assert "Nobody in these batches is still to be contacted." in text
        assert "This contacts people" not in text


class TestUndo:
    def ask(self, client, pause):
        return words(client.post(f"{OPERATIONS}{pause.pk}/undo/"))

    def test_it_says_the_same(self, client, asked, pause):
        text = self.ask(client, pause)
        assert "3 batches will be resumed" in text
        assert "12 people are still to be contacted." in text

    def test_it_reads_the_batches_and_their_campaign(self, client, asked, pause, campaign, django_assert_num_queries):
        campaign.requests.clear()
        with django_assert_num_queries(7):
            self.ask(client, pause)
        assert len(campaign.requests) == 3 + 1

    def test_what_was_changed_since_is_not_announced(self, client, asked, pause, campaign, operator):
        client.post("/batches/a0/resume/")
        client.post("/batches/a0/pause/")
        campaign.store.change_batch("a1", status="CANCELED")
        text = self.ask(client, pause)
        assert "1 batch will be resumed" in text
        assert "4 people are still to be contacted." in text

    def test_where_nothing_is_left_it_offers_nothing(self, client, asked, pause, campaign):
        for number in range(3):
            campaign.store.change_batch(f"a{number}", status="CANCELED")
        text = self.ask(client, pause)
        assert "No batch needs this." in text
        assert "people" not in text
        assert "Resume these batches" not in text

    def test_more_than_are_read_alone_are_counted_from_the_list(self, client, asked, pause, campaign, monkeypatch):
        for module in (recipients, preview):
            monkeypatch.setattr(module, "MOST_READ", 2)
        assert "Up to 16 people are still to be contacted." in self.ask(client, pause)


class TestGoOn:
    @pytest.fixture
    def asking(self, pause, operator):
        fields = {"kind": Kind.RESUME, "scope": TargetScope.CAMPAIGN, "campaign_id": 7, "state": State.ASKING}
        who = {"actor": operator, "actor_email": operator.email}
        resume = Operation.objects.create(listed_at=timezone.now(), **fields, **who)
        for change in pause.changes.exclude(batch_id="a0"):
            OperationItem.objects.create(operation=resume, batch_id=change.batch_id, undoes=change)
        OperationItem.objects.create(operation=resume, batch_id="a0", state="done")
        return resume

    @pytest.mark.parametrize("contract", ["current"])
    @pytest.mark.parametrize("mode", ["voice"])
    def test_it_says_who_is_called_before_it_goes_on(self, client, asked, asking):
        text = words(client.post(f"{OPERATIONS}{asking.pk}/confirm/"))
        assert "2 batches will be resumed" in text
        assert "8 people are still to be called." in text
        assert "Confirm and call people" in text
        asking.refresh_from_db()
        assert asking.state == State.ASKING

    def test_what_was_changed_since_is_not_announced(self, client, asked, asking):
        client.post("/batches/a1/resume/")
        client.post("/batches/a1/pause/")
        assert "4 people are still to be contacted." in words(client.post(f"{OPERATIONS}{asking.pk}/confirm/"))

    def test_more_that_may_be_found_is_not_denied(self, client, asked, asking):
        Operation.objects.filter(pk=asking.pk).update(listed_at=None)
        text = words(client.post(f"{OPERATIONS}{asking.pk}/confirm/"))
        assert "At least 8 people are still to be contacted" in text


class TestTryAgain:
    @pytest.fixture
    def ended(self, asked, pause, operator):
        who = {"actor": operator, "actor_email": operator.email}
        over = {"state": State.FINISHED, "listed_at": timezone.now(), "finished_at": timezone.now()}
        resume = Operation.objects.create(kind=Kind.RESUME, scope=TargetScope.CAMPAIGN, campaign_id=7, **who, **over)
        states = {"a0": "done", "a1": "failed", "a2": "unconfirmed"}
        for change in pause.changes.all():
            state = states[change.batch_id]
            OperationItem.objects.create(operation=resume, batch_id=change.batch_id, undoes=change, state=state)
        return resume

    @pytest.mark.parametrize("contract", ["current"])
    @pytest.mark.parametrize("mode", ["voice"])
    def test_a_resume_says_who_is_called_before_anybody_is(self, client, ended):
        html = client.get(f"{OPERATIONS}{ended.pk}/").content.decode()
        assert "Resume 2 batches…" in html
        form = html[html.index("/retry/") :]
        assert "btn-primary" not in form[: form.index("</form>")]
        text = words(client.post(f"{OPERATIONS}{ended.pk}/retry/"))
        assert "2 batches will be resumed" in text
        assert "8 people are still to be called." in text
        assert "Try again and call people" in text
        ended.refresh_from_db()
        assert ended.state == State.FINISHED
        assert client.post(f"{OPERATIONS}{ended.pk}/retry/", {"confirm": "1"}).status_code == 302
        ended.refresh_from_db()
        assert ended.state == State.WAITING

    def test_what_was_changed_since_is_not_announced(self, client, ended):
        client.post("/batches/a1/resume/")
        client.post("/batches/a1/pause/")
        assert "4 people are still to be contacted." in words(client.post(f"{OPERATIONS}{ended.pk}/retry/"))

    def test_more_that_may_be_found_is_not_denied(self, client, ended):
        ended.items.update(state="done")
        Operation.objects.filter(pk=ended.pk).update(state=State.STOPPED, listed_at=None)
        text = words(client.post(f"{OPERATIONS}{ended.pk}/retry/"))
        assert "0 batches" not in text
        assert "The number of people still to be contacted is not known." in text

    def test_who_may_not_resume_sees_no_numbers(self, client, ended, campaign, viewer):
        client.force_login(viewer)
        campaign.requests.clear()
        assert client.post(f"{OPERATIONS}{ended.pk}/retry/").status_code == 403
        assert not campaign.requests
