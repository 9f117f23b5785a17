"""The sentences of outcomes that are made of what is known when they are read."""

import pytest

from batches.outcome_messages import checked_again, expiry_moved


@pytest.mark.parametrize(
    ("status", "was", "deed", "said"),
    [
        ("ACTIVE", "ACTIVE", "pause", "Checked again at 20:51: still ACTIVE. The pause had no effect."),
        ("EXPIRED", "ACTIVE", "cancellation", "Checked again at 20:51: now EXPIRED. The cancellation had no effect."),
        ("", "ACTIVE", "change", "Checked again at 20:51. The change had no effect."),
    ],
)
def test_a_last_check_in_vain_tells_what_was_seen(status, was, deed, said):
    assert checked_again("20:51", status=status, was=was, deed=deed, is_last=True) == said


def test_a_check_that_is_not_the_last_does_not_say_that_the_change_had_no_effect():
    said = checked_again("20:51", status="ACTIVE", was="ACTIVE", deed="pause", is_last=False)
    assert said == "Checked again at 20:51: still ACTIVE. The batch does not show the pause yet."


def test_an_expiry_that_moved_is_told_with_both():
    assert expiry_moved("2025-01-01T00:00:00Z", None) == "The expiry changed too, from 2025-01-01T00:00:00Z to none."
