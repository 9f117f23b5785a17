"""The edit form: what is typed, its review, its confirmation, and every way in which it can end."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from batches.models import Change
from sandbox import faults
from tests.batches.views.edit_page import EditPage
from tests.conftest import member_of
from tests.html import attributes, outcomes

pytestmark = pytest.mark.django_db

ID = "20261123.9"
EXPIRY = "2036-01-01T00:00:30.25Z"


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch(ID, status="ACTIVE", requests=12, expires_on=EXPIRY)
    return sandbox


@pytest.fixture
def form(client, batch, operator):
    client.force_login(operator)
    return EditPage(client, ID)


def text(response):
    return response.content.decode()


def in_picker(**delta):
    return (timezone.now() + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M")


class TestReview:
    def test_it_shows_what_will_change_and_writes_nothing(self, form, batch):
        response = form.post(status="PAUSED", expires_on="2037-05-06T07:08")
        assert [(step.field, step.before, step.after) for step in response.context["steps"]] == [
            ("status", "ACTIVE", "PAUSED"),
            ("expires_on", EXPIRY, "2037-05-06T07:08:00Z"),
        ]
        assert "Nothing has been sent yet" in text(response)
        assert not batch.requests.of("PUT")
        assert not Change.objects.exists()

    def test_it_asks_the_api_for_nothing(self, form, batch):
        batch.requests.clear()
        form.post(status="PAUSED")
        assert not batch.requests

    def test_an_untouched_form_says_that_there_is_nothing_to_change(self, form, batch):
        response = form.post()
        assert response.status_code == 422
        assert "Nothing to change" in text(response)

    def test_an_untouched_expiry_with_seconds_is_untouched(self, form):
        assert [step.field for step in form.post(status="PAUSED").context["steps"]] == ["status"]

    def test_fields_that_are_not_posted_are_untouched(self, form):
        steps = form.post(status="PAUSED", expires_on=None, deleted_reason=None).context["steps"]
        assert [step.field for step in steps] == ["status"]

    def test_canceling_needs_a_reason_and_keeps_what_was_typed(self, form):
        response = form.post(status="CANCELED", deleted_reason="   ")
        assert response.status_code == 422
        assert "Enter a reason for canceling" in text(response)
        assert '<option value="CANCELED" selected>' in text(response)

    @pytest.mark.parametrize("reason", ["\u200b", "\u2060 \ufeff", "\u00ad\u200f"])
    def test_a_reason_that_nobody_can_see_is_none(self, form, batch, reason):
        response = form.confirm(status="CANCELED", deleted_reason=reason)
        assert response.status_code == 422
        assert "Enter a reason for canceling" in text(response)
        assert not batch.requests.of("PUT")

    def test_canceling_says_that_it_is_final_and_keeps_the_expiry(self, form):
        response = form.post(status="CANCELED", deleted_reason="Wrong list", expires_on="2037-05-06T07:08")
        assert "Canceling is final" in text(response)
        assert [step.field for step in response.context["steps"]] == ["status", "deleted_reason"]

    def test_a_reason_is_ignored_unless_the_batch_is_canceled(self, form):
        response = form.post(status="PAUSED", deleted_reason="Wrong list")
        assert [step.field for step in response.context["steps"]] == ["status"]

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("2020-01-01T00:00", "must be in the future"),
            ("tomorrow", "Enter a date and time"),
            ("2036-13-45T99:99", "Enter a date and time"),
            ("9999999-01-01T00:00", "Enter a date and time"),
            ("", "select “No expiry”"),
            ("\x00", "Enter a date and time"),
        ],
    )
    def test_a_bad_expiry_gets_a_sentence_and_stays_typed(self, form, typed, words):
        response = form.post(expires_on=typed)
        assert response.status_code == 422
        assert words in text(response)

    @pytest.mark.parametrize(
        ("name", "typed", "label"),
        [("call_rate", "60", "call rate"), ("auto_call_rate", "true", "automatic call rate")],
    )
    def test_a_field_of_another_contract_gets_a_sentence(self, form, batch, name, typed, label):
        response = form.confirm(status="PAUSED", **{name: typed})
        assert response.status_code == 422
        assert f"This version of the API has no {label}." in text(response)
        assert not batch.requests.of("PUT")

    def test_words_of_the_api_about_a_field_that_the_form_lacks_are_shown(self, form, batch):
        refusal = {"detail": [{"loc": ["body", "call_rate"], "msg": "Too slow", "type": "value_error"}]}
        batch.faults.add(faults.answer(422, refusal), method="PUT")
        response = form.confirm(status="PAUSED")
        assert response.status_code == 422
        assert "Too slow" in text(response)

    @pytest.mark.parametrize("status", ["EXPIRED", "IDLE", "PENDING", "FAILED", "nonsense", "", "\x00", "A" * 500])
    def test_a_status_that_cannot_be_chosen_gets_a_sentence(self, form, batch, status):
        response = form.confirm(status=status)
        assert response.status_code == 422
        assert response.context["form"].errors["status"]
        assert not batch.requests.of("PUT")

    def test_clearing_the_expiry_is_its_own_control(self, form):
        response = form.post(clear_expiry="on")
        assert [(step.field, step.after) for step in response.context["steps"]] == [("expires_on", None)]

    def test_the_expiry_is_read_in_the_readers_zone(self, client, batch, operator):
        operator.time_zone = "America/New_York"
        operator.save()
        client.force_login(operator)
        form = EditPage(client, ID)
        assert form.typed["expires_on"] == "2035-12-31T19:00"
        steps = form.post(expires_on="2036-06-01T08:00").context["steps"]
        assert steps[0].after == "2036-06-01T12:00:00Z"

    @pytest.mark.parametrize("typed", ["2036-11-02T01:30", "2036-03-09T02:30"], ids=["twice", "never"])
    def test_an_hour_that_the_clock_change_makes_ambiguous_is_refused(self, client, batch, operator, typed):
        operator.time_zone = "America/New_York"
        operator.save()
        client.force_login(operator)
        response = EditPage(client, ID).post(expires_on=typed)
        assert response.status_code == 422
        assert "America/New_York" in text(response)

    def test_an_expired_batch_needs_a_new_expiry_to_be_revived(self, client, batch, operator):
        batch.store.change_batch(ID, status="EXPIRED", expires_on="2020-01-01T00:00:00Z")
        client.force_login(operator)
        form = EditPage(client, ID)
        assert "Enter a new expiry" in text(form.post(status="ACTIVE"))
        assert len(form.post(status="ACTIVE", expires_on=in_picker(days=1)).context["steps"]) == 2


class TestConfirm:
    def test_it_writes_and_tells_the_outcome_on_the_batchs_page(self, form, batch, client):
        response = form.confirm(status="PAUSED", expires_on="2037-05-06T07:08")
        change = Change.objects.get()
        assert response.url == f"{reverse('batches:batch', args=[ID])}?change={change.pk}"
        assert batch.batch(ID)["status"] == "PAUSED"
        assert batch.batch(ID)["expires_on"] == "2037-05-06T07:08:00Z"
        assert batch.batch(ID)["last_updated_by"] == "operator@example.com"
        assert "Paused, expiry changed. Confirmed by Syllable at" in text(client.get(response.url))

    def test_it_costs_one_get_and_one_put(self, form, batch):
        batch.requests.clear()
        form.confirm(status="PAUSED")
        assert [request.method for request in batch.requests] == ["GET", "PUT"]

    def test_what_is_forged_changes_nothing(self, form, batch):
        before = batch.batch(ID)
        form.confirm(
            status="PAUSED",
            last_updated_by="ceo@example.com",
            campaign_id="99",
            batch_id="other",
            count="0",
            created_at="2000-01-01T00:00:00Z",
            deleted_at="2000-01-01T00:00:00Z",
        )
        after = batch.batch(ID)
        assert after["last_updated_by"] == "operator@example.com"
        same = set(before) - {"status", "last_updated_by"}
        assert {name: after[name] for name in same} == {name: before[name] for name in same}
        assert Change.objects.get().actor_email == "operator@example.com"

    def test_the_fingerprint_of_another_batch_is_no_use(self, form, batch, client):
        batch.store.add_batch("other", status="ACTIVE")
        response = form.confirm(status="PAUSED", fingerprint=EditPage(client, "other").typed["fingerprint"])
        assert response.status_code == 422
        assert not batch.requests.of("PUT")

    @pytest.mark.parametrize("fingerprint", ["", "tampered", None, "a:b:c"])
    def test_a_lost_fingerprint_keeps_what_was_typed_and_asks_to_compare(self, form, batch, fingerprint):
        response = form.confirm(status="PAUSED", fingerprint=fingerprint)
        assert response.status_code == 422
        assert "What you typed is still here" in text(response)
        assert '<option value="PAUSED" selected>' in text(response)
        assert not batch.requests.of("PUT")
        again = response.context["form"]["fingerprint"].value()
        assert form.confirm(status="PAUSED", fingerprint=again).status_code == 302

    def test_a_viewer_may_not_post(self, client, batch, viewer):
        client.force_login(viewer)
        assert client.post(reverse("batches:batch_edit", args=[ID]), {"status": "PAUSED"}).status_code == 403
        assert not batch.requests

    def test_somebody_without_an_email_is_told_and_keeps_what_was_typed(self, form, client, batch):
        client.force_login(member_of("Operators", None))
        response = form.confirm(status="PAUSED")
        assert response.status_code == 403
        assert "no email address" in text(response)
        assert not batch.requests.of("PUT")

    def test_an_anonymous_post_goes_to_the_login(self, form, client, batch):
        client.logout()
        assert form.confirm(status="PAUSED").url.startswith("/accounts/login/")
        assert not batch.requests.of("PUT")

    def test_a_post_without_a_csrf_token_is_refused(self, form, client, batch):
        client.handler.enforce_csrf_checks = True
        assert form.confirm(status="PAUSED").status_code == 403
        assert not batch.requests.of("PUT")

    def test_opening_the_address_leads_to_the_batch(self, client, batch, operator):
        client.force_login(operator)
        assert client.get(reverse("batches:batch_edit", args=[ID])).url == reverse("batches:batch", args=[ID])


class TestConflict:
    def test_it_shows_three_versions_and_overwrites_nothing(self, form, batch):
        batch.store.change_batch(ID, expires_on="2038-01-01T00:00:00Z", last_updated_by="colleague@example.com")
        response = form.confirm(status="PAUSED")
        assert response.status_code == 409
        rows = {row.field: row for row in response.context["versions"]}
        assert (rows["expires_on"].loaded, rows["expires_on"].now) == (EXPIRY, "2038-01-01T00:00:00Z")
        assert (rows["status"].now, rows["status"].wanted) == ("ACTIVE", "PAUSED")
        assert "colleague@example.com" in text(response)
        assert batch.batch(ID)["status"] == "ACTIVE"
        assert Change.objects.get().outcome == "conflict"

    def test_confirming_from_there_writes_what_was_wanted_over_what_is_now(self, form, batch):
        batch.store.change_batch(ID, expires_on="2038-01-01T00:00:00Z")
        page = form.confirm(status="PAUSED").context["form"]
        typed = {name: page[name].value() for name in page.fields if page[name].value()}
        assert form.client.post(reverse("batches:batch_edit", args=[ID]), typed | {"confirm": "1"}).status_code == 302
        assert batch.batch(ID)["status"] == "PAUSED"
        assert batch.batch(ID)["expires_on"] == "2038-01-01T00:00:00Z"

    def test_what_the_rules_forbid_by_now_cannot_be_confirmed_from_there(self, form, batch):
        batch.store.change_batch(ID, status="CANCELED", deleted_reason="done")
        response = form.confirm(status="PAUSED")
        assert "Send my change" not in text(response)
        assert "canceled is final" in text(response)


class TestFailure:
    def test_a_422_lands_on_the_field_it_names(self, form, batch):
        detail = [{"loc": ["body", "expires_on"], "msg": "not on a <b>Sunday</b>", "type": "value_error"}]
        batch.faults.add(faults.answer(422, {"detail": detail}), method="PUT")
        response = form.confirm(status="PAUSED")
        assert response.status_code == 422
        assert response.context["form"].errors["expires_on"] == ["not on a <b>Sunday</b>"]
        assert "not on a &lt;b&gt;Sunday&lt;/b&gt;" in text(response)
        assert '<option value="PAUSED" selected>' in text(response)

    def test_a_422_about_something_else_is_told_too(self, form, batch):
        detail = [{"loc": ["body", "campaign_id"], "msg": "campaign is closed", "type": "value_error"}]
        batch.faults.add(faults.answer(422, {"detail": detail}), method="PUT")
        assert "campaign is closed" in text(form.confirm(status="PAUSED"))

    def test_an_ignored_write_is_not_confirmed(self, form, batch):
        batch.faults.add(faults.ignore(), method="PUT", times=None)
        response = form.confirm(status="PAUSED")
        assert response.status_code == 502
        assert outcomes(response) == ["unconfirmed"]
        assert "The batch was last seen ACTIVE at" in text(response)
        assert "saved" not in text(response).lower()

    def test_an_api_that_is_down_keeps_what_was_typed(self, form, batch):
        batch.faults.add(faults.reset(), times=None)
        response = form.confirm(status="PAUSED", expires_on="2037-05-06T07:08")
        assert response.status_code == 409
        assert outcomes(response) == ["not_sent"]
        assert 'value="2037-05-06T07:08"' in text(response)

    def test_a_key_that_is_refused_is_told(self, form, batch):
        batch.faults.add(faults.answer(401), times=None)
        html = text(form.confirm(status="PAUSED"))
        assert "refused the API key" in html
        assert batch.api_key not in html

    def test_what_is_already_so_is_told_on_the_batchs_page(self, form, batch, client):
        batch.store.change_batch(ID, status="PAUSED")
        response = form.confirm(status="PAUSED")
        assert response.status_code == 302
        assert outcomes(client.get(response.url)) == ["unchanged"]


class TestOneClick:
    @pytest.fixture(autouse=True)
    def logged_in(self, client, operator):
        client.force_login(operator)

    def post(self, client, action, **data):
        return client.post(reverse(f"batches:batch_{action}", args=[ID]), data)

    def test_pause_stops_it_and_says_so(self, client, batch):
        response = self.post(client, "pause")
        assert batch.batch(ID)["status"] == "PAUSED"
        page = client.get(response.url)
        assert outcomes(page) == ["applied"]
        assert reverse("batches:change_undo", args=[Change.objects.get().pk]) in attributes(page, "form", "action")

    def test_resume_lets_it_go_on(self, client, batch):
        batch.store.change_batch(ID, status="PAUSED")
        assert outcomes(client.get(self.post(client, "resume").url)) == ["applied"]
        assert batch.batch(ID)["status"] == "ACTIVE"

    def test_it_returns_to_the_page_it_came_from(self, client, batch):
        response = self.post(client, "pause", next="/batches/?status=ACTIVE&page=2&change=1")
        assert response.url == f"/batches/?status=ACTIVE&page=2&change={Change.objects.get().pk}"

    @pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
    def test_it_never_leads_elsewhere(self, client, batch, address):
        assert self.post(client, "pause", next=address).url.startswith(reverse("batches:batch", args=[ID]))

    @pytest.mark.parametrize("action", ["pause", "resume"])
    def test_it_takes_a_post(self, client, batch, action):
        assert client.get(reverse(f"batches:batch_{action}", args=[ID])).status_code == 405

    @pytest.mark.parametrize("action", ["pause", "resume"])
    def test_a_viewer_may_not(self, client, batch, viewer, action):
        client.force_login(viewer)
        assert self.post(client, action).status_code == 403
        assert not batch.requests

    def test_somebody_without_an_email_is_told_why(self, client, batch):
        client.force_login(member_of("Operators", None))
        response = self.post(client, "pause")
        assert response.status_code == 403
        assert "no email address" in text(response)

    def test_when_the_api_is_down_it_is_not_called_paused(self, client, batch):
        batch.faults.add(faults.answer(503), times=None)
        assert outcomes(client.get(self.post(client, "pause").url)) == ["not_sent"]

    def test_undo_from_the_confirmation_takes_it_back_at_once(self, client, batch):
        self.post(client, "pause")
        change = Change.objects.get()
        client.post(reverse("batches:change_undo", args=[change.pk]), {"confirm": "1"})
        assert batch.batch(ID)["status"] == "ACTIVE"


@pytest.mark.parametrize("contract", ["current"])
class TestRates:
    """The fields that only one contract has."""

    @pytest.fixture
    def paced(self, client, batch, operator):
        batch.store.change_batch(ID, more={"call_rate": 25, "auto_call_rate": False})
        client.force_login(operator)
        return EditPage(client, ID)

    def test_they_are_edited_and_reviewed_like_the_others(self, paced, batch):
        steps = paced.post(call_rate="60", auto_call_rate="true").context["steps"]
        assert [(step.field, step.before, step.after) for step in steps] == [
            ("call_rate", 25, 60),
            ("auto_call_rate", False, True),
        ]
        assert paced.confirm(call_rate="60", auto_call_rate="true").status_code == 302
        assert (batch.batch(ID)["call_rate"], batch.batch(ID)["auto_call_rate"]) == (60, True)

    def test_untouched_they_are_untouched(self, paced):
        assert [step.field for step in paced.post(status="PAUSED").context["steps"]] == ["status"]
        steps = paced.post(status="PAUSED", call_rate=None, auto_call_rate=None).context["steps"]
        assert [step.field for step in steps] == ["status"]

    @pytest.mark.parametrize("typed", ["0", "3601", "many", "1.5", ""])
    def test_a_rate_that_the_documents_do_not_allow_gets_a_sentence(self, paced, typed):
        response = paced.post(call_rate=typed)
        assert response.status_code == 422
        assert response.context["form"].errors["call_rate"]

    def test_the_dropdown_says_what_the_contract_cannot_express(self, client, batch, operator):
        batch.store.change_batch(ID, status="PENDING")
        client.force_login(operator)
        html = text(client.get(reverse("batches:batch", args=[ID])))
        assert "ACTIVE (only Syllable can start a pending batch)" in html

    def test_the_page_shows_who_syllable_says_and_who_our_trail_says(self, paced, client):
        paced.confirm(call_rate="60")
        html = text(client.get(reverse("batches:batch", args=[ID])))
        assert "Last updated by" in html
        assert "api-key@example.com" in html
        assert "operator@example.com" in html

    def test_what_is_new_in_it_is_shown(self, client, batch, viewer):
        more = {"upload_filename": "late.csv", "dispatch_id": "5ac4", "error_message": "Invalid <file> format"}
        batch.store.change_batch(ID, status="FAILED", more=more)
        client.force_login(viewer)
        html = text(client.get(reverse("batches:batch", args=[ID])))
        for words in ("FAILED", "late.csv", "5ac4", "Invalid &lt;file&gt; format"):
            assert words in html
