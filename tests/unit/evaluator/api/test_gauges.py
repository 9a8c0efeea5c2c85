"""Which names become series of their own."""

from __future__ import annotations

from datetime import date

from evaluator.api.gauges import MOST_REASONS, covered
from evaluator.readings import MOST_NAMES, OTHERS
from tests.accounts import days


def test_features_and_reasons_are_bounded_and_nothing_is_lost() -> None:
    """However many names there are, the metrics have so many and one for the rest, with the same sums."""
    (row,) = (row for row in days(date(2026, 11, 20), ["x"]))
    rows = [row.model_copy(update={"feature": f"f{n}", "skipped": {f"why{n}": 1}}) for n in range(200)]
    told = list(covered(rows))
    places = {one.labels[0] for one in told}
    reasons = {one.labels[3] for one in told if one.gauge == "unscored"}
    arrived = sum(one.value for one in told if one.gauge == "coverage" and one.labels[2] == "arrived")
    skipped = sum(one.value for one in told if one.gauge == "unscored" and one.labels[2] == "skipped")
    assert (len(places), len(reasons), OTHERS in places & reasons) == (MOST_NAMES + 1, MOST_REASONS + 1, True)
    assert (arrived, skipped) == (200 * row.arrived, 200)
