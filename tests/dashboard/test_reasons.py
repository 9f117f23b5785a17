"""The settings about reasons."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.reasons import reasons_offered, reasons_required


def test_quick_reasons_are_separated_by_semicolons_so_that_one_may_have_a_comma():
    assert reasons_offered(" Complaint; Wrong list,\n again ;; Complaint;") == ["Complaint", "Wrong list, again"]
    assert reasons_offered("") == []


def test_a_quick_reason_that_no_form_accepts_is_refused_at_the_start():
    with pytest.raises(ImproperlyConfigured, match="CHANGE_REASONS"):
        reasons_offered("x" * 501)


def test_any_action_but_a_pause_may_need_a_reason():
    assert reasons_required(["resume", " Expiry ", "cancel", "rate", "undo", ""]) == {
        "resume",
        "expiry",
        "cancel",
        "rate",
        "undo",
    }


@pytest.mark.parametrize("action", ["pause", "PAUSE", "restart"])
def test_a_setting_that_would_delay_a_pause_or_means_nothing_is_refused_at_the_start(action):
    with pytest.raises(ImproperlyConfigured, match="REASON_REQUIRED"):
        reasons_required(["resume", action])
