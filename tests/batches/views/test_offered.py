"""What the form of a batch offers: nothing that cannot be done with it as it is."""

import pytest
from django.urls import reverse

from batches.models import Change
from syllable.schemas import BatchStatus
from tests.batches.views.edit_page import EditPage
from tests.html import attributes, hidden, parsed

pytestmark = pytest.mark.django_db

ID = "20261123.9"
UNSEEN = {"csrfmiddlewaretoken", "fingerprint", "expires_on_offset"}


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch(ID, status="ACTIVE", expires_on="2036-01-01T00:00:00Z")
    return sandbox


@pytest.fixture
def editor(client, batch, operator):
    client.force_login(operator)
    return client


@pytest.fixture
def contract():
    return "current"


def batch_page(client):
    return client.get(reverse("batches:batch", args=[ID])).content.decode()


def section(html):
    """Return the form, from its heading on."""
    return parsed(html).css_first("section:has(#edit)").html


def controls(html):
    return set(attributes(section(html), "input, select, textarea", "name")) - UNSEEN


def typed(html):
    """Return what a browser posts of the unchanged form."""
    return hidden(html, "section:has(#edit)")


@pytest.mark.parametrize("status", ["FAILED", "THROTTLED", ""])
class TestOnlyCancel:
    def test_canceling_is_all_that_is_offered(self, editor, batch, status):
        batch.store.change_batch(ID, status=status)
        html = batch_page(editor)
        assert controls(html) == {"status", "deleted_reason"}
        assert "<select" not in section(html)
        assert "Cancel this batch" in section(html)
        assert "can only be canceled" in section(html)

    def test_it_takes_a_reason_and_a_confirmation(self, editor, batch, status):
        batch.store.change_batch(ID, status=status)
        form = typed(batch_page(editor))
        address = reverse("batches:batch_edit", args=[ID])
        refused = editor.post(address, form | {"deleted_reason": ""})
        assert refused.status_code == 422
        assert "Enter a reason for canceling" in refused.content.decode()
        review = editor.post(address, form | {"deleted_reason": "Bad file"}).content.decode()
        assert "Canceling is final" in review
        assert editor.post(address, form | {"deleted_reason": "Bad file", "confirm": "1"}).status_code == 302
        assert batch.batch(ID)["deleted_reason"] == "Bad file"
        assert Change.objects.get().outcome == "applied"

    @pytest.mark.parametrize(
        ("forged", "words"),
        [
            ({"status": "ACTIVE"}, "cannot be set to ACTIVE"),
            ({"expires_on": "2040-01-01T00:00"}, "cannot be changed"),
            ({"call_rate": "60"}, "cannot be changed"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_what_is_not_offered_is_refused_in_words(self, editor, batch, status, forged, words):
        batch.store.change_batch(ID, status=status)
        response = EditPage(editor, ID).confirm(**forged)
        assert response.status_code == 422
        assert words in response.content.decode()
        assert not batch.requests.of("PUT")


class TestFailed:
    def test_the_error_comes_first(self, client, editor, batch, viewer):
        batch.store.change_batch(ID, status="FAILED", more={"error_message": "Column <b>phone</b> is missing"})
        for person in (editor, viewer):
            if person is viewer:
                client.force_login(viewer)
            html = batch_page(client)
            error = html.index("Column &lt;b&gt;phone&lt;/b&gt; is missing")
            assert html.index('role="alert"') < error < html.index("<dl")
            assert html.count("Column &lt;b&gt;phone") == 1

    def test_one_without_an_error_says_so(self, editor, batch):
        batch.store.change_batch(ID, status="FAILED")
        assert "Syllable does not say why." in batch_page(editor)

    def test_a_conflict_with_a_batch_that_failed_meanwhile_offers_to_cancel_it(self, editor, batch):
        page = EditPage(editor, ID)
        batch.store.change_batch(ID, status="FAILED")
        response = page.confirm(status="PAUSED")
        assert response.status_code == 409
        html = response.content.decode()
        assert "Send my change" not in html
        assert "cannot be set to PAUSED" in html
        assert '<input type="hidden" name="status" value="CANCELED">' in html


class TestExpired:
    @pytest.fixture
    def expired(self, editor, batch):
        batch.store.change_batch(ID, status="EXPIRED", expires_on="2020-01-01T00:00:00Z")
        return batch

    def test_only_what_is_possible_is_offered(self, editor, expired):
        html = batch_page(editor)
        assert controls(html) == {"status", "expires_on", "deleted_reason", "reason"}
        options = attributes(section(html), "option", "value")
        assert options == ["ACTIVE", "PAUSED", "CANCELED", "EXPIRED"]
        assert "disabled" not in section(html)
        assert "a new expiry" in section(html)

    def test_it_comes_back_with_a_new_expiry(self, editor, expired):
        form = typed(batch_page(editor)) | {"status": "PAUSED", "expires_on": "2040-01-01T00:00", "confirm": "1"}
        assert editor.post(reverse("batches:batch_edit", args=[ID]), form).status_code == 302
        assert expired.batch(ID)["status"] == "PAUSED"

    def test_an_expiry_alone_is_refused_in_words(self, editor, expired):
        response = EditPage(editor, ID).confirm(expires_on="2040-01-01T00:00")
        assert response.status_code == 422
        assert "The batch is EXPIRED. The expiry cannot be changed." in response.content.decode()


@pytest.mark.parametrize("status", [BatchStatus.PENDING, BatchStatus.ACTIVE, BatchStatus.PAUSED])
def test_a_batch_that_lives_is_offered_everything_with_the_reasons_against_it(editor, batch, status):
    batch.store.change_batch(ID, status=status)
    html = batch_page(editor)
    expected = {"status", "expires_on", "clear_expiry", "call_rate", "auto_call_rate", "deleted_reason", "reason"}
    assert controls(html) == expected
    assert "disabled" in section(html)


def test_a_conflict_with_a_canceled_batch_offers_nothing(editor, batch):
    page = EditPage(editor, ID)
    batch.store.change_batch(ID, status="CANCELED", deleted_reason="done")
    html = page.confirm(status="PAUSED").content.decode()
    assert "canceled is final" in html
    assert "<select" not in html
    assert 'name="deleted_reason"' not in html
