"""Usage and spending by quarter hour: what counts, and that counting in pieces equals counting all."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from store import audit, usage
from store.database import Connection
from store.queries import aware
from store.records import Outcome, Sample, Status, TrafficCount, Verdict
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.unit.store.counting import floor

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOT_KEPT = (Outcome.RATE, Outcome.BUDGET, Outcome.NO_CONTENT)
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def count(store: Store) -> None:
    """Counts what came since the last time."""
    store.run(usage.refresh).result()


def used(store: Store, start: datetime = NOON, end: datetime = NOON + DAY) -> list[usage.Used]:
    """What is counted from start to end, as one piece."""
    count(store)
    with store.read() as c:
        return usage.used(c, [start, end])


def unkept(n: int, outcome: Outcome = Outcome.RATE, at: datetime = NOON, feature: str = "support-chat") -> TrafficCount:
    return TrafficCount(
        bucket=floor(at), feature=feature, model="m", stop_reason="", latency_bin="", outcome=outcome, n=n
    )


def test_calls_are_those_kept_and_those_not(store: Store) -> None:
    """What sampling, a budget or a lack of content left out was a call; what came twice or was broken was none."""
    others = [unkept(1, outcome) for outcome in (*NOT_KEPT, Outcome.DUPLICATE, Outcome.REJECTED, Outcome.SELF_TRAFFIC)]
    store.append_samples([make_sample("a"), make_sample("b")], others).result()
    [found] = used(store)
    assert (found.kept, found.not_kept) == (2, 3)


def test_a_kept_call_stands_for_others(store: Store) -> None:
    """Tokens, money and errors are estimated for all calls: each weighs 1 / its probability of being kept."""
    rare = make_sample(
        "a", sampling_probability=0.1, input_tokens=10, cache_read_tokens=5, output_tokens=3, cost_usd=0.02, error="x"
    )
    whole = make_sample("b", input_tokens=100, output_tokens=30, cost_usd=0.5)
    store.append_samples([rare, whole]).result()
    [found] = used(store)
    assert (found.errors, found.input_tokens, found.output_tokens) == (10, 250, 60)
    assert found.usd == pytest.approx(0.7, abs=1e-9)


def test_what_only_bad_feedback_kept_stands_for_no_other(store: Store) -> None:
    """It is a call, but its tokens say nothing of calls that were left out."""
    store.append_samples([make_sample("a", sampling_class="feedback", output_tokens=9, cost_usd=1.0)]).result()
    [found] = used(store)
    assert (found.kept, found.output_tokens, found.usd) == (1, 0, 0)


def test_a_call_without_a_price_is_said(store: Store) -> None:
    """Tokens without a price are counted as unpriced; a call without tokens lacks none."""
    store.append_samples([make_sample("a", output_tokens=9), make_sample("b")]).result()
    assert used(store)[0].unpriced == 1


@pytest.mark.parametrize("usd", [float("inf"), float("nan"), -5.0, 1e300])
def test_no_amount_stops_the_count(store: Store, usd: float) -> None:
    """What no call or verdict can cost is cut, and the others are counted."""
    store.append_samples([make_sample("a", cost_usd=usd, input_tokens=2**62), make_sample("b", cost_usd=1.0)]).result()
    store.append_verdicts([make_verdict("a", cost_usd=usd, input_tokens=1), make_verdict("b", cost_usd=1.0)]).result()
    [found] = used(store)
    assert found.kept == 2
    with store.read() as c:
        assert usage.spent(c, [NOON, NOON + DAY])[0].verdicts == 2


def test_pieces_meet_without_a_gap(store: Store) -> None:
    """A quarter hour belongs to the piece that begins with it; what lies before the first or after the last is left."""
    at = [NOON - timedelta(minutes=1), NOON, NOON + HOUR - timedelta(seconds=1), NOON + HOUR, NOON + 2 * HOUR]
    store.append_samples([make_sample(f"s{n}", ts=ts) for n, ts in enumerate(at)]).result()
    count(store)
    with store.read() as c:
        found = usage.used(c, [NOON, NOON + HOUR, NOON + 2 * HOUR])
        assert usage.used(c, [NOON]) == []
    assert [(one.start_at, one.kept) for one in found] == [(NOON, 2), (NOON + HOUR, 1)]


def test_a_text_that_came_later_counts_nothing_twice(store: Store) -> None:
    """A sample that gains its text has a new number, and is the same call."""
    store.append_samples([make_sample("a", cost_usd=1.0)]).result()
    count(store)
    store.run(lambda c: c.execute("UPDATE sample SET seq = 99")).result()
    assert used(store)[0][2:4] == (1, 0)


def test_verdicts_cost_by_the_day_they_were_given(store: Store) -> None:
    """Spend is by feature, judge and UTC day of judging, with what was reused or batched; people cost nothing."""
    store.append_verdicts(
        [
            make_verdict("a", cost_usd=0.25, input_tokens=10, via="call"),
            make_verdict("b", cost_usd=0.5, input_tokens=10, via="batch"),
            make_verdict("c", cost_usd=0.0, via="cache"),
            make_verdict("d", cost_usd=1.0, input_tokens=10, judged_at=NOON + 12 * HOUR),
            make_verdict("e", kind="feedback", judge="thumbs"),
        ]
    ).result()
    count(store)
    with store.read() as c:
        found = usage.judging_costs(c, NOON, NOON + DAY)
        total = usage.spent(c, [NOON, NOON + DAY])
    assert [one[3:] for one in found] == [(3, 1, 1, 0.75, 0.5, 0, 0.75), (1, 0, 0, 1.0, 0.0, 0, 1.0)]
    assert [one.day for one in found] == ["2026-11-20", "2026-11-21"]
    assert total == [("support-chat", NOON, 4, 1.75, 0)]


def test_costs_know_what_is_not_counted_yet(store: Store) -> None:
    """Money that was spent a moment ago shows at once, and once."""
    store.append_verdicts([make_verdict("a", cost_usd=0.25, input_tokens=10)]).result()
    found = []
    for _ in range(2):
        with store.read() as c:
            found.append([one.usd for one in usage.judging_costs(c, NOON, NOON + DAY)])
        count(store)
    assert found == [[0.25], [0.25]]


def test_trials_of_rubrics_cost_too(store: Store) -> None:
    """What was tried gave no verdict and belongs to no feature; its money is gone all the same."""
    tried = audit.Entry(
        ts=NOON, actor="Ana", via="ui", key=None, action="tried", subject="rubric", subject_id="tone",
        detail={"cost_usd": 0.25},
    )  # fmt: skip
    store.run(lambda c: audit.append(c, [tried])).result()
    with store.read() as c:
        [found] = usage.judging_costs(c, NOON, NOON + DAY, paid=True)
    assert (found.feature, found.judge, found.verdicts, found.usd) == ("", "(trials)", 0, 0.25)


def test_an_unknown_price_makes_the_sum_unknown(store: Store) -> None:
    """Tokens without a price give no sum, never one that is too low; how many lack one, and the rest, is known."""
    store.append_verdicts([make_verdict("a", cost_usd=0.25, input_tokens=10), make_verdict("b", input_tokens=10)])
    count(store)
    with store.read() as c:
        [found] = usage.judging_costs(c, NOON, NOON + DAY)
    assert (found.usd, found.unpriced, found.known_usd) == (None, 1, 0.25)


def test_latencies_are_of_kept_calls(store: Store) -> None:
    """The median and the 95th percentile of what is in the window."""
    store.append_samples(
        [make_sample(f"s{n}", ts=NOON + timedelta(seconds=n), latency_ms=float(n)) for n in range(101)]
    ).result()
    store.append_samples([make_sample("late", ts=NOON + HOUR, latency_ms=9999.0)]).result()
    with store.read() as c:
        assert usage.latencies(c, NOON, NOON + HOUR) == {"support-chat": (50.0, 95.0)}


@pytest.mark.parametrize("seed", range(5))
def test_counting_in_pieces_equals_counting_all(store: Store, seed: int) -> None:
    """Whatever comes in whatever order and pieces, the tables hold what plain Python counts of all of it."""
    rng = random.Random(seed)
    samples = [sample(rng, n) for n in range(120)]
    verdicts = [verdict(rng, one) for one in samples for _ in range(1)]
    traffic = [unkept(rng.randrange(1, 9), rng.choice(list(Outcome)), moment(rng), name(rng)) for _ in range(60)]
    for part in range(6):
        store.append_samples(samples[part::6], traffic[part::6]).result()
        store.append_verdicts(verdicts[part::6]).result()
        if rng.random() < 0.7:
            count(store)
    count(store)
    with store.read() as c:
        assert stored(c, "usage", 2) == calls(samples, traffic)
        assert stored(c, "spending", 3) == costs(verdicts)


def moment(rng: random.Random) -> datetime:
    return NOON + timedelta(minutes=rng.randrange(0, 3000))


def name(rng: random.Random) -> str:
    return rng.choice(["chat", "search"])


def sample(rng: random.Random, n: int) -> Sample:
    tokens = {kind: rng.choice([None, rng.randrange(5000)]) for kind in ("input_tokens", "output_tokens")}
    fields = {"cost_usd": rng.choice([None, rng.random()]), "error": rng.choice([None, None, "boom"]), **tokens}
    kept = rng.choice([1.0, 0.5, 0.03])
    return make_sample(f"s{n}", ts=moment(rng), feature=name(rng), sampling_probability=kept, **fields)


def verdict(rng: random.Random, one: Sample) -> Verdict:
    status = rng.choice([Status.OK, Status.ERROR])
    fields = {"cost_usd": rng.choice([None, rng.random() / 1000]), "input_tokens": rng.choice([None, 10])}
    told = {"feature": one.feature, "ts": one.ts, "judged_at": moment(rng), "kind": rng.choice(["llm", "feedback"])}
    via = rng.choice([None, "call", "cache", "batch"])
    return make_verdict(one.sample_id, status=status, judge=rng.choice(["a", "b"]), via=via, **fields, **told)


def stored(c: Connection, table: str, names: int) -> Rows:
    found = [tuple(aware(value) for value in row) for row in c.execute(f"SELECT * FROM {table}").fetchall()]
    assert len({row[:names] for row in found}) == len(found)
    return {row[:names]: row[names:] for row in found}


def calls(samples: Sequence[Sample], traffic: Sequence[TrafficCount]) -> Rows:
    sums: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, 0, *(Decimal(0) for _ in range(5)), 0])
    for one in samples:
        weight = 1 / one.sampling_probability
        counted = any(tokens is not None for tokens in (one.input_tokens, one.output_tokens))
        add(
            sums[one.feature, floor(one.ts)],
            [
                1,
                0,
                *(rounded(weight * amount, 6) for amount in (1, one.error is not None)),
                *(rounded(weight * (tokens or 0), 0) for tokens in (one.input_tokens, one.output_tokens)),
                rounded(weight * (one.cost_usd or 0), 9),
                int(one.cost_usd is None and counted),
            ],
        )
    for left in traffic:
        if left.outcome in NOT_KEPT:
            sums[left.feature, left.bucket][1] += left.n
    return {key: tuple(value) for key, value in sums.items()}


def costs(verdicts: Sequence[Verdict]) -> Rows:
    sums: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, 0, 0, Decimal(0), Decimal(0), 0])
    for one in (one for one in verdicts if one.kind != "feedback"):
        usd = rounded(one.cost_usd or 0, 12)
        batched = one.via == "batch"
        unpriced = int(one.cost_usd is None and one.input_tokens is not None)
        told = [1, int(one.via == "cache"), int(batched), usd, usd if batched else Decimal(0), unpriced]
        add(sums[one.feature, one.judge, floor(one.judged_at)], told)
    return {key: tuple(value) for key, value in sums.items()}


def add(sums: list[Any], more: Sequence[Any]) -> None:
    sums[:] = [one + other for one, other in zip(sums, more, strict=True)]


def rounded(value: float, places: int) -> Decimal:
    """As DuckDB makes a decimal of a double: scaled, then to the nearest, halves away from zero."""
    scaled = Decimal(value * 10**places).to_integral_value("ROUND_HALF_UP")
    return scaled.scaleb(-places)
