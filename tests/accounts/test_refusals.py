"""Refusals in the trail: who was refused what, and few entries however often somebody tries."""

import pytest
from django.db import DatabaseError
from django.test import Client

from accounts import refusals
from accounts.models import Throttle
from tests.accounts.conftest import make_person
from trail.models import Action, Entry

ADDRESS = "192.0.2.1"


@pytest.fixture
def viewing(log_in, viewer):
    client = log_in(viewer)
    client.defaults["REMOTE_ADDR"] = ADDRESS
    return client


@pytest.fixture
def strict(db):
    """Provide an anonymous client whose forms have no token."""
    return Client(enforce_csrf_checks=True)


def refused():
    return list(Entry.objects.filter(action=Action.REFUSED).order_by("pk"))


def test_it_says_who_was_refused_what_and_from_where(viewing, viewer):
    response = viewing.post("/batches/20250117.9/pause/")
    assert response.status_code == 403
    [entry] = refused()
    assert (entry.actor_id, entry.address, entry.batch_id) == (viewer.pk, ADDRESS, "20250117.9")
    assert entry.request_id == response.headers["X-Request-ID"]
    assert entry.body == {
        "method": "POST",
        "path": "/batches/20250117.9/pause/",
        "route": "batches/<batch_id:batch_id>/pause/",
    }


def test_a_service_that_refuses_is_recorded_alike(log_in, db):
    without_email = make_person("operator", "Operators")
    without_email.email = None
    without_email.save()
    client = log_in(without_email)
    assert client.post("/batches/1/pause/").status_code == 403
    assert len(refused()) == 1


def test_what_is_not_refused_leaves_no_entry(viewing):
    viewing.get("/nothing-here/")
    viewing.get("/accounts/profile/")
    assert not refused()


def test_the_same_again_is_one_entry_an_hour(viewing):
    for _ in range(5):
        viewing.post("/batches/1/pause/")
    assert len(refused()) == 1
    viewing.post("/batches/2/pause/")
    assert len(refused()) == 2
    viewing.post("/batches/2/pause/", REMOTE_ADDR="198.51.100.1")
    assert len(refused()) == 3
    Throttle.objects.all().delete()
    viewing.post("/batches/1/pause/")
    assert len(refused()) == 4


def test_a_person_who_tries_everything_fills_no_disk(viewing, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_AN_HOUR", 5)
    for number in range(20):
        viewing.post(f"/batches/{number}/pause/")
    assert len(refused()) == 5


def test_an_anonymous_flood_of_addresses_is_one_entry_for_each_page(strict):
    for number in range(20):
        assert strict.post(f"/batches/{number}/pause/").status_code == 403
    [entry] = refused()
    assert (entry.actor_id, entry.actor_email) == (None, "")
    assert entry.body["route"] == "batches/<batch_id:batch_id>/pause/"


def test_all_anonymous_visitors_together_are_bounded(strict, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_AN_HOUR", 5)
    for number in range(20):
        strict.post("/accounts/login/", REMOTE_ADDR=f"198.51.100.{number}")
    assert len(refused()) == 5


def test_the_key_of_a_link_is_not_kept(strict):
    assert strict.post("/accounts/password/reset/key/1-secret-key/").status_code == 403
    [entry] = refused()
    assert "secret" not in str(entry.body)


@pytest.mark.parametrize("odd", ["%00", "%ff", "x" * 2000])
def test_an_odd_path_is_kept_as_the_database_can_hold_it(viewing, odd):
    viewing.get(f"/admin/accounts/user/{odd}/change/")
    assert all(len(entry.body["path"]) <= 500 for entry in refused())


def test_a_refusal_stands_if_it_cannot_be_recorded(viewing, monkeypatch):
    def fail(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(refusals, "entry_add", fail)
    assert viewing.post("/batches/1/pause/").status_code == 403
