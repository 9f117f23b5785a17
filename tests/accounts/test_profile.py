"""The page where people set their own name and time zone, and what the zone does."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone

from accounts.models import User
from batches.access import role_of
from common.time_zones import offset, time_zone_choices
from dashboard.urls import urlpatterns as real_urlpatterns

PROFILE = "/accounts/profile/"


def show_zone(_request):
    return HttpResponse(timezone.get_current_timezone_name())


urlpatterns = [*real_urlpatterns, path("zone/", show_zone)]


def test_a_person_sets_name_and_zone(log_in, viewer):
    response = log_in(viewer).post(PROFILE, {"name": "Vera", "time_zone": "America/New_York"}, follow=True)
    assert "Settings saved." in response.content.decode()
    viewer.refresh_from_db()
    assert (viewer.name, viewer.time_zone) == ("Vera", "America/New_York")


def test_a_person_sets_nothing_else(log_in, viewer):
    log_in(viewer).post(PROFILE, {"name": "V", "time_zone": "", "is_superuser": "on", "groups": "1", "is_active": ""})
    viewer.refresh_from_db()
    assert viewer.is_active
    assert role_of(viewer) == "Viewer"


def test_a_zone_that_does_not_exist_is_refused(log_in, viewer):
    response = log_in(viewer).post(PROFILE, {"name": "V", "time_zone": "Mars/Olympus"})
    assert 'aria-invalid="true"' in response.content.decode()
    viewer.refresh_from_db()
    assert viewer.time_zone == ""


def test_the_choices_have_their_offset(log_in, viewer):
    page = log_in(viewer).get(PROFILE).content.decode()
    assert '<option value="Asia/Kolkata">Kolkata (UTC+05:30)</option>' in page
    assert "Default (UTC)" in page


def test_a_zone_with_an_uncommon_name_stays_choosable():
    [others] = [zones for region, zones in time_zone_choices("US/Eastern") if region == "Other"]
    assert [name for name, _ in others] == ["UTC", "US/Eastern"]


def test_an_offset_west_of_greenwich_is_negative():
    assert offset(datetime(2025, 1, 1, tzinfo=ZoneInfo("America/St_Johns"))) == "UTC-03:30"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("America/New_York", "America/New_York"), ("", "Europe/Berlin"), ("Mars/Olympus", "Europe/Berlin")],
)
@override_settings(ROOT_URLCONF=__name__, TIME_ZONE="Europe/Berlin")
def test_pages_are_shown_in_the_users_zone_else_in_the_installations(log_in, viewer, zone, shown):
    User.objects.filter(pk=viewer.pk).update(time_zone=zone)
    assert log_in(viewer).get("/zone/").content.decode() == shown
