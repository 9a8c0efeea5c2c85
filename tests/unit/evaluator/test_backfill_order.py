"""What a run owes is gone through in pieces, which the store looks up by time."""

from __future__ import annotations

from datetime import timedelta

from evaluator.backfill import by_time
from tests.builders import NOON

DAY = timedelta(days=1)


def test_what_is_owed_goes_by_time() -> None:
    """Ids say nothing of when: pieces in their order would each span the whole history."""
    owed = [("tone", ("a", NOON)), ("tone", ("b", NOON - DAY)), ("tone", ("0", NOON)), ("smell", ("c", NOON + DAY))]
    assert [key[0] for _, key in by_time(owed)] == ["c", "b", "0", "a"]
