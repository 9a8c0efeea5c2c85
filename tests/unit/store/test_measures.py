"""Votes of numbers, labels and scores: counting in pieces equals the plain definition, to the last bit."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from store import parts, rollup
from store.records import Sample, Status, TextState, Verdict
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.unit.store.measuring import Cell, Segments, stored, votes_of_grades, votes_of_samples

HOUR = timedelta(hours=1)
SESSIONS = [None, None, "", *(f"s{n}" for n in range(30))]


def refresh(store: Store, segments: Segments | None = None) -> int:
    return store.run(lambda c: rollup.refresh(c, segments or {})).result()


def counted(store: Store) -> dict[Cell, float]:
    with store.read() as c:
        return stored(c)


def votes(found: dict[Cell, float], metric: str) -> dict[tuple[datetime, float | str], float]:
    """The votes of one metric by bucket and value."""
    return {(cell[4], cell[7]): n for cell, n in found.items() if cell[1] == metric}


def moment(rng: random.Random) -> datetime:
    """One of few enough times that some are equal."""
    return NOON + timedelta(minutes=rng.randrange(0, 3 * 1440, 5))


def sample(rng: random.Random, number: int) -> Sample:
    """One with any of what is measured missing, and an id that others may have at other times."""

    def some(value: Any) -> Any:
        return value if rng.random() < 0.8 else None

    has_text = rng.random() < 0.8
    return make_sample(
        rng.choice([f"x{number}", f"x{number % 7}"]),
        ts=moment(rng) + timedelta(microseconds=number % 3),
        feature=rng.choice(["f", "g"]),
        session_id=rng.choice(SESSIONS),
        sampling_class=rng.choice(["default", "errors", "feedback"]),
        metadata={"plan": rng.choice(["pro", "free"])} if rng.random() < 0.8 else {},
        latency_ms=some(rng.choice([0.0, -1.0, rng.expovariate(0.001)])),
        input_tokens=some(rng.randrange(2000)),
        cache_read_tokens=some(rng.randrange(2000)),
        cache_write_tokens=some(0),
        output_tokens=some(rng.randrange(500)),
        cost_usd=some(rng.random() / 100),
        length=rng.randrange(3000) if has_text else None,
        stop_reason=some(rng.choice(["end_turn", "max_tokens", "a\x1fb"])),
        model=some(rng.choice(["m1", "m2"])),
        error=rng.choice([None, None, "timeout"]),
        text=TextState.KEPT if has_text else TextState.MISSING,
    )


def verdict(rng: random.Random, one: Sample, judge: str) -> Verdict:
    """A check gives pass or fail, a rating scores, a topic labels; `late` turns graded at its very end."""
    kind = {"check": "check", "people": "feedback", "own": "code"}.get(judge, "llm")
    label = (
        rng.choice(["PASS", "billing", "other", None]) if judge in ("topic", "own") else rng.choice(["PASS", "FAIL"])
    )
    score = rng.choice([0.0, 0.333333, 0.5, 1.0, None]) if judge in ("rating", "people", "check") else 1.0
    return make_verdict(
        one.sample_id,
        ts=one.ts,
        feature=one.feature,
        session_id=one.session_id,
        sampling_class=one.sampling_class,
        judge=judge,
        kind=kind,
        status=rng.choices([Status.OK, Status.ERROR, Status.SKIPPED], [8, 1, 1])[0],
        score=score,
        label=label,
    )


def traffic(rng: random.Random, n: int) -> tuple[list[Sample], list[Verdict]]:
    found = {(one.sample_id, one.ts): one for one in (sample(rng, number) for number in range(n))}
    samples = list(found.values())
    judges = ["check", "rating", "topic", "people", "own", "late"]
    verdicts = [verdict(rng, one, judge) for one in samples for judge in rng.sample(judges, 2)]
    rng.shuffle(verdicts)
    counts = [one.status is Status.OK and one.sampling_class != "feedback" for one in verdicts]
    own = [place for place, one in enumerate(verdicts) if one.judge == "late" and counts[place]]
    verdicts[own[-1]] = replace(verdicts[own[-1]], score=0.25)
    return samples, verdicts


def pieces(rng: random.Random, rows: list[Any]) -> list[list[Any]]:
    """The rows in pieces of any size."""
    found = []
    while rows:
        cut = rng.randint(1, 80)
        found.append(rows[:cut])
        rows = rows[cut:]
    return found


@pytest.mark.parametrize("seed", range(6))
def test_counting_measures_in_pieces_equals_the_definition(store: Store, seed: int) -> None:
    """Late, reordered samples of sessions that wander, with anything missing, give the plain definition's votes."""
    rng = random.Random(seed)
    samples, _ = traffic(rng, 250)
    segments = {"f": ("plan",)} if seed % 2 else {}
    for piece in pieces(rng, samples):
        store.append_samples(piece).result()
        refresh(store, segments)
    found = counted(store)
    assert found == votes_of_samples(samples, segments)
    assert len({cell[1] for cell in found}) == 8


@pytest.mark.parametrize("seed", range(6))
def test_counting_grades_in_pieces_equals_the_definition(store: Store, seed: int) -> None:
    """Scores and labels of judges, counted piece by piece, give the plain definition's votes."""
    rng = random.Random(seed)
    samples, verdicts = traffic(rng, 250)
    segments = {"f": ("plan",)} if seed % 2 else {}
    store.append_samples(samples).result()
    for piece in pieces(rng, verdicts):
        store.append_verdicts(piece).result()
        refresh(store, segments)
    found = {cell: n for cell, n in counted(store).items() if cell[2]}
    assert found == votes_of_grades(samples, verdicts, segments)
    assert {(cell[1], cell[2]) for cell in found} >= {("score", "rating"), ("score", "late"), ("label", "topic")}
    assert not any(cell[2] == "check" for cell in found)


def test_other_segments_count_everything_anew(store: Store) -> None:
    """When the keys change, the old votes of samples and judges are cut anew."""
    rng = random.Random(7)
    samples, verdicts = traffic(rng, 80)
    store.append_samples(samples).result()
    store.append_verdicts(verdicts).result()
    for segments in ({}, {"f": ("plan",)}, {"g": ("plan",)}):
        refresh(store, segments)
        wanted = votes_of_samples(samples, segments) | votes_of_grades(samples, verdicts, segments)
        assert counted(store) == wanted


def test_text_that_comes_later_is_measured(store: Store) -> None:
    """A sample that gains its text has a length from then on, and the stop reason that came with it."""
    bare = make_sample("a", text=TextState.MISSING, stop_reason=None, session_id="s")
    turn = make_sample("b", ts=NOON + HOUR, length=100, session_id="s")
    store.append_samples([bare, turn]).result()
    refresh(store)
    whole = replace(bare, text=TextState.KEPT, stop_reason="max_tokens", length=400)
    store.run_numbered(lambda c, after: (parts.give_text(c, [whole], after), after + 1)).result()
    assert refresh(store) > 0
    assert counted(store) == votes_of_samples([whole, turn], {})


def test_a_session_that_began_long_ago_has_its_vote_there(store: Store) -> None:
    """A turn of today shares the vote of a session that began days ago; today has none."""
    first = make_sample("a", session_id="s", latency_ms=100.0)
    store.append_samples([first]).result()
    refresh(store)
    store.append_samples([make_sample("b", session_id="s", ts=NOON + 72 * HOUR, latency_ms=900.0)]).result()
    refresh(store)
    found = votes(counted(store), "latency_ms")
    assert [(bucket, n) for (bucket, _), n in sorted(found.items())] == [(NOON, 0.5), (NOON, 0.5)]


def test_another_turn_beside_an_old_session_leaves_it_alone(store: Store) -> None:
    """A late sample without a session counts its bucket anew, and with it the sessions that only pass through it."""
    late = NOON + 2 * HOUR
    through = [make_sample("a", session_id="s", latency_ms=100.0), make_sample("b", session_id="s", ts=late)]
    store.append_samples(through).result()
    refresh(store)
    alone = make_sample("c", ts=late, latency_ms=50.0)
    store.append_samples([alone]).result()
    refresh(store)
    assert counted(store) == votes_of_samples([*through, alone], {})


def test_an_empty_session_name_is_a_session(store: Store) -> None:
    """Samples with the session "" share a vote, and an empty sample id is no session."""
    rows = [
        make_sample("", session_id=None, latency_ms=10.0),
        make_sample("a", session_id="", latency_ms=10.0),
        make_sample("b", session_id="", latency_ms=10.0),
    ]
    store.append_samples(rows).result()
    refresh(store)
    assert list(votes(counted(store), "latency_ms").values()) == [2.0]


@pytest.mark.parametrize("latency", [float("inf"), float("nan")])
def test_what_is_no_number_has_no_vote(store: Store, latency: float) -> None:
    """An infinite latency lies in no bin: it must not stop the looks at the rest."""
    store.append_samples([make_sample("a", latency_ms=latency)]).result()
    refresh(store)
    assert votes(counted(store), "latency_ms") == {}


def test_a_score_after_labels_is_counted_by_scores_alone(store: Store) -> None:
    """A judge that gave labels with whole scores is counted by labels until its first fraction, then by scores."""
    labelled = make_verdict("a", kind="llm", label="good", score=1.0)
    store.append_samples([make_sample("a"), make_sample("b")]).result()
    store.append_verdicts([labelled]).result()
    refresh(store)
    assert {cell[1] for cell in counted(store) if cell[2]} == {"label"}
    store.append_verdicts([make_verdict("b", kind="llm", label="fair", score=0.5)]).result()
    refresh(store)
    assert votes(counted(store), "score") == {(NOON, 0.5): 1.0, (NOON, 1.0): 1.0}
    assert votes(counted(store), "label") == {}


def test_what_people_complained_about_grades_nobody(store: Store) -> None:
    """A fraction given to a sample that was kept for its feedback makes no judge graded: it has no vote."""
    store.append_samples([make_sample("a"), make_sample("b")]).result()
    store.append_verdicts([make_verdict("a", kind="llm", score=0.5, sampling_class="feedback")]).result()
    refresh(store)
    store.append_verdicts([make_verdict("b", kind="llm")]).result()
    refresh(store)
    assert not any(cell[2] for cell in counted(store))


def test_a_write_that_failed_is_counted_when_it_succeeds(store: Store) -> None:
    """Numbers of a transaction that failed are skipped: what is written after it is not taken for counted."""
    store.append_samples([make_sample("a", latency_ms=10.0)]).result()
    refresh(store)

    def fails(c: Any) -> None:
        rollup.refresh(c, {})
        raise ValueError("no")

    first, second = store.append_samples([make_sample("b", latency_ms=20.0)]), store.run(fails)
    first.result()
    with pytest.raises(ValueError, match="no"):
        second.result()
    refresh(store)
    assert sum(votes(counted(store), "latency_ms").values()) == 2.0
