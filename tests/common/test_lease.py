"""One of several processes has a lease."""

from datetime import timedelta

import pytest

from common.clock import from_now
from common.lease import WorkLease
from common.models import ProcessLease

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def leases():
    return WorkLease("work", length=MINUTE), WorkLease("work", length=MINUTE)


def test_one_has_it_until_it_is_given_back(leases):
    one, other = leases
    assert one.hold()
    assert not other.hold()
    assert one.hold()
    one.give_back()
    assert other.hold()
    assert not one.hold()


def test_it_ends_unless_it_is_renewed(leases):
    one, other = leases
    one.hold()
    ProcessLease.objects.update(until=from_now(-MINUTE))
    assert one.renew()
    assert not other.hold()
    ProcessLease.objects.update(until=from_now(-MINUTE))
    assert other.hold()


def test_what_was_lost_cannot_be_renewed_although_nobody_has_it(leases):
    one, other = leases
    one.hold()
    ProcessLease.objects.update(until=from_now(-MINUTE))
    other.hold()
    other.give_back()
    assert not one.renew()
    assert one.hold()


def test_a_clock_that_was_ahead_keeps_nobody_out(leases):
    one, other = leases
    one.hold()
    ProcessLease.objects.update(until=from_now(timedelta(hours=3)))
    assert other.hold()
    assert not one.renew()
