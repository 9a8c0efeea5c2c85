"""What the regression page says and draws, from what the API gives."""

from __future__ import annotations

from datetime import timedelta

from evaluator.api.cause_shapes import DropView
from evaluator.api.shapes import MarkerView
from tests.builders import NOON
from ui.components.happened import refreshed_words
from ui.components.markers import marker_rows


def test_the_change_since_the_alarm_is_signed_as_people_read_it() -> None:
    """A pass rate falls; a share whose rise is worse rises; the lower end comes first."""
    drop = DropView(size=0.03, lo=0.01, hi=0.05)
    assert "−3.0\xa0points against" in refreshed_words(drop, rise=False)
    assert "95 %: −5.0 to −1.0" in refreshed_words(drop, rise=False)
    assert "+3.0\xa0points against" in refreshed_words(drop, rise=True)
    assert "95 %: +1.0 to +5.0" in refreshed_words(drop, rise=True)


def test_a_span_without_length_shows_no_markers() -> None:
    """A chart of one moment has no place to write a name."""
    marker = MarkerView(
        marker_id="m", ts=NOON, created_at=NOON, kind="deploy", name="v2", feature=None, origin="api", note=""
    )
    assert marker_rows([marker], NOON, NOON) == []
    assert len(marker_rows([marker], NOON, NOON + timedelta(hours=1))) == 1
