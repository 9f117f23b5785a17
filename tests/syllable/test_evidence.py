"""Which contract counts: the one that is set, or the one that the answers show."""

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.contracts import CONTRACTS as SPOKEN
from syllable import evidence
from syllable.client import SyllableClient
from syllable.contracts import CONTRACTS
from syllable.errors import UnknownContract, WrongContract
from syllable.evidence import SHARED_EVERY_SECONDS, UNKNOWN, ByEvidence, Fixed
from syllable.schemas import Batch, BatchEdit, BatchQuery, BatchStatus
from tests.conftest import KEY

OLD, NEW, NEITHER = "2025-04", "current", ""
SHOWN = {
    OLD: {"batch_id": "b", "status": "ACTIVE", "count": 3},
    NEW: {"batch_id": "b", "status": "ACTIVE", "paused": False},
    NEITHER: {"batch_id": "b", "status": "ACTIVE"},
}
PAUSE = BatchEdit(status=BatchStatus.PAUSED)
ANSWERS = st.lists(st.sampled_from([OLD, NEW, NEITHER]))


def batch(spoken):
    return Batch.read(SHOWN[spoken])


class Shelf:
    """A store that processes share; it counts how often it is asked and told."""

    def __init__(self, name=""):
        self.name, self.asked, self.told = name, 0, 0

    def read(self):
        self.asked += 1
        return self.name

    def write(self, name):
        self.told += 1
        self.name = name


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def contracts(shelf):
    return ByEvidence(shelf)


@pytest.fixture
def clock(monkeypatch):
    """Return a list with the time, which stands still until the test sets it."""
    now = [1000.0]
    monkeypatch.setattr(evidence.time, "monotonic", lambda: now[0])
    return now


class TestWhatIsRemembered:
    @given(ANSWERS)
    def test_the_last_answer_that_shows_a_contract_is_remembered(self, answers):
        contracts = ByEvidence(Shelf())
        for spoken in answers:
            contracts.saw([batch(spoken)])

        last = next(filter(None, reversed(answers)), NEITHER)
        assert contracts.known is CONTRACTS.get(last, UNKNOWN)

    @given(ANSWERS)
    def test_of_a_list_the_last_row_that_shows_one_counts(self, rows):
        contracts = ByEvidence(Shelf())
        contracts.saw([batch(spoken) for spoken in rows])

        last = next(filter(None, reversed(rows)), NEITHER)
        assert contracts.known is CONTRACTS.get(last, UNKNOWN)

    @given(ANSWERS, st.sampled_from([OLD, NEW]))
    def test_a_batch_is_written_by_its_own_evidence_whatever_others_showed(self, answers, own):
        contracts = ByEvidence(Shelf())
        for spoken in answers:
            contracts.saw([batch(spoken)])

        assert contracts.to_write(batch(own)) is CONTRACTS[own]

    def test_a_batch_that_shows_none_is_written_as_the_last_answer_that_did(self, contracts):
        contracts.saw([batch(NEW)])
        assert contracts.to_write(batch(NEITHER)) is CONTRACTS[NEW]

    def test_nothing_is_written_while_nothing_is_known(self, contracts):
        with pytest.raises(UnknownContract, match="SYLLABLE_API_CONTRACT"):
            contracts.to_write(batch(NEITHER))

    def test_what_was_read_before_counts_more_than_what_others_showed(self, contracts):
        contracts.saw([batch(NEW)])
        assert contracts.of(NEITHER, otherwise=CONTRACTS[OLD]) is CONTRACTS[OLD]
        assert contracts.of(NEW, otherwise=CONTRACTS[OLD]) is CONTRACTS[NEW]

    def test_a_contract_of_another_version_is_none(self, contracts):
        contracts.saw([batch(OLD)])
        assert contracts.of("2031-01") is CONTRACTS[OLD]


class TestWhatIsShared:
    def test_who_has_seen_nothing_starts_with_what_others_saw(self, shelf, contracts):
        other = ByEvidence(shelf)
        contracts.saw([batch(NEW)])
        contracts.sync()

        other.sync()

        assert other.known is CONTRACTS[NEW]

    def test_own_evidence_counts_more_than_that_of_others(self, shelf, contracts):
        shelf.name = OLD
        contracts.saw([batch(NEW)])
        contracts.sync()

        assert contracts.known is CONTRACTS[NEW]
        assert shelf.name == NEW

    def test_evidence_that_comes_while_others_are_asked_counts_more(self):
        class Slow(Shelf):
            def read(self):
                contracts.saw([batch(NEW)])
                return OLD

        contracts = ByEvidence(Slow())
        contracts.sync()

        assert contracts.known is CONTRACTS[NEW]

    @pytest.mark.parametrize("name", ["", "2031-01", "\x00"])
    def test_what_is_no_contract_is_not_believed(self, shelf, contracts, name):
        shelf.name = name
        contracts.sync()
        assert contracts.known is UNKNOWN

    def test_the_store_is_asked_once_in_a_few_seconds_while_nothing_is_known(self, shelf, contracts, clock):
        for _ in range(5):
            contracts.sync()
        assert shelf.asked == 1

        clock[0] += SHARED_EVERY_SECONDS
        contracts.sync()
        assert shelf.asked == 2

    def test_and_never_again_once_something_is_known(self, shelf, contracts, clock):
        contracts.saw([batch(OLD)])
        for _ in range(5):
            contracts.sync()
            clock[0] += SHARED_EVERY_SECONDS
        assert (shelf.asked, shelf.told) == (0, 1)

    def test_what_was_taken_over_is_not_told_again(self, shelf, contracts):
        shelf.name = OLD
        contracts.sync()
        contracts.saw([batch(OLD)])
        contracts.sync()
        assert shelf.told == 0

    def test_a_platform_that_changes_its_mind_with_every_answer_is_told_of_seldom(self, shelf, contracts, clock):
        for number in range(20):
            contracts.saw([batch((OLD, NEW)[number % 2])])
            contracts.sync()
        assert (shelf.told, shelf.name) == (1, OLD)

        clock[0] += SHARED_EVERY_SECONDS
        contracts.sync()
        assert (shelf.told, shelf.name) == (2, NEW)

    def test_nobody_waits_for_a_store_that_hangs(self):
        asked, may_answer = threading.Event(), threading.Event()

        class Hanging(Shelf):
            def read(self):
                asked.set()
                assert may_answer.wait(60)
                return OLD

        contracts = ByEvidence(Hanging())
        waiting = threading.Thread(target=contracts.sync)
        waiting.start()
        assert asked.wait(60)

        contracts.sync()
        contracts.saw([batch(NEW)])
        assert contracts.known is CONTRACTS[NEW]

        may_answer.set()
        waiting.join(60)
        assert contracts.known is CONTRACTS[NEW]


class TestWhileNothingIsKnown:
    def test_only_what_all_contracts_have_is_offered(self):
        able = [contract.abilities for contract in CONTRACTS.values()]
        for name in ("statuses", "order_by", "editable"):
            common = set.intersection(*(set(getattr(one, name)) for one in able))
            assert set(getattr(UNKNOWN.abilities, name)) == common

    def test_no_request_can_be_made(self):
        with pytest.raises(UnknownContract):
            UNKNOWN.write(batch(NEITHER), PAUSE, by="somebody@example.com", now=datetime.now(UTC))
        assert UNKNOWN.fallback(batch(NEITHER), PAUSE) is None

    @pytest.mark.parametrize(
        ("status", "wanted", "shows"),
        [
            ("PAUSED", BatchStatus.PAUSED, True),
            ("ACTIVE", BatchStatus.PAUSED, False),
            ("ACTIVE", BatchStatus.ACTIVE, True),
            # Each of these is enough for one contract alone.
            ("IDLE", BatchStatus.ACTIVE, False),
            ("PENDING", BatchStatus.ACTIVE, False),
        ],
    )
    def test_a_batch_shows_an_edit_if_it_does_so_by_every_contract(self, status, wanted, shows):
        assert UNKNOWN.shows(Batch.read({"batch_id": "b", "status": status}), BatchEdit(status=wanted)) is shows


class TestAContractThatIsSet:
    @pytest.mark.parametrize("name", CONTRACTS)
    def test_no_answer_changes_it(self, name):
        contracts = Fixed(CONTRACTS[name])
        for spoken in SHOWN:
            contracts.saw([batch(spoken)])
            contracts.sync()
            assert contracts.known is contracts.of(spoken) is CONTRACTS[name]
            assert contracts.of(spoken, otherwise=CONTRACTS[OLD]) is CONTRACTS[name]

    @pytest.mark.parametrize(("name", "other"), [(OLD, NEW), (NEW, OLD)])
    def test_a_batch_that_shows_another_one_is_not_written(self, name, other):
        contracts = Fixed(CONTRACTS[name])
        assert contracts.to_write(batch(NEITHER)) is contracts.to_write(batch(name)) is CONTRACTS[name]
        with pytest.raises(WrongContract, match=f"speaks {other}"):
            contracts.to_write(batch(other))


class TestTheClient:
    @pytest.fixture
    def api(self, sandbox, contracts):
        sandbox.store.add_batch("b", status="ACTIVE")
        return SyllableClient(sandbox.url, KEY, contracts=contracts, timeout=20)

    @pytest.mark.parametrize("contract", [OLD, NEW])
    @pytest.mark.parametrize(
        "read", [lambda api: api.list_batches(BatchQuery()), lambda api: api.get_batch("b")], ids=["list", "batch"]
    )
    def test_it_learns_from_every_read(self, api, contract, read):
        assert api.contract is UNKNOWN
        read(api)
        assert api.contract is CONTRACTS[contract]

    def test_it_follows_a_platform_that_migrates(self, api, sandbox):
        api.get_batch("b")
        sandbox.contract = SPOKEN[NEW]
        api.get_batch("b")
        assert api.contract is CONTRACTS[NEW]

    def test_it_learns_from_the_answer_to_a_write(self, api, sandbox):
        read = api.get_batch("b")
        write = api.contract.write(read, PAUSE, by="somebody@example.com", now=datetime.now(UTC))
        sandbox.contract = SPOKEN[NEW]
        api.send(write, request_id="1")
        assert api.contract is CONTRACTS[NEW]

    def test_a_list_without_batches_teaches_nothing(self, api, sandbox):
        sandbox.store.clear()
        api.list_batches(BatchQuery())
        assert api.contract is UNKNOWN

    def test_all_its_lanes_share_what_is_known(self, api):
        other = api.watched(lambda exchange: None)
        other.get_batch("b")
        assert api.contract is CONTRACTS[OLD]
