"""Pages where the answers decide which contract the API speaks: nothing known yet, migrating, down from the start."""

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from batches.api_client import client_for, syllable_client
from batches.models import Change, Outcome
from batches.selectors.batch import abilities
from batches.selectors.parallel_reads import submit
from sandbox import faults
from sandbox.contracts import CONTRACTS as SPOKEN
from syllable import evidence
from syllable.contracts import CONTRACTS
from syllable.evidence import UNKNOWN
from syllable.schemas import BatchQuery
from tests.batches.views.edit_page import EditPage
from tests.batches.views.list_page import LIST, shown, tabs
from tests.html import attributes, in_words, outcomes

pytestmark = pytest.mark.django_db

OLD, NEW = "2025-04", "current"
BOTH = pytest.mark.parametrize("contract", [OLD, NEW])
ID = "20261123.9"
EVIDENCE = ["paused", "count", "last_worked_on"]
UNTOLD = "do not show which API contract they speak"
RESORTED = "The list cannot be sorted like that. The usual order is shown."


@pytest.fixture
def account(auto_contract, client, operator):
    client.force_login(operator)
    auto_contract.store.add_batch(ID, status="ACTIVE", expires_on="2036-01-01T00:00:00Z", campaign_id=7)
    return auto_contract


def speak(account, name):
    account.contract = SPOKEN[name]


def text(response):
    return response.content.decode()


def page(client, batch_id=ID):
    return client.get(reverse("batches:batch", args=[batch_id]))


def orders(account):
    """Return the orders that the API was asked for."""
    return {order for request in account.requests for order in request.query.get("order_by", [])}


def queries_of_the_list(client):
    """Return how often the list asks the database."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(LIST).status_code == 200
    return len(asked)


def choices(response):
    return attributes(text(response), "select[name=status] option", "value")


class TestTheList:
    @BOTH
    def test_the_first_page_of_a_process_has_the_tabs_of_the_contract_that_it_reads(self, client, account, contract):
        assert syllable_client().contract is UNKNOWN
        response = client.get(LIST)
        assert response.status_code == 200
        labels = [tab.label for tab in response.context["tabs"]]
        assert labels == ["All", *CONTRACTS[contract].abilities.statuses]
        assert ("-last_updated_at" in response.context["orders"]) == (contract == NEW)

    @BOTH
    def test_what_was_not_counted_on_it_is_counted_on_the_next(self, client, account, contract):
        first, second = tabs(text(client.get(LIST))), tabs(text(client.get(LIST)))
        of_one_contract = {OLD: "IDLE", NEW: "FAILED"}[contract]
        assert first[of_one_contract] != "0"
        assert second == first | {of_one_contract: "0"}

    @BOTH
    def test_it_asks_the_database_as_often_as_with_a_contract_that_is_set(self, client, account, settings, contract):
        client.get(LIST)
        by_evidence = queries_of_the_list(client)
        settings.SYLLABLE_API_CONTRACT = contract
        assert by_evidence == queries_of_the_list(client)

    def test_it_asks_the_cache_once_while_nothing_is_known(self, client, account, settings, monkeypatch):
        monkeypatch.setattr(evidence, "SHARED_EVERY_SECONDS", 3600)
        account.store.clear()
        first, second = queries_of_the_list(client), queries_of_the_list(client)
        settings.SYLLABLE_API_CONTRACT = OLD
        assert (first - 1, second) == (second, queries_of_the_list(client))

    def test_an_order_of_one_contract_waits_until_that_is_known(self, client, account):
        speak(account, NEW)
        first = client.get(LIST, {"order": "-last_updated_at"})
        assert RESORTED in in_words(text(first))
        assert "last_updated_at" not in {
            value for query in account.requests for value in query.query.get("order_by", [])
        }

        second = client.get(LIST, {"order": "-last_updated_at"})
        assert RESORTED not in in_words(text(second))
        assert "last_updated_at" in orders(account)

    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
    def test_a_platform_that_no_longer_has_the_order_gives_the_page_in_another(self, client, account, headers):
        speak(account, NEW)
        account.store.add_batch("20261123.8", last_updated_at="2099-01-01T00:00:00Z")
        client.get(LIST)
        speak(account, OLD)

        response = client.get(LIST, {"order": "-last_updated_at"}, headers=headers)

        assert response.status_code == 200
        assert shown(text(response)) == [ID, "20261123.8"]
        assert (RESORTED in in_words(text(response))) == (not headers)
        assert "last_updated_at" not in text(response).split("batch-list")[-1]
        assert syllable_client().silent_since is None

    @pytest.mark.parametrize("order", ["expires_on", "-last_updated_at"])
    def test_any_other_refusal_is_still_said(self, client, account, order):
        speak(account, NEW)
        client.get(LIST)
        account.faults.add(faults.answer(422, {"detail": "No"}), times=None)
        response = client.get(LIST, {"order": order})
        assert response.status_code == 503
        assert "Syllable refused the values" in text(response)

    def test_a_contract_that_is_set_is_not_second_guessed(self, client, account, settings):
        settings.SYLLABLE_API_CONTRACT = NEW
        assert client.get(LIST, {"order": "-last_updated_at"}).status_code == 503
        assert len([query for query in account.requests if "order_by" in query.query]) == 1


class TestAnApiThatIsDownFromTheStart:
    @pytest.fixture
    def down(self, account):
        account.faults.add(faults.answer(500), times=None)
        return account

    def test_the_list_says_so_and_offers_what_every_contract_has(self, client, down):
        response = client.get(LIST)
        assert response.status_code == 503
        assert "Syllable is not answering" in text(response)
        assert [tab.label for tab in response.context["tabs"]] == ["All", *UNKNOWN.abilities.statuses]

    @pytest.mark.parametrize("path", ["/campaigns/", "/campaigns/7/", f"/batches/{ID}/"])
    def test_so_does_every_other_page(self, client, down, path):
        response = client.get(path)
        assert response.status_code == 503
        assert "Syllable is not answering" in text(response)

    @pytest.mark.parametrize("scope", ["all", "campaign", "filter"])
    def test_a_stop_can_be_started_all_the_same(self, client, down, scope):
        response = client.post("/operations/", {"kind": "pause", "scope": scope, "campaign": "7", "status": "ACTIVE"})
        assert response.status_code == 200

    def test_a_click_is_not_sent_and_says_why(self, client, down):
        client.post(reverse("batches:batch_pause", args=[ID]))
        assert Change.objects.get().outcome == Outcome.NOT_SENT


class TestABatch:
    @BOTH
    def test_its_form_is_that_of_the_contract_which_it_shows(self, client, account, contract):
        speak(account, {OLD: NEW, NEW: OLD}[contract])
        syllable_client().list_batches(BatchQuery())
        speak(account, contract)
        response = page(client)
        assert choices(response) == [str(status) for status in CONTRACTS[contract].abilities.statuses]
        assert ("call_rate" in response.context["form"].fields) == (contract == NEW)

    @BOTH
    def test_one_that_shows_none_has_the_form_of_the_contract_shown_last(self, client, account, contract):
        page(client)
        account.store.change_batch(ID, omit=EVIDENCE)
        assert choices(page(client)) == [str(status) for status in CONTRACTS[contract].abilities.statuses]

    def test_while_nothing_is_known_it_can_only_be_looked_at(self, client, account):
        account.store.change_batch(ID, omit=EVIDENCE)
        response = page(client)
        assert response.status_code == 200
        assert response.context["form"] is None
        assert UNTOLD in text(response)
        assert "SYLLABLE_API_CONTRACT" in text(response)

    def test_and_a_click_is_not_sent(self, client, account):
        account.store.change_batch(ID, omit=EVIDENCE)
        response = client.post(reverse("batches:batch_pause", args=[ID]), follow=True)
        assert outcomes(text(response)) == ["not_sent"]
        assert UNTOLD in text(response)
        assert not account.requests.of("PUT")


class TestAFormOfTheOtherContract:
    @BOTH
    def test_a_process_that_knows_nothing_reads_the_form_as_it_was_loaded(self, client, account, contract):
        form = EditPage(client, ID)
        caches["default"].clear()
        client_for.cache_clear()
        typed = {"call_rate": "60"} if contract == NEW else {"status": "PAUSED"}
        response = form.post(**typed)
        assert [step.field for step in response.context["steps"]] == list(typed)
        assert form.confirm(**typed).status_code == 302
        assert Change.objects.get().outcome == Outcome.APPLIED

    def test_what_only_the_old_contract_has_is_not_dropped_unread(self, client, account):
        speak(account, NEW)
        form = EditPage(client, ID)
        speak(account, OLD)
        client.get(LIST)
        assert [step.field for step in form.post(call_rate="60").context["steps"]] == ["call_rate"]

        response = form.confirm(call_rate="60")

        assert response.status_code == 409
        assert outcomes(text(response)) == ["conflict"]
        assert "This version of the API has no call rate." in text(response)
        assert not account.requests.of("PUT")

    def test_a_status_that_the_new_contract_cannot_set_gets_a_sentence(self, client, account):
        account.store.change_batch(ID, status="PENDING", more={"auto_call_rate": None})
        speak(account, OLD)
        form = EditPage(client, ID)
        speak(account, NEW)
        response = form.confirm(status="ACTIVE")
        assert response.status_code == 409
        assert "only Syllable can start a pending batch" in text(response)
        assert not account.requests.of("PUT")

    def test_the_page_of_the_conflict_has_the_form_of_the_new_contract(self, client, account):
        form = EditPage(client, ID)
        speak(account, NEW)
        response = form.confirm(status="PAUSED")
        assert response.status_code == 409
        assert "call_rate" in response.context["form"].fields
        again = response.context["form"].data | {"confirm": "1"}
        assert client.post(reverse("batches:batch_edit", args=[ID]), again).status_code == 302
        assert account.store.batch(ID)["status"] == "PAUSED"

    @pytest.mark.parametrize("fingerprint", ["", "forged"])
    def test_a_form_whose_fingerprint_is_lost_is_filled_in_again(self, client, account, fingerprint):
        form = EditPage(client, ID)
        response = form.post(status="PAUSED", fingerprint=fingerprint)
        assert response.status_code == 422
        assert "no longer valid" in text(response)


class TestThePreview:
    @BOTH
    def test_it_counts_exactly_although_nothing_was_known(self, client, account, contract):
        account.store.add_batch("idle", status="IDLE", campaign_id=7)
        account.store.add_batch("failed", status="FAILED", campaign_id=7)
        preview = client.post("/operations/", {"kind": "pause", "scope": "campaign", "campaign": "7"}).context[
            "preview"
        ]
        assert preview.touched == 2
        assert preview.skipped == {{OLD: "CANCELED", NEW: "FAILED"}[contract]: 1}


class TestTheSharedCache:
    @pytest.fixture
    def elsewhere(self, account):
        """Have another process see the contract."""
        page_of_another = syllable_client()
        page_of_another.get_batch(ID)
        syllable_client()
        client_for.cache_clear()
        account.requests.clear()
        return page_of_another

    @BOTH
    def test_a_fresh_process_starts_with_what_others_saw(self, client, account, elsewhere, contract):
        assert syllable_client() is not elsewhere
        assert abilities() is CONTRACTS[contract].abilities

    def test_it_is_of_one_account(self, account, elsewhere, settings):
        settings.SYLLABLE_API_KEY = "of another account"
        assert abilities() is UNKNOWN.abilities

    def test_the_key_of_the_account_is_not_in_it(self, account, elsewhere):
        with connection.cursor() as cursor:
            cursor.execute("SELECT cache_key, value FROM dashboard_cache")
            rows = cursor.fetchall()
        assert rows
        assert account.api_key not in str(rows)

    def test_the_threads_of_parallel_reads_keep_off_it(self, account, settings):
        memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shared"}
        settings.CACHES = settings.CACHES | {"default": memory}
        syllable_client().get_batch(ID)
        assert abilities() is CONTRACTS[OLD].abilities
        client_for.cache_clear()

        assert submit(abilities).result(60) is UNKNOWN.abilities
        assert abilities() is CONTRACTS[OLD].abilities
        caches["default"].clear()

    def test_one_that_fails_breaks_no_page_and_no_write(self, client, account, settings):
        redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = settings.CACHES | {"default": redis}
        for _ in range(2):
            assert client.get(LIST).status_code == 200
            assert page(client).status_code == 200
        response = client.post(reverse("batches:batch_pause", args=[ID]), follow=True)
        assert outcomes(text(response)) == ["applied"]
