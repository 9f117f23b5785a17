"""`manage.py check_api` says in a few lines whether the dashboard can work with the account, and writes nothing."""

from io import StringIO

import pytest
from django.core.management import call_command

from batches.api_client import client_for
from sandbox import faults
from sandbox.contracts import CONTRACTS

SILENCE = faults.hang()


def check_api():
    out, code = StringIO(), 0
    try:
        call_command("check_api", stdout=out)
    except SystemExit as stop:
        code = stop.code
    return out.getvalue(), code


@pytest.fixture
def account(sandbox):
    sandbox.store.add_campaign(campaign_name="Reminders")
    sandbox.store.add_batch("1", status="ACTIVE")
    sandbox.store.add_batch("2", status="PAUSED")
    return sandbox


def test_an_account_that_can_be_worked_with(account):
    printed, code = check_api()
    assert code == 0
    assert "answers speak 2025-04" in printed
    assert "Batches    2\n" in printed
    assert "Campaigns  1\n" in printed
    assert " ms" in printed
    assert "Wrong" not in printed


def test_it_writes_nothing(account):
    check_api()
    assert {request.method for request in account.requests} == {"GET"}


def test_an_empty_account_tells_no_contract(sandbox):
    printed, code = check_api()
    assert (code, "answers speak unknown" in printed) == (0, True)


def test_another_contract_is_told(account, settings):
    settings.SYLLABLE_API_CONTRACT = "current"
    printed, code = check_api()
    assert code == 1
    assert "The API speaks contract 2025-04, but SYLLABLE_API_CONTRACT is current" in printed


def test_what_the_answers_show_is_said_and_kept_for_others_where_they_decide(account, auto_contract):
    printed, code = check_api()
    assert code == 0
    assert "Contract   set to auto, answers speak 2025-04\nRemembered nothing yet\n" in printed

    client_for.cache_clear()
    account.contract = CONTRACTS["current"]
    printed, code = check_api()
    assert code == 0
    assert "Contract   set to auto, answers speak current\nRemembered 2025-04\n" in printed


def test_answers_of_both_contracts_are_a_problem_where_one_is_set(account):
    show_both(account)
    printed, code = check_api()
    assert code == 1
    assert "The API speaks contract 2025-04 and current, but SYLLABLE_API_CONTRACT is 2025-04" in printed


def test_answers_of_both_contracts_are_none_where_they_decide(account, auto_contract):
    show_both(account)
    printed, code = check_api()
    assert code == 0
    assert "answers speak 2025-04 and current\n" in printed


def show_both(account):
    account.store.change_batch("2", omit=["count", "last_worked_on"], extra={"paused": True})


@pytest.mark.parametrize("contract", ["2025-04", "current"])
def test_every_documented_field_is_known(account):
    assert "New field" not in check_api()[0]


def test_fields_that_are_new_are_named_without_their_values(account):
    account.store.change_batch("1", extra={"priority": "secret-1", "odd\x1b[31m": "secret-2"})
    account.store.change_batch("2", extra={"priority": "secret-3"})
    account.store.add_campaign(extra={"colour": "secret-4"})
    printed, code = check_api()
    assert code == 0
    assert "New field  in batches, not known to this dashboard: odd⟨U+001B⟩[31m, priority\n" in printed
    assert "New field  in campaigns, not known to this dashboard: colour\n" in printed
    assert "secret" not in printed


def test_an_api_that_answers_countless_fields_does_not_fill_the_screen(account):
    account.store.change_batch("1", extra={f"{number:04}{'x' * 500}": 1 for number in range(200)})
    assert len(check_api()[0]) < 3000


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.answer(401), "Key        not accepted"),
        (faults.answer(500), "is not answering"),
        (faults.html(200), "cannot read"),
        (SILENCE, "does not answer"),
    ],
    ids=["401", "500", "html", "hang"],
)
def test_what_is_wrong_is_said_in_words(account, give_up_soon, fault, words):
    account.faults.add(fault, times=None)
    if fault is SILENCE:
        give_up_soon()
    printed, code = check_api()
    assert code == 1
    assert words in printed
    assert account.api_key not in printed


def test_an_address_where_nobody_listens(settings):
    settings.SYLLABLE_API_URL = "http://127.0.0.1:1"
    printed, code = check_api()
    assert (code, "does not answer" in printed, "Key        not tried" in printed) == (1, True, True)
