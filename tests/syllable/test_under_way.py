"""Which requests of a batch are under way: the word of their channel decides."""

import pytest

from syllable.schemas import Batch, RequestCounts, Stage, request_counts, requests_under_way, result_counts, stage


def batch(**fields):
    return Batch.read({"batch_id": "b", "status": "ACTIVE", **fields})


@pytest.mark.parametrize(
    ("status", "channel", "expected"),
    [
        ("PENDING", "", Stage.PENDING),
        ("PENDING", "PENDING", Stage.PENDING),
        ("PENDING", "SENT", Stage.UNDER_WAY),
        ("PENDING", "BUSY", Stage.PENDING),
        ("INITIATED", "", Stage.UNDER_WAY),
        ("INITIATED", "PENDING", Stage.UNDER_WAY),
        ("INITIATED", "QUEUED", Stage.UNDER_WAY),
        ("INITIATED", "NO-ANSWER", Stage.FAILED),
        ("CONNECTED", "", Stage.UNTOLD),
        ("CONNECTED", "IN-PROGRESS", Stage.UNDER_WAY),
        ("CONNECTED", "IN_PROGRESS", Stage.UNDER_WAY),
        ("CONNECTED", "HUMAN", Stage.UNDER_WAY),
        ("CONNECTED", "COMPLETED", Stage.ENDED),
        ("CONNECTED", "no_answer", Stage.FAILED),
        ("CONNECTED", "TELEPATHY", Stage.UNDER_WAY),
        ("COMPLETED", "IN-PROGRESS", Stage.ENDED),
        ("FAILED", "", Stage.FAILED),
        ("INVALID", "", Stage.FAILED),
        ("CANCELED", "", Stage.ENDED),
        ("DUPLICATE", "", Stage.ENDED),
        ("SKIPPED", "", Stage.ENDED),
        ("THINKING", "", Stage.UNDER_WAY),
        ("THINKING", "DELIVERED", Stage.ENDED),
        ("", "PENDING", Stage.PENDING),
    ],
)
def test_the_channel_decides(status, channel, expected):
    assert stage(status, channel) == expected


def test_the_example_of_the_documents_has_nobody_on_the_line_who_is_connected():
    counted = batch(
        status_counts={"CONNECTED": 100, "PENDING": 10},
        detailed_status_counts={
            "CONNECTED": {"counts": {"COMPLETED": 95, "NO-ANSWER": 5}, "total_count": 100},
            "PENDING": {"counts": {"PENDING": 8, "SENT": 2}, "total_count": 10},
        },
    )

    assert request_counts(counted) == RequestCounts(pending=8, under_way=2, untold=0, ended=100, failed=5)
    assert request_counts(counted).total == 110
    assert requests_under_way(counted) == 2


def test_without_a_word_of_the_channel_nobody_says_what_connected_means():
    counted = batch(status_counts={"CONNECTED": 3, "INITIATED": 2, "COMPLETED": 5})

    assert request_counts(counted) == RequestCounts(pending=0, under_way=2, untold=3, ended=5, failed=0)
    assert requests_under_way(counted) is None


def test_a_batch_of_a_list_says_nothing():
    assert request_counts(batch()) is None
    assert requests_under_way(batch()) is None


@pytest.mark.parametrize(
    "details",
    [
        {"CONNECTED": {"counts": {"COMPLETED": 90, "IN-PROGRESS": True, "BUSY": "7", "HUMAN": -3}}},
        {"CONNECTED": {"counts": {"COMPLETED": 90, "IN-PROGRESS": None}}},
        {"CONNECTED": {"counts": {"COMPLETED": 90}}, "COMPLETED": [], "PENDING": {"counts": 7}},
    ],
)
def test_odd_counts_break_nothing(details):
    counts = request_counts(batch(status_counts={"CONNECTED": 100}, detailed_status_counts=details))

    assert counts == RequestCounts(pending=0, under_way=0, untold=10, ended=90, failed=0)


def test_a_count_is_no_more_than_a_database_holds():
    counts = request_counts(batch(status_counts={"PENDING": 10**400, "COMPLETED": 5}))
    assert counts == RequestCounts(pending=10**8, under_way=0, untold=0, ended=5, failed=0)


def test_a_breakdown_never_counts_more_than_its_status():
    details = {"CONNECTED": {"counts": {"COMPLETED": 900}}}

    assert request_counts(batch(status_counts={"CONNECTED": 3}, detailed_status_counts=details)).total == 3
    assert request_counts(batch(status_counts={"CONNECTED": -3}, detailed_status_counts=details)).total == 0


def test_results_tell_it_in_any_contract():
    older = [
        {"channel_manager_status": None, "sent_at": None},
        {"channel_manager_status": None, "sent_at": "2026-01-01T12:00:00Z"},
        {"channel_manager_status": "IN_PROGRESS"},
        {"channel_manager_status": "NO_ANSWER"},
        {"channel_manager_status": "COMPLETED"},
        {"channel_manager_status": 7},
    ]
    newer = [
        {"request_status": "CONNECTED", "channel_manager_status": "COMPLETED"},
        {"request_status": "COMPLETED", "channel_manager_status": "IN-PROGRESS"},
        {"request_status": "PENDING", "channel_manager_status": None, "sent_at": None},
    ]

    assert result_counts(older) == RequestCounts(pending=1, under_way=3, untold=0, ended=2, failed=1)
    assert result_counts(newer) == RequestCounts(pending=1, under_way=0, untold=0, ended=2, failed=0)
