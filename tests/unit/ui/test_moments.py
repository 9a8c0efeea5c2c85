"""Times as the reader knows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ui.moments import moment, onset_words, zone_of

ONSET = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_an_unknown_zone_is_utc() -> None:
    """A browser that names no zone, or one this machine lacks, gets UTC."""
    assert [zone_of(name) for name in (None, "", "Nowhere/Else", "../etc/passwd")] == [UTC] * 4


def test_utc_names_its_own_day_when_it_differs() -> None:
    """Half past midnight in Berlin is still yesterday in UTC."""
    assert moment(ONSET, BERLIN) == "Wed 18 Nov 00:30 (Tue 23:30 UTC)"


def test_never_is_a_word() -> None:
    """No time reads as never."""
    assert moment(None, UTC) == "never"


def test_the_onset_comes_with_its_interval() -> None:
    """Since when, between when and when, and how sure."""
    hour = timedelta(hours=1)
    shown = onset_words(ONSET, ONSET - hour, ONSET + hour, BERLIN)
    assert shown == "Since about Wed 18 Nov 00:30 (Tue 23:30 UTC), between Tue 17 Nov 23:30 and 01:30 (90 % interval)"
