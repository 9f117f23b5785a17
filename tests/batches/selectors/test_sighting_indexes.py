"""Every question of a list is answered by an index, at 100,000 batches on the database of the run."""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.db.models import CharField, DateTimeField, ExpressionWrapper, F, IntegerField, Value
from django.db.models.functions import Cast, Concat, Substr
from django.utils import timezone

from batches.access import EVERYTHING
from batches.models import CampaignSighting, Expiry, Sighting, SightingFilter
from batches.selectors.campaign_sightings import _matching, _ordering
from batches.selectors.sighting_query import ordering, sightings

pytestmark = pytest.mark.django_db

BATCHES, CAMPAIGNS = 100_000, 1000
# After so many batches their values repeat, but for the number and the time of creation.
PERIOD = 5000
# Of a hundred batches, most are over.
STATUSES = ["ACTIVE", "PENDING", "PAUSED", "IDLE", "FAILED"] + ["EXPIRED"] * 60 + ["CANCELED"] * 35


@pytest.fixture(scope="module")
def _many(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        now = timezone.now()
        first = Sighting.objects.bulk_create([_sighting(number, now) for number in range(PERIOD)])
        for start in range(PERIOD, BATCHES, PERIOD):
            _copy(Sighting.objects.filter(pk__lte=first[-1].pk), start)
        CampaignSighting.objects.bulk_create(
            [
                CampaignSighting(campaign_id=number, name=f"Campaign {number}", running=number % 7)
                for number in range(CAMPAIGNS)
            ]
        )
        with connection.cursor() as cursor:
            # What an index alone can answer depends on it.
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        yield
        Sighting.objects.all()._raw_delete(Sighting.objects.db)
        CampaignSighting.objects.all()._raw_delete(CampaignSighting.objects.db)


def _copy(rows, further):
    """Insert copies of rows, with numbers that are so much further: the database takes a tenth of the ORM's time."""
    number = Cast(Substr("batch_id", len("20250117.") + 1), IntegerField()) + further
    values = {field.column: F(field.attname) for field in Sighting._meta.concrete_fields if not field.primary_key} | {
        "batch_id": Concat(Value("20250117."), Cast(number, CharField())),
        "created_at": ExpressionWrapper(F("created_at") - timedelta(seconds=further), DateTimeField()),
    }
    query, parameters = rows.values_list(*values.values()).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {Sighting._meta.db_table} ({', '.join(values)}) {query}", parameters)


def _sighting(number, now):
    status = STATUSES[number % 100]
    return Sighting(
        batch_id=f"20250117.{number}",
        campaign_id=number % CAMPAIGNS,
        status=status,
        created_at=now - timedelta(seconds=number),
        expires_at=now + timedelta(minutes=number % PERIOD - 2500),
        seen_at=now,
        first_seen_at=now,
        raw={"batch_id": f"20250117.{number}", "campaign_id": number % CAMPAIGNS, "status": status, "more": "x" * 400},
        is_over=status in ("FAILED", "EXPIRED", "CANCELED"),
        total=100,
        ended=number % 100,
        failed=number % 50,
    )


def scans(rows):
    """Return what the plan of the query reads from the first row to the last, indexes aside."""
    plan = rows.explain()
    if connection.vendor == "sqlite":
        return re.findall(r"SCAN batches_\w+(?! USING (?:COVERING )?INDEX)(?= |$|\n)", plan)
    return re.findall(r"Seq Scan on batches_\w+", plan)


# Whatever reads so many rows stops after the first 10,001.
MOST = SightingFilter(statuses=("EXPIRED", "CANCELED"))
ASKED = [
    SightingFilter(),
    *(SightingFilter(expiry=expiry) for expiry in Expiry),
    SightingFilter(failing=True),
    SightingFilter(statuses=("ACTIVE", "PAUSED")),
    MOST,
    SightingFilter(campaigns=("1", "2")),
    SightingFilter(statuses=("ACTIVE",)),
    SightingFilter(statuses=("ACTIVE", "IDLE"), campaigns=("1", "2"), expiry="today"),
    SightingFilter(q="17.99999"),
    SightingFilter(q="17.99999", expiry="hour"),
]


@pytest.mark.usefixtures("_many")
@pytest.mark.parametrize(("asked", "order"), list(product(ASKED, ["-batch_id", "-created_at", "expires_on"])))
def test_a_page_of_batches_is_read_by_an_index(asked, order):
    if order == "expires_on" and not asked.needs_watcher:
        pytest.skip("the API answers this")
    rows = sightings(asked, scope=EVERYTHING, now=timezone.now())
    assert scans(rows.order_by(*ordering(order)).values("pk")[:26]) == []


@pytest.mark.usefixtures("_many")
@pytest.mark.parametrize("asked", [asked for asked in ASKED if asked.needs_watcher and asked != MOST])
def test_the_number_of_batches_is_read_by_an_index(asked):
    rows = sightings(asked, scope=EVERYTHING, now=timezone.now())
    assert scans(rows.order_by().values("pk")[:10_001]) == []


@pytest.mark.usefixtures("_many")
@pytest.mark.parametrize("order", ["-running", "name", "-name"])
def test_a_page_of_campaigns_is_read_by_an_index(order):
    rows = _matching(CampaignSighting.objects.all(), "").order_by(*_ordering(order)).values("pk")[:50]
    assert scans(rows) == []
    if connection.vendor == "sqlite":
        assert "TEMP B-TREE" not in rows.explain()
