"""The filters and macros that every page is made of."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import engines
from django.test.html import parse_html
from django.utils import timezone

from accounts.forms import TimeZoneSelect
from batches.models import Change
from common.icons import icon
from common.moments import exact, moment

AT = datetime(2025, 1, 17, 19, 2, 11, tzinfo=UTC)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass
class ApiTimestamp:
    text: str
    at: datetime | None

    def __str__(self):
        return self.text


def rendered(template, **context):
    return " ".join(engines["jinja2"].from_string(template).render(context).split())


def drawn_moment(at):
    return rendered('{% from "macros/ui.html" import moment %}{{ moment(at) }}', at=at)


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(hours=3, seconds=5), "in 3 h"),
        (timedelta(days=-2), "2 d ago"),
        (timedelta(minutes=5, seconds=3), "in 5 min"),
        (timedelta(seconds=45), "in under a minute"),
        (timedelta(seconds=-45), "just now"),
        (timedelta(), "now"),
        (timedelta(days=400, seconds=5), "in 400 d"),
        (timedelta(days=-20 * 365.2425), "20 years ago"),
    ],
)
def test_a_moment_is_told_relative_to_now(distance, words):
    assert moment(timezone.now() + distance).words == words


def test_a_moment_has_its_exact_time_in_the_readers_zone_on_hover():
    with timezone.override(ZoneInfo("America/New_York")):
        html = drawn_moment(ApiTimestamp("2025-01-17T19:02:11Z", AT))
    assert 'title="2025-01-17 14:02:11 EST"' in html


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        (LAST, "Pacific/Kiritimati", "9999-12-31 23:59:59 UTC"),
        (LAST, "Etc/GMT+12", "9999-12-31 11:59:59 -12"),
        (FIRST, "Etc/GMT+12", "0001-01-01 00:00:00 UTC"),
    ],
)
def test_a_moment_that_has_no_time_in_the_readers_zone_is_told_in_utc(at, zone, words):
    with timezone.override(ZoneInfo(zone)):
        assert exact(at) == words
        assert moment(at).exact == words


def test_a_time_that_cannot_be_read_is_shown_as_it_came():
    odd = ApiTimestamp("<script>next tuesday", None)
    assert drawn_moment(odd) == "&lt;script&gt;next tuesday"
    assert rendered("{{ odd|exact }}", odd=odd) == "&lt;script&gt;next tuesday"


@pytest.mark.parametrize("value", [None, ""])
def test_no_time_is_a_dash(value):
    assert moment(value).words == exact(value) == "\N{EN DASH}"
    assert not moment(value).exact


def test_a_time_at_the_end_of_the_calendar_breaks_nothing():
    end = datetime.max.replace(tzinfo=UTC)
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert "9999" in moment(end).exact


def test_an_icon_is_decoration():
    svg = icon("player-pause")
    assert svg.startswith("<svg")
    assert 'aria-hidden="true"' in svg


class ExampleForm(forms.Form):
    reason = forms.CharField(help_text="Why it ends.", widget=forms.Textarea(attrs={"class": "own"}))
    status = forms.ChoiceField(choices=[("a", "A")])
    sure = forms.BooleanField()
    hidden = forms.CharField(widget=forms.HiddenInput(), required=False)


def test_a_field_is_tied_to_its_label_help_and_errors():
    html = rendered("{{ field.as_field_group() }}", field=ExampleForm({})["reason"])
    assert '<label class="form-label required" for="id_reason">' in html
    assert 'aria-describedby="id_reason_helptext id_reason_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="form-control own is-invalid"' in html
    assert 'id="id_reason_error"' in html
    assert 'id="id_reason_helptext"' in html


def test_every_control_gets_its_class():
    form = ExampleForm()
    assert 'class="form-select"' in rendered("{{ field.as_field_group() }}", field=form["status"])
    assert 'class="form-check-input"' in rendered("{{ field.as_field_group() }}", field=form["sure"])
    assert rendered("{{ field.as_field_group() }}", field=form["hidden"]).startswith("<input")


ODD = """<b>&"'\N{SNOWMAN}"""


@pytest.mark.parametrize("value", [None, "", "a", ODD, "d"])
def test_a_select_of_ours_is_what_django_draws(value):
    choices = [("", "None"), ("a", ODD), (ODD, "B"), ("Group <1>", [("c", "C"), ("d", "D")])]
    form = forms.Form(initial={"zone": value})
    form.fields["zone"] = forms.ChoiceField(
        choices=choices, widget=TimeZoneSelect(attrs={"disabled": True, "data-odd": ODD})
    )
    drawn = form["zone"].as_widget()
    form.fields["zone"].widget.template_name = forms.Select.template_name
    form.renderer = DjangoTemplates()
    assert parse_html(drawn) == parse_html(form["zone"].as_widget())


def drawn_status(status):
    return rendered('{% from "macros/batches.html" import status_badge %}{{ status_badge(status) }}', status=status)


@pytest.mark.parametrize("status", ["PENDING", "ACTIVE", "PAUSED", "IDLE", "CANCELED", "EXPIRED", "FAILED", "ODD<"])
def test_a_status_is_always_a_word(status):
    html = drawn_status(status)
    assert html.endswith(f">{status.replace('<', '&lt;')}</span>")


def test_a_missing_status_is_said():
    assert "no status" in drawn_status("")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("started", "In progress"),
        ("applied", "Applied"),
        ("rejected", "Rejected"),
        ("conflict", "Conflict"),
        ("not_sent", "Not sent"),
        ("unconfirmed", "Not confirmed"),
        ("observed", "Made elsewhere"),
        ("odd", "odd"),
    ],
)
def test_an_outcome_is_said_in_words(outcome, words):
    change = Change(outcome=outcome, deadline_at=timezone.now() + timedelta(seconds=30))
    html = rendered('{% from "macros/changes.html" import outcome_badge %}{{ outcome_badge(change) }}', change=change)
    assert html.endswith(f">{words}</span>")


def test_an_alert_offers_to_try_again():
    draw = '{% from "macros/ui.html" import alert %}'
    html = rendered(draw + '{{ alert(kind="danger", title="Down", body="<b>", retry="/again/") }}')
    assert 'role="alert"' in html
    assert 'href="/again/"' in html
    assert "&lt;b&gt;" in rendered(draw + "{{ alert(kind, title, body) }}", kind="info", title="t", body="<b>")


def test_an_empty_list_says_so():
    draw = '{% from "macros/ui.html" import empty %}'
    html = rendered(draw + '{{ empty("No batches", link="/batches/", link_text="All") }}')
    assert "No batches" in html
    assert '<a class="btn" href="/batches/">All</a>' in html
