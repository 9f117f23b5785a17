"""What has a state has a tone, and every tone its colours."""

import pytest
from django.conf import settings

from batches.models import Outcome, Standing
from batches.words import tones
from syllable.schemas import BatchStatus

CSS = settings.BASE_DIR / "static" / "css"
BADGES = (
    tones.STATUSES,
    tones.REQUEST_BADGES,
    tones.OUTCOMES,
    tones.STANDINGS,
    tones.OPERATION_STATES,
    tones.ENDS,
)
BARS = (tones.STATUSES, tones.REQUESTS, tones.STANDINGS)


def styles():
    return "".join(path.read_text() for path in CSS.rglob("*.css"))


@pytest.mark.parametrize("tone", sorted({tone for table in BADGES for tone in table.values()}))
def test_a_badge_of_any_tone_has_its_colours(tone):
    assert f".app-badge-{tone} {{" in styles()
    for part in ("text", "ground", "edge"):
        assert f"--tone-{tone}-{part}: light-dark(" in styles()


@pytest.mark.parametrize("tone", sorted({tone for table in BARS for tone in table.values()} | {tones.Tone.PURPLE}))
def test_a_bar_of_any_tone_has_its_colour(tone):
    assert f".bar-{tone} {{" in styles()
    assert f"--tone-{tone}: #" in styles()


def test_every_status_has_a_tone_and_every_outcome_an_alert():
    assert set(tones.STATUSES) == set(BatchStatus)
    assert set(tones.OUTCOME_ALERTS) == set(Outcome)
    assert set(tones.STANDINGS) == set(Standing) - {Standing.WAITING}


def test_what_is_not_known_is_gray():
    assert tones.status_tone("ODD") == tones.request_tone("ODD") == tones.outcome_tone("odd") == tones.Tone.GRAY
