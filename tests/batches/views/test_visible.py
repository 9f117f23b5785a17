"""What the API says and nobody could see is written out, wherever a page shows it; what goes back stays as it came."""

from html.parser import HTMLParser
from unicodedata import category

import pytest
from django.template import engines
from django.urls import reverse

from batches.models import Change, Kind, Operation, TargetScope
from common.untrusted import visible, visible_id
from sandbox import faults
from tests.batches.services.factories import start
from tests.batches.views.odd_answers import CAMPAIGN, ID

pytestmark = pytest.mark.django_db

# As it came, it would be read another way round, and look shorter than it is.
EVIL = "A\u202e1.71\u2066\x1b[31m\x7f\u200b\u2028\x85Z"
EVIL_ID = f"2025{EVIL}"
SHOWN = "A⟨U+202E⟩1.71⟨U+2066⟩⟨U+001B⟩[31m⟨U+007F⟩⟨U+200B⟩⟨U+2028⟩⟨U+0085⟩Z"
# What people read, or have read to them.
READ = ("aria-label", "title", "alt", "placeholder", "label")


@pytest.mark.parametrize(
    ("text", "seen", "seen_as_id"),
    [
        ("20250117.9", "20250117.9", "20250117.9"),
        ("", "", ""),
        (EVIL, SHOWN, SHOWN),
        ("two\nlines\tand\r\nmore", "two\nlines\tand\r\nmore", "two⟨U+000A⟩lines⟨U+0009⟩and⟨U+000D⟩⟨U+000A⟩more"),
        ("caf\u00e9 日本 \U0001f600", "café 日本 \U0001f600", "café 日本 \U0001f600"),
        ("حملة", "حملة", "حملة"),
        ("a\u00a0b", "a\u00a0b", "a⟨U+00A0⟩b"),
        ("\U0001f469\u200d\u2695\ufe0f", "\U0001f469\u200d\u2695\ufe0f", "\U0001f469⟨U+200D⟩\u2695\ufe0f"),
        ("\0\x1f", "⟨U+0000⟩⟨U+001F⟩", "⟨U+0000⟩⟨U+001F⟩"),
        ("\ufeff\u00ad\U000e0041", "⟨U+FEFF⟩⟨U+00AD⟩⟨U+E0041⟩", "⟨U+FEFF⟩⟨U+00AD⟩⟨U+E0041⟩"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text, seen, seen_as_id):
    assert visible(text) == seen
    assert visible_id(text) == seen_as_id


def test_an_id_keeps_its_direction_to_itself_and_is_never_markup():
    template = engines["jinja2"].from_string('{% from "macros/ui.html" import identifier %}{{ identifier(id) }}')
    assert template.render({"id": "<b>\u202e"}) == "<bdi>&lt;b&gt;⟨U+202E⟩</bdi>"


class Page(HTMLParser):
    """Everything of a page that is read, and what of it stands in a <bdi>. What can be typed over goes back."""

    def __init__(self, response):
        super().__init__()
        self.texts, self.isolated = [], []
        self._within = ""
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        self._within = tag
        self.texts += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag):
        self._within = ""

    def handle_data(self, data):
        if self._within != "textarea":
            self.texts.append(data)
        if self._within == "bdi":
            self.isolated.append(data)

    @property
    def unseen(self):
        """The texts that hold what nobody could see."""
        hidden = ("Cc", "Cf", "Zl", "Zp", "Cs")
        return [text for text in self.texts if any(category(c) in hidden and c not in "\t\n\r" for c in text)]


@pytest.fixture
def operator_client(client, operator):
    client.force_login(operator)
    return client


def address(name, *args):
    return reverse(f"batches:{name}", args=args)


PAGES = {
    "list": lambda: address("batch_list"),
    "list, filtered": lambda: f"{address('batch_list')}?campaign={CAMPAIGN}",
    "batch": lambda: address("batch", EVIL_ID),
    "campaigns": lambda: address("campaign_list"),
    "campaign": lambda: address("campaign", CAMPAIGN),
    "requests": lambda: address("request_list", EVIL_ID),
}


@pytest.mark.parametrize("contract", ["2025-04", "current"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_api_shows_it(answer_with, operator_client, name):
    answer_with(EVIL, EVIL_ID, batch_id=EVIL_ID)

    page = Page(operator_client.get(PAGES[name]()))

    assert not page.unseen
    assert any(SHOWN in text for text in page.texts)


@pytest.mark.parametrize("name", ["list", "batch", "requests"])
def test_ids_stand_alone(answer_with, operator_client, name):
    answer_with(EVIL, EVIL_ID, batch_id=EVIL_ID)

    page = Page(operator_client.get(PAGES[name]()))

    assert f"2025{SHOWN}" in page.isolated


def test_a_detail_of_an_error_shows_it(operator_client, sandbox):
    sandbox.faults.add(faults.answer(400, {"detail": EVIL}), times=None)

    for name in ("list", "campaigns", "requests"):
        assert not Page(operator_client.get(PAGES[name]())).unseen


def test_what_is_shown_can_be_paused_as_what_it_is(operator_client, sandbox):
    sandbox.store.add_batch(EVIL_ID, campaign_id=CAMPAIGN, status="ACTIVE", deleted_reason=EVIL)

    html = operator_client.get(address("batch_list")).content.decode()
    assert f'name="batch" value="{EVIL_ID}"' in html
    assert f'aria-label="Pause 2025{SHOWN}"' in html
    operator_client.post(address("batch_pause", EVIL_ID))
    assert sandbox.batch(EVIL_ID)["status"] == "PAUSED"

    change = Change.objects.get()
    for page in (
        address("batch", EVIL_ID) + f"?change={change.pk}",
        address("batch_list") + f"?change={change.pk}",
        address("change_list"),
        address("change_list") + f"?batch={EVIL_ID}",
        address("change", change.pk),
        address("campaign", CAMPAIGN),
    ):
        page = Page(operator_client.get(page))
        assert not page.unseen
        assert f"2025{SHOWN}" in page.isolated
    assert change.batch_id == EVIL_ID


def test_a_review_and_a_conflict_show_it(operator_client, sandbox):
    sandbox.store.add_batch(EVIL_ID, campaign_id=CAMPAIGN, status="ACTIVE")
    form = operator_client.get(address("batch", EVIL_ID)).context["form"]
    typed = {"fingerprint": form["fingerprint"].value(), "status": "PAUSED"}
    edit = address("batch_edit", EVIL_ID)
    sandbox.store.change_batch(EVIL_ID, status="CANCELED", deleted_reason=EVIL, last_updated_by=EVIL)

    for response, code in (
        (operator_client.post(edit, typed), 200),
        (operator_client.post(edit, typed | {"status": EVIL}), 422),
        (operator_client.post(edit, typed | {"confirm": "1"}), 409),
    ):
        assert response.status_code == code
        assert not Page(response).unseen


def test_operations_show_it(operator_client, sandbox, operator):
    sandbox.store.add_campaign(id=CAMPAIGN, campaign_name=EVIL, timezone="Asia/Tokyo")
    sandbox.store.add_batch(EVIL_ID, campaign_id=CAMPAIGN, status="PAUSED")
    asked = {"kind": "cancel", "scope": "campaign", "campaign": CAMPAIGN}
    preview = operator_client.post(address("operation_list"), asked)
    assert not Page(preview).unseen
    assert any(SHOWN in text for text in Page(preview).texts)
    # The name cannot be typed, but the number can.
    assert "Type 1 to confirm" in preview.content.decode()

    operation = start(
        Kind.PAUSE, operator, scope=TargetScope.SELECTION, batch_ids=[EVIL_ID], campaign_name=EVIL, campaign_id=None
    )
    operation.items.update(detail=EVIL)
    Operation.objects.update(detail=EVIL, unlisted=EVIL, campaign_name=EVIL, scope="campaign", campaign_id=CAMPAIGN)
    for page in (address("operation_list"), address("operation", operation.pk), address("campaign", CAMPAIGN)):
        page = Page(operator_client.get(page))
        assert not page.unseen
        assert any(SHOWN in text for text in page.texts)
    assert f"2025{SHOWN}" in Page(operator_client.get(address("operation", operation.pk))).isolated


def test_a_usual_id_is_as_it_was(open_list, sandbox):
    sandbox.store.add_batch(ID)

    assert f'href="/batches/{ID}/"><bdi>{ID}</bdi></a>' in open_list()
