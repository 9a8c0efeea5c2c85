"""What silences and maintenance windows cover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evaluator.alerts.muting import active, matches, muting, over, until
from store.silences import Silence

NIGHT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LABELS = {"feature": "support-chat", "judge": "tone", "metric": "pass_rate", "owner": "team-a", "severity": "warning"}


def silence(**fields):
    plain = {
        "silence_id": "s1",
        "kind": "silence",
        "matchers": {"feature": "support-*"},
        "starts_at": NIGHT,
        "ends_at": NIGHT + timedelta(hours=2),
        "reason": "migration",
        "created_at": NIGHT,
        "created_by": "ana",
    }
    return Silence(**{**plain, **fields})


@pytest.mark.parametrize(
    ("fields", "hours", "holds"),
    [
        ({}, -0.1, False),
        ({}, 0, True),
        ({}, 1.99, True),
        ({}, 2, False),
        ({"every": "day"}, 24, True),
        ({"every": "day"}, 26, False),
        ({"every": "day"}, 24 * 40 + 1, True),
        ({"every": "week"}, 24, False),
        ({"every": "week"}, 168, True),
        ({"ended_at": NIGHT + timedelta(hours=1)}, 0.5, True),
        ({"ended_at": NIGHT + timedelta(hours=1)}, 1, False),
        ({"every": "day", "ended_at": NIGHT + timedelta(hours=30)}, 49, False),
    ],
)
def test_active(fields, hours, holds):
    """A silence holds from its start up to its end, a repeated one at that time of each day or week until ended."""
    assert active(silence(**fields), NIGHT + timedelta(hours=hours)) is holds


@pytest.mark.parametrize(
    ("matchers", "fits"),
    [
        ({"feature": "support-*"}, True),
        ({"feature": "support-*", "judge": "tone"}, True),
        ({"feature": "support-*", "judge": "style"}, False),
        ({"feature": "SUPPORT-*"}, False),
        ({"owner": "team-?"}, True),
        ({"rule": "*"}, True),
        ({"rule": "?*"}, False),
    ],
)
def test_matches(matchers, fits):
    """All matchers must fit; an alert without the label has an empty one."""
    assert matches(matchers, LABELS) is fits


def test_over():
    """A silence is over after its end or when somebody ended it; a window that comes again only by the latter."""
    later = NIGHT + timedelta(days=3)
    ended = silence(every="day", ended_at=later)
    assert [over(one, later) for one in (silence(), silence(every="day"), ended)] == [True, False, True]


def test_the_one_that_mutes():
    """Of several silences, one that holds and matches is named."""
    other, own = silence(silence_id="s0", matchers={"feature": "mail"}), silence()
    assert muting([other, own], LABELS, NIGHT) is own
    assert muting([other], LABELS, NIGHT) is None


@pytest.mark.parametrize(
    ("fields", "hours", "end"),
    [({}, 0, 2), ({}, 1.5, 2), ({"every": "day"}, 25, 26), ({"every": "week"}, 24 * 14, 24 * 14 + 2)],
)
def test_until(fields, hours, end):
    """A silence that holds ends at its end, a repeated one at that of the day or week."""
    assert until(silence(**fields), NIGHT + timedelta(hours=hours)) == NIGHT + timedelta(hours=end)
