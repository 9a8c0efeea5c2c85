"""The questions that watch a metric, and that the store counts the same votes as the arrays do."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from evaluator.buckets import STEP
from evaluator.drift.ridit import Direction
from evaluator.monitors import reading
from evaluator.monitors.indicators import Indicators, indicators, of_rate
from evaluator.monitors.metrics import METRICS, Kind
from evaluator.monitors.reading import Wanted
from store import rollup
from store.cells import Levels, Stretch
from store.records import Series, Share
from store.rollup import Window
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict

HOUR = timedelta(hours=1)


def numbers(**votes: float) -> Levels:
    """A baseline by value: v3=10 is ten votes of 3."""
    return by({float(name[1:]): n for name, n in votes.items()}, {})


def by(values: dict[float, float], labels: dict[str, float]) -> Levels:
    return Levels(
        value=np.array([*values, *[np.nan] * len(labels)], dtype=float),
        label=np.array([*[""] * len(values), *labels], dtype=object),
        votes=np.array([*values.values(), *labels.values()], dtype=float),
        rows=np.ones(len(values) + len(labels), dtype=int),
    )


def made(metric: str, levels: Levels, **changed: str) -> Indicators:
    found = indicators(replace(METRICS[metric], **changed), levels)  # type: ignore[arg-type]
    assert found is not None
    return found


def held(found: Indicators) -> list[list[int]]:
    """Whether each indicator counts the votes of each level (J, L)."""
    return found.patterns[:, found.coding.pattern].astype(int).tolist()


def test_a_rate_is_one_question() -> None:
    """A pass rate is worse when it falls, a rate of errors when it rises; the votes carry their outcome themselves."""
    assert [of_rate(METRICS[name]).bad for name in ("pass_rate", "judge_errors")] == [("down",), ("up",)]
    assert of_rate(METRICS["pass_rate"]).patterns.tolist() == [[True]]


def test_a_flag_counts_its_label() -> None:
    """The error rate is the share of votes with the label "error", also when the baseline had none."""
    found = made("errors", by({}, {"ok": 95.0, "error": 0.0}))
    assert (found.bad, found.shares[0].labels, held(found)) == (("up",), ("error",), [[0, 1]])


@pytest.mark.parametrize(
    ("name", "share"), [("pass_rate", Share()), ("judge_errors", Share()), ("errors", Share(labels=("error",)))]
)
def test_a_rate_is_of_the_share_that_looks_speak_of(name: str, share: Share) -> None:
    """What is shown before the first look counts the votes that the looks count."""
    assert METRICS[name].rate_of == share
    metric = METRICS[name]
    found = of_rate(metric) if metric.kind is Kind.RATE else made(name, by({}, {"ok": 10.0}))
    assert found.shares == (share,)


def test_no_votes_make_no_indicators() -> None:
    """A baseline without votes has nothing to compare with."""
    assert indicators(METRICS["latency_ms"], by({3.0: 0.0}, {})) is None


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
    found = made("input_tokens", by({500.0: 0.0, 512.0: 400.0, 530.0: 0.0}, {}))
    assert held(found) == [[0, 0, 1], [1, 0, 0]]


def test_labels_are_watched_one_by_one_the_rare_together_and_new_ones() -> None:
    """A label has both sides, the rare ones are "other", and what the baseline never had is new."""
    labels = {"end_turn": 9500.0, "max_tokens": 480.0, "refusal": 12.0, "pause": 8.0, "unheard": 0.0}
    found = made("stop_reason", by({}, labels))
    assert [(one.name, bad) for one, bad in zip(found.found, found.bad, strict=True)] == [
        *[(label, side) for label in ("end_turn", "max_tokens") for side in ("up", "down")],
        ("other", "up"),
        ("new", "up"),
    ]
    assert held(found)[-2:] == [[0, 0, 1, 1, 0], [0, 0, 0, 0, 1]]


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
    watched = METRICS[metric] if kind is Kind.FLAG else replace(METRICS[metric], direction=direction)
    stretch = Stretch(series, NOON, *[NOON + HOUR] * 3, NOON + 2 * HOUR)
    with store.read() as c:
        [(_, counts)] = reading.each(c, [Wanted(watched, stretch)])
        shares = counts.indicators.shares
        totals = rollup.totals(c, [Window(series, NOON + HOUR, NOON + 2 * HOUR, share) for share in shares])
    assert [total.passes for total in totals] == pytest.approx(counts.x.sum(axis=(1, 2)).tolist())
    assert [total.votes for total in totals] == pytest.approx([counts.n.sum()] * len(totals))


@pytest.mark.parametrize(("at_once", "most"), [(1, 10**9), (100, 1), (2, 1)])
def test_portions_make_no_difference(store: Store, at_once: int, most: int) -> None:
    """However many series and rows are read at a time, the counts are the same to the last bit."""
    stocked(store, random.Random(1))
    store.append_verdicts([make_verdict(f"0-{n}", ts=NOON + timedelta(seconds=n), passed=n % 5 > 0) for n in range(99)])
    store.run(lambda c: rollup.refresh(c, {})).result()
    with store.read() as c:
        known = rollup.series(c)
        wanted = [Wanted(METRICS[one.metric], Stretch(one, NOON, *[NOON + STEP] * 3, NOON + 2 * HOUR)) for one in known]
        whole, parts = dict(reading.each(c, wanted)), dict(reading.each(c, wanted, at_once=at_once, most=most))
    assert whole.keys() == parts.keys() == set(range(len(known)))
    assert all((whole[place].x == parts[place].x).all() for place in whole)
    assert all((whole[place].reference.r == parts[place].reference.r).all() for place in whole)


def alert(found: Indicators, reading: int) -> dict[str, object]:
    """What the evidence of an alert keeps of the share that it is of."""
    share = found.shares[reading]
    told = {"low": share.low, "high": share.high, "labels": list(share.labels), "others": share.others}
    return {"share": told, "bad": found.bad[reading]}


def test_an_alert_keeps_its_label_when_others_come_before_it() -> None:
    """Late votes of the baseline put another label in between; the alert is still of its own."""
    before = made("stop_reason", by({}, {"end_turn": 90.0, "max_tokens": 10.0}))
    after = made("stop_reason", by({}, {"end_turn": 90.0, "max_tokens": 10.0, "tool_use": 20.0}))
    reading = [one.labels for one in before.shares].index(("max_tokens",))
    found = after.told(alert(before, reading))
    assert found != reading
    assert (after.shares[found], after.bad[found]) == (before.shares[reading], before.bad[reading])


def test_an_alert_of_a_label_that_became_rare_is_of_the_rare_ones() -> None:
    """Late votes make a label of the baseline too rare to be watched alone; its alert is of what holds it now."""
    labels = {"end_turn": 9500.0, "max_tokens": 480.0, "refusal": 21.0, "pause": 8.0, "filter": 8.0}
    before = made("stop_reason", by({}, labels))
    after = made("stop_reason", by({}, {**labels, "end_turn": 12000.0}))
    reading = [one.labels for one in before.shares].index(("refusal",))
    assert "refusal" in after.shares[after.told(alert(before, reading))].labels
    assert not after.shares[after.told(alert(before, reading))].others


def test_an_alert_of_a_cut_that_moved_is_of_the_nearest_one() -> None:
    """Where eleven values in place of ten are cut at percentiles, the cut nearest to the old one goes on."""
    ten = {f"v{i}": 10.0 for i in range(1, 11)}
    before, after = made("latency_ms", numbers(**ten)), made("latency_ms", numbers(**ten, v11=1.0))
    reading = [one.low for one in before.shares].index(10.0)
    assert after.shares[after.told(alert(before, reading))].low == 10.0


def test_an_alert_of_an_older_version_is_of_the_rate() -> None:
    """Evidence that names no share was of a pass rate."""
    assert of_rate(METRICS["pass_rate"]).told({}) == 0


def test_an_alert_of_an_older_version_keeps_its_position() -> None:
    """Evidence that tells no share tells the position among them."""
    assert made("latency_ms", numbers(**{f"v{n}": 10.0 for n in range(1, 101)})).told({"reading": 2}) == 2
