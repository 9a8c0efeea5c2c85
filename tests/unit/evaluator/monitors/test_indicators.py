"""The questions that watch a metric, and that the store counts the same votes as the arrays do."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from evaluator.drift.ridit import Direction
from evaluator.monitors.indicators import Indicators, indicators
from evaluator.monitors.metrics import METRICS, Kind
from store import cells, rollup
from store.cells import Cells
from store.records import Series
from store.rollup import Window
from store.store import Store
from tests.builders import NOON, make_sample

HOUR = timedelta(hours=1)


def numbers(**votes: float) -> Cells:
    """A baseline by value: v3=10 is ten votes of 3."""
    return by({float(name[1:]): n for name, n in votes.items()}, {})


def by(values: dict[float, float], labels: dict[int, float]) -> Cells:
    n = len(values) + len(labels)
    return Cells(
        *(np.zeros(n, dtype=int) for _ in range(3)),
        votes=np.array([*values.values(), *labels.values()], dtype=float),
        passes=np.zeros(n),
        value=np.array([*values, *[np.nan] * len(labels)], dtype=float),
        label=np.array([*[0] * len(values), *labels], dtype=np.uint64),
    )


def made(metric: str, reference: Cells, labels: dict[int, str] | None = None, **changed: str) -> Indicators:
    found = indicators(replace(METRICS[metric], **changed), reference, labels or {}, by_hour=True)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_rate_is_one_question() -> None:
    """A pass rate is worse when it falls, a rate of errors when it rises; the votes carry their outcome themselves."""
    rate = replace(by({0.0: 10.0}, {}), passes=np.array([9.0]))
    assert [made(name, rate).bad for name in ("pass_rate", "judge_errors")] == [("down",), ("up",)]
    assert made("pass_rate", rate).outcomes(rate).tolist() == [[9.0]]


def test_a_flag_counts_its_label() -> None:
    """The error rate is the share of votes with the label "error", also when the baseline had none."""
    found = made("errors", by({}, {7: 95.0}), labels := {7: "ok", 8: "error"})
    assert (found.bad, found.shares[0].labels) == (("up",), ("error",))
    assert found.outcomes(by({}, {7: 90.0, 8: 3.0})).tolist() == [[0.0, 3.0]]
    assert labels[8] == "error"


def test_no_votes_make_no_indicators() -> None:
    """A baseline without votes has nothing to compare with."""
    assert indicators(METRICS["latency_ms"], by({}, {}), {}, by_hour=True) is None


@pytest.mark.parametrize(("direction", "sides"), [("up", {"up"}), ("down", {"down"}), ("both", {"up", "down"})])
def test_numbers_are_cut_to_the_worse_side(direction: Direction, sides: set[str]) -> None:
    """Only cuts on the worse side are watched, on both sides where either is worse."""
    found = made("latency_ms", numbers(**{f"v{n}": 10.0 for n in range(1, 101)}), direction=direction)
    assert {cut.direction for cut in found.found if not hasattr(cut, "labels")} == sides
    assert (found.direction, set(found.bad)) == (direction, {"up"})


def test_the_headline_comes_first() -> None:
    """While nothing fires the share beyond the baseline's p90 is shown."""
    found = made("latency_ms", numbers(**{f"v{n}": 10.0 for n in range(1, 101)}))
    assert found.says[0].startswith("latency slower than the baseline's p90")
    assert len(set(found.says)) == len(found.says) > 3


def test_one_value_is_watched_on_its_sides() -> None:
    """A baseline of one value notices what lies beyond it."""
    found = made("input_tokens", numbers(v512=400.0))
    assert found.outcomes(by({500.0: 1.0, 512.0: 2.0, 530.0: 4.0}, {})).tolist() == [[0, 0, 4], [1, 0, 0]]


def test_labels_are_watched_one_by_one_the_rare_together_and_new_ones() -> None:
    """A label has both sides, the rare ones are "other", and what the baseline never had is new."""
    labels = {1: "end_turn", 2: "max_tokens", 3: "refusal", 4: "pause", 5: "unheard"}
    found = made("stop_reason", by({}, {1: 9500.0, 2: 480.0, 3: 12.0, 4: 8.0}), labels)
    assert [(one.name, bad) for one, bad in zip(found.found, found.bad, strict=True)] == [
        *[(label, side) for label in ("end_turn", "max_tokens") for side in ("up", "down")],
        ("other", "up"),
        ("new", "up"),
    ]
    now = by({}, {1: 1.0, 3: 2.0, 4: 4.0, 5: 8.0})
    assert found.outcomes(now)[-2:].tolist() == [[0, 2, 4, 0], [0, 0, 0, 8]]


def stocked(store: Store, rng: random.Random) -> None:
    """Two hours of samples, the second with values and labels that the first had not, some of them hostile."""
    reasons = ["end_turn", "a\x1fb", "a", "b", "", "x|y\n"]
    for hour, known in ((0, 4), (1, 6)):
        store.append_samples(
            [
                make_sample(
                    f"{hour}-{n}",
                    ts=NOON + hour * HOUR + timedelta(seconds=n),
                    session_id=rng.choice([None, f"s{hour}{n % 20}"]),
                    latency_ms=rng.lognormvariate(7 + hour, 1.0),
                    input_tokens=rng.choice([100, 200, 300]) * (1 + hour),
                    stop_reason=rng.choice(reasons[:known]),
                    model=rng.choice(["m1", "m2", "m3"][: 2 + hour]),
                    error=rng.choice([None, "x"]),
                )
                for n in range(150)
            ]
        ).result()
    store.run(lambda c: rollup.refresh(c, {})).result()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("metric", ["latency_ms", "input_tokens", "stop_reason", "model", "errors"])
@pytest.mark.parametrize("direction", ["up", "both"])
def test_the_store_counts_what_the_arrays_count(store: Store, metric: str, direction: Direction, seed: int) -> None:
    """For every indicator the store's tally of its share is the sum of its outcomes."""
    stocked(store, random.Random(seed))
    series, kind = Series(feature="support-chat", metric=metric), METRICS[metric].kind
    with store.read() as c:
        before, now = (
            cells.of_values(c, [Window(series, NOON + n * HOUR, NOON + (n + 1) * HOUR)], summed=True) for n in (0, 1)
        )
        found = made(metric, before, cells.labels(c), **({} if kind is Kind.FLAG else {"direction": direction}))
        windows = [Window(series, NOON + HOUR, NOON + 2 * HOUR, share) for share in found.shares]
        totals = rollup.totals(c, windows)
    assert [total.passes for total in totals] == pytest.approx(found.outcomes(now).sum(axis=1).tolist())
    assert [total.votes for total in totals] == pytest.approx([now.votes.sum()] * len(totals))


def alert(found: Indicators, reading: int) -> dict[str, object]:
    """What the evidence of an alert keeps of the share that it is of."""
    share = found.shares[reading]
    told = {"low": share.low, "high": share.high, "labels": list(share.labels), "others": share.others}
    return {"share": told, "bad": found.bad[reading]}


def test_an_alert_keeps_its_label_when_others_come_before_it() -> None:
    """Late votes of the baseline put another label in between; the alert is still of its own."""
    before = made("stop_reason", by({}, {1: 90.0, 2: 10.0}), {1: "end_turn", 2: "max_tokens"})
    after = made("stop_reason", by({}, {1: 90.0, 2: 10.0, 3: 20.0}), {1: "end_turn", 2: "max_tokens", 3: "tool_use"})
    reading = [one.labels for one in before.shares].index(("max_tokens",))
    found = after.told(alert(before, reading))
    assert found != reading
    assert (after.shares[found], after.bad[found]) == (before.shares[reading], before.bad[reading])


def test_an_alert_of_a_cut_that_moved_is_of_the_nearest_one() -> None:
    """Where eleven values in place of ten are cut at percentiles, the cut nearest to the old one goes on."""
    ten = {f"v{i}": 10.0 for i in range(1, 11)}
    before, after = made("latency_ms", numbers(**ten)), made("latency_ms", numbers(**ten, v11=1.0))
    reading = [one.low for one in before.shares].index(10.0)
    assert after.shares[after.told(alert(before, reading))].low == 10.0


def test_an_alert_of_an_older_version_is_of_the_rate() -> None:
    """Evidence that names no share was of a pass rate."""
    assert made("pass_rate", replace(by({0.0: 10.0}, {}), passes=np.array([9.0]))).told({}) == 0
