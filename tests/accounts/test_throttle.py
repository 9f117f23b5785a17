"""How often a password may be tried: counted in the database, by account and address, whatever else a browser says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import throttle
from accounts.models import KnownAddress, Throttle
from tests.accounts.conftest import PASSWORD

LOGIN = "/accounts/login/"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"
WRONG = "not the password"


def log_in_as(client, email, password=PASSWORD, *, address=ELSEWHERE, host="testserver"):
    client.logout()
    return client.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=address, HTTP_HOST=host)


def try_wrongly(client, email, times, **extra):
    """Return the statuses of so many wrong attempts."""
    return [log_in_as(client, email, WRONG, **extra).status_code for _ in range(times)]


@pytest.mark.parametrize("email", ["viewer@example.com", "nobody@example.com"])
def test_after_five_wrong_tries_an_account_is_closed_whether_there_is_one_or_not(client, viewer, email):
    assert try_wrongly(client, email, 7) == [200] * 5 + [429] * 2
    response = log_in_as(client, email)
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_it_counts_alike_whatever_host_and_port_the_browser_names(client, viewer):
    hosts = [f"{name}:{port}" for port in range(8001, 8009) for name in ("testserver", "localhost")]
    statuses = [log_in_as(client, viewer.email, WRONG, host=host).status_code for host in hosts]
    assert statuses == [200] * 5 + [429] * 11


def test_it_counts_alike_however_the_email_is_written(client, viewer):
    for email in ("viewer@example.com", "VIEWER@example.com", " Viewer@Example.com "):
        try_wrongly(client, email, 2)
    assert log_in_as(client, viewer.email).status_code == 429


def test_it_counts_over_all_addresses_from_which_nobody_has_logged_in(client, viewer):
    addresses = [f"198.51.100.{number}" for number in range(6)]
    statuses = [log_in_as(client, viewer.email, WRONG, address=address).status_code for address in addresses]
    assert statuses == [200] * 5 + [429]


def test_wrong_tries_from_elsewhere_keep_nobody_out_where_they_have_logged_in_before(client, operator):
    assert log_in_as(client, operator.email, address=HOME).status_code == 302
    try_wrongly(client, operator.email, 8)
    assert log_in_as(client, operator.email).status_code == 429
    assert log_in_as(client, operator.email, address=HOME).status_code == 302
    assert client.get("/batches/").status_code != 302


def test_an_address_that_is_known_has_its_own_five_tries(client, operator):
    log_in_as(client, operator.email, address=HOME)
    assert try_wrongly(client, operator.email, 6, address=HOME) == [200] * 5 + [429]
    assert log_in_as(client, operator.email, address=ELSEWHERE).status_code == 302


def test_an_address_is_known_to_one_account_alone(client, viewer, operator):
    log_in_as(client, viewer.email, address=HOME)
    try_wrongly(client, operator.email, 5)
    assert log_in_as(client, operator.email, address=HOME).status_code == 429


def test_an_address_is_forgotten_after_ninety_days(client, viewer):
    log_in_as(client, viewer.email, address=HOME)
    [known] = KnownAddress.objects.all()
    assert abs(known.until - timezone.now() - timedelta(days=90)) < timedelta(hours=1)
    KnownAddress.objects.update(until=timezone.now() - timedelta(seconds=1))
    try_wrongly(client, viewer.email, 5)
    assert log_in_as(client, viewer.email, address=HOME).status_code == 429


def test_an_address_that_tries_many_accounts_is_closed(client, viewer):
    emails = [f"somebody-{number}@example.com" for number in range(11)]
    assert [log_in_as(client, email, WRONG).status_code for email in emails] == [200] * 10 + [429]
    assert log_in_as(client, viewer.email).status_code == 429
    assert log_in_as(client, viewer.email, address=HOME).status_code == 302


def test_whoever_tries_many_accounts_keeps_no_colleague_behind_the_same_address_out(client, viewer):
    log_in_as(client, viewer.email, address=ELSEWHERE)
    for number in range(11):
        log_in_as(client, f"somebody-{number}@example.com", WRONG)
    assert log_in_as(client, viewer.email, address=ELSEWHERE).status_code == 302


def test_the_addresses_of_one_ipv6_network_count_as_one(client, viewer):
    emails = [f"somebody-{number}@example.com" for number in range(11)]
    statuses = [
        log_in_as(client, email, WRONG, address=f"2001:db8::{number}").status_code
        for number, email in enumerate(emails, start=1)
    ]
    assert statuses == [200] * 10 + [429]


def test_a_closed_account_opens_after_five_minutes(client, viewer):
    try_wrongly(client, viewer.email, 6)
    # The hour in which the lock-out has no second entry is counted once.
    for row in Throttle.objects.filter(count__gt=1):
        assert timedelta(minutes=4) < row.until - timezone.now() <= timedelta(minutes=5, seconds=1)
    Throttle.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert log_in_as(client, viewer.email).status_code == 302


def test_right_passwords_are_not_counted(client, viewer):
    assert [log_in_as(client, viewer.email).status_code for _ in range(12)] == [302] * 12


def test_tries_without_an_address_are_counted_together(client, viewer):
    assert try_wrongly(client, viewer.email, 6, address="") == [200] * 5 + [429]
    Throttle.objects.all().delete()
    assert log_in_as(client, viewer.email, address="").status_code == 302
    assert not KnownAddress.objects.exists()


def test_what_is_kept_names_neither_people_nor_addresses(client, viewer):
    log_in_as(client, viewer.email, address=HOME)
    try_wrongly(client, viewer.email, 1)
    kept = serializers.serialize("json", [*Throttle.objects.all(), *KnownAddress.objects.all()])
    for plain in ("viewer", "example.com", HOME, ELSEWHERE):
        assert plain not in kept


def test_nothing_is_kept_of_what_is_over(client, viewer):
    for number in range(8):
        log_in_as(client, f"somebody-{number}@example.com", WRONG, address=f"198.51.100.{number}")
    assert Throttle.objects.count() == 16
    Throttle.objects.update(until=timezone.now() - timedelta(seconds=1))
    KnownAddress.objects.create(key="old", until=timezone.now() - timedelta(seconds=1))
    log_in_as(client, viewer.email)
    assert Throttle.objects.count() == 2
    assert KnownAddress.objects.count() == 1


def test_refused_tries_leave_nothing_behind(client, viewer):
    try_wrongly(client, viewer.email, 5)
    rows = Throttle.objects.count()
    for number in range(20):
        log_in_as(client, f"somebody-{number}@example.com", WRONG)
    # The last is about the entry of the lock-out.
    assert Throttle.objects.count() == rows + 5 + 1


def queries_of(client, email):
    """Return the statements of one wrong attempt that are about counting."""
    with CaptureQueriesContext(connection) as captured:
        log_in_as(client, email, WRONG)
    sql = [query["sql"] for query in captured]
    return [words.split(maxsplit=1)[0] for words in sql if "throttle" in words or "knownaddress" in words]


def test_a_try_costs_as_many_queries_for_an_account_that_does_not_exist(client, viewer):
    known, unknown = queries_of(client, viewer.email), queries_of(client, "nobody@example.com")
    assert known == unknown
    assert known == ["SELECT", "DELETE", "INSERT", "UPDATE", "INSERT", "UPDATE"]


def test_the_limits_need_no_cache(client, viewer, settings):
    settings.CACHES = settings.CACHES | {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert log_in_as(client, viewer.email).status_code == 302
    assert try_wrongly(client, viewer.email, 6, address=HOME) == [200] * 5 + [429]


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_are_all_counted():
    together = Barrier(12)

    def attempt(_number):
        try:
            together.wait(timeout=60)
            return throttle.attempt(throttle.PASSWORD, email="viewer@example.com", address=ELSEWHERE) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        let_through = list(pool.map(attempt, range(12)))

    assert let_through.count(True) == 5
    assert sorted(Throttle.objects.values_list("count", flat=True)) == [5, 10]


class TestPeopleWhoAreLoggedIn:
    def test_the_old_password_is_not_guessed_by_changing_it(self, log_in, viewer):
        client, form = log_in(viewer), {"password1": "another long one", "password2": "another long one"}
        statuses = [
            client.post("/accounts/password/change/", form | {"oldpassword": WRONG}).status_code for _ in range(6)
        ]
        assert statuses == [200] * 5 + [429]
        assert client.post("/accounts/password/change/", form | {"oldpassword": PASSWORD}).status_code == 429
        viewer.refresh_from_db()
        assert viewer.check_password(PASSWORD)

    def test_nor_by_saying_again_who_one_is(self, log_in, viewer):
        client = log_in(viewer)
        statuses = [client.post("/accounts/reauthenticate/", {"password": WRONG}).status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 429

    def test_one_count_holds_for_every_place_that_takes_a_password(self, log_in, client, viewer):
        log_in(viewer)
        for _ in range(3):
            client.post("/accounts/reauthenticate/", {"password": WRONG})
        for _ in range(2):
            client.post("/accounts/password/change/", {"oldpassword": WRONG})
        assert client.post("/accounts/reauthenticate/", {"password": WRONG}).status_code == 429
        assert log_in_as(client, viewer.email, address="127.0.0.1").status_code == 429

    def test_the_right_password_is_not_counted(self, log_in, viewer):
        client = log_in(viewer)
        for _ in range(6):
            assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
            form = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
            assert client.post("/accounts/password/change/", form).status_code == 200


class TestResets:
    def ask(self, client, email, address=ELSEWHERE, host="testserver"):
        return client.post(
            "/accounts/password/reset/", {"email": email}, REMOTE_ADDR=address, HTTP_HOST=host
        ).status_code

    @pytest.mark.parametrize("email", ["viewer@example.com", "nobody@example.com"])
    def test_they_may_be_asked_for_five_times_an_hour(self, client, viewer, email):
        hosts = [f"testserver:{port}" for port in range(8001, 8007)]
        assert [self.ask(client, email, host=host) for host in hosts] == [302] * 5 + [429]

    def test_an_address_may_ask_for_twenty(self, client, db):
        statuses = [self.ask(client, f"somebody-{number}@example.com") for number in range(21)]
        assert statuses == [302] * 20 + [429]

    def test_nobody_is_kept_from_one_by_what_others_ask_for(self, client, viewer):
        log_in_as(client, viewer.email, address=HOME)
        client.logout()
        for _ in range(6):
            self.ask(client, viewer.email)
        assert self.ask(client, viewer.email, address=HOME) == 302

    def test_they_are_counted_apart_from_passwords(self, client, viewer):
        try_wrongly(client, viewer.email, 6)
        assert self.ask(client, viewer.email) == 302
