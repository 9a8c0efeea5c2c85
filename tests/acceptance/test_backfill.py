"""Scoring a history on the own file: everything once, resumed where it stopped, counted by what the files held."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evaluator import config
from evaluator.backfill import LocalTarget, Reject, Tally, score
from evaluator.errors import InputError
from evaluator.intake.files import Row
from evaluator.lane import Lane
from evaluator.service import Service
from judges.errors import Unavailable
from judges.judge import Judgement, decided
from store import samples as sample_store
from store import verdicts as verdict_store
from store.records import Sample
from tests.builders import make_sample
from tests.conftest import Clock
from tests.fake_judges import FakeJudge

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
REFUSAL = {"id": "refused", "response": "I'm sorry, but I can't help with that request."}


class Watcher:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.rejects: list[Reject] = []
        self.chunks = 0

    def rejected(self, reject: Reject) -> None:
        self.rejects.append(reject)

    def progress(self) -> None:
        self.chunks += 1


@pytest.fixture
async def service(tmp_path: Path, clock: Clock) -> AsyncIterator[Service]:
    """A service on an empty file, nothing scheduled."""
    settings = config.load(None, database=tmp_path / "a.duckdb", judge={"builtin": ("smell_heuristic",)})
    async with Service(settings, clock=clock, environ={}, scheduled=False) as service:
        yield service


def rows(*items: dict[str, Any]) -> list[Row]:
    return [Row(f"f:{number}", item) for number, item in enumerate(items, 1)]


def answers(count: int, **fields: Any) -> list[dict[str, Any]]:
    times = {"timestamp": NOVEMBER.isoformat()}
    return [{"id": f"s{n}", "response": f"It arrives on day {n}.", **times, **fields} for n in range(count)]


def away_for(sample_id: str) -> Callable[[Sample], Judgement]:
    def rule(sample: Sample) -> Judgement:
        if sample.sample_id == sample_id:
            raise Unavailable("away", reason="overloaded")
        return decided(True, "fine")

    return rule


@asynccontextmanager
async def service_of(folder: Path, clock: Clock, judge: FakeJudge, **entry: Any) -> AsyncIterator[Service]:
    """A service on an empty file whose only judge is this one."""
    settings = config.load(None, database=folder / "b.duckdb", judge={"builtin": ()})
    async with Service(settings, clock=clock, environ={}, scheduled=False) as started:
        started.pipeline.lanes = [Lane(judge.entry_for({}, **entry), judge, settings.sampling, clock)]
        yield started


async def run(service: Service, given: list[Row]) -> tuple[Tally, list[tuple[str, float, float]], Watcher]:
    target, tally, watcher = LocalTarget(service), Tally(), Watcher()
    await score(given, target, tally, watcher)
    summary = await target.summary(tally.features)
    return tally, [(row.judge, row.n, row.passed) for row in summary], watcher


async def test_every_row_is_stored_and_judged(service: Service) -> None:
    """The summary has n and passes per feature and judge over the rows of the run."""
    tally, summary, _ = await run(service, rows(*answers(3), REFUSAL))
    assert tally.as_json() == {"read": 4, "accepted": 4}
    assert summary == [("smell_heuristic", 4, 3)]


async def test_running_it_again_scores_nothing_twice(service: Service, clock: Clock) -> None:
    """A second run finds duplicates, adds no verdict, and shows the same numbers."""
    _, first, _ = await run(service, rows(*answers(3)))
    clock.advance(minutes=5)
    tally, second, _ = await run(service, rows(*answers(3)))
    with service.store.read() as c:
        assert len(verdict_store.of_samples(c, ["s0", "s1", "s2"])) == 3
    assert (tally.as_json(), second) == ({"read": 3, "duplicate": 3}, first)


async def test_rows_without_a_time_are_found_again_after_months(service: Service, clock: Clock) -> None:
    """Neither id nor timestamp: the content is the identity, however much later the file is scored again."""
    await run(service, rows({"response": "Yes."}))
    clock.advance(days=90)
    tally, summary, _ = await run(service, rows({"response": "Yes."}))
    assert (tally.as_json(), summary) == ({"read": 1, "duplicate": 1}, [("smell_heuristic", 1, 1)])


async def test_stored_but_unjudged_rows_are_judged_by_the_next_run(service: Service, clock: Clock) -> None:
    """What an interrupted run had stored only is judged when the file comes again."""
    stored = [make_sample(name, ts=NOVEMBER, feature="default") for name in ("s0", "s1")]
    service.store.append_samples(stored, []).result()
    clock.advance(minutes=5)
    tally, summary, _ = await run(service, rows(*answers(3)))
    assert tally.as_json() == {"read": 3, "accepted": 1, "duplicate": 2}
    assert summary == [("smell_heuristic", 3, 3)]


async def test_a_row_that_repeats_another_counts_once(service: Service) -> None:
    """The same id twice in a file is one sample and one verdict."""
    tally, summary, _ = await run(service, rows(*answers(1), *answers(1)))
    assert (tally.as_json()["duplicate"], summary) == (1, [("smell_heuristic", 1, 1)])


async def test_unreadable_rows_are_told_and_counted(service: Service) -> None:
    """A row the file could not give and one that is no sample are rejected with their places; the rest is scored."""
    bad = Row("f:9", error=InputError("f:9: not JSON"))
    tally, summary, watcher = await run(service, [bad, *rows({"id": "x", "respnse": "a"}, *answers(1))])
    assert [reject.where for reject in watcher.rejects] == ["f:9", "f:1"]
    assert "response" in watcher.rejects[1].error
    assert (tally.as_json()["rejected"], summary) == (2, [("smell_heuristic", 1, 1)])


async def test_the_sampler_decides_over_files_too(tmp_path: Path, clock: Clock) -> None:
    """History is kept at the rate of live traffic, so that the two compare; what is not kept is counted."""
    settings = config.load(None, database=tmp_path / "b.duckdb", sampling={"rate": 0.25})
    async with Service(settings, clock=clock, environ={}, scheduled=False) as service:
        tally, _, _ = await run(service, rows(*answers(400)))
    assert tally.outcomes["rate"] + tally.stored == 400
    assert 60 < tally.stored < 140


async def test_rows_go_in_chunks_and_come_from_a_file(service: Service) -> None:
    """A long file is stored chunk by chunk, and its samples say that they came from a file."""
    _, _, watcher = await run(service, rows(*answers(1200)))
    with service.store.read() as c:
        stored = sample_store.get(c, "s1199")
    assert watcher.chunks == 3
    assert stored is not None
    assert stored.source == "file"


async def test_what_an_outage_left_in_mid_run_is_told(tmp_path: Path, clock: Clock) -> None:
    """A judge that was away for one chunk and is back at the end still owes that chunk, and the run says so."""
    judge = FakeJudge("tone", rule=away_for("s0"))
    async with service_of(tmp_path, clock, judge) as service:
        target, tally = LocalTarget(service), Tally()
        left = await score(rows(*answers(501)), target, tally, Watcher())
        summary = await target.summary(tally.features)
    assert left == "not all is judged yet (tone: 1 sample, away); run the same command again later, it judges the rest"
    assert [(row.n, row.passed) for row in summary] == [(500, 500)]


async def test_a_rerun_judges_what_an_outage_left(tmp_path: Path, clock: Clock) -> None:
    """The next run gets the verdicts that are owed, and then nothing is left."""
    judge = FakeJudge("tone", rule=away_for("s0"))
    async with service_of(tmp_path, clock, judge) as service:
        await run(service, rows(*answers(3)))
        judge.rule = lambda _: decided(True, "fine")
        clock.advance(minutes=5)
        assert await score(rows(*answers(3)), LocalTarget(service), Tally(), Watcher()) is None
    assert judge.asked == ["s0", "s1", "s2", "s0"]


async def test_conversations_of_a_file_are_judged_at_its_end(tmp_path: Path, clock: Clock) -> None:
    """Each session once, when all its turns are there; a second run counts the same verdicts and asks nobody."""
    turns = [{**one, "session_id": f"talk {n % 2}"} for n, one in enumerate(answers(1200))]
    judge = FakeJudge()
    async with service_of(tmp_path, clock, judge, quiet_minutes=30.0) as service:
        _, first, _ = await run(service, rows(*turns))
        clock.advance(minutes=5)
        _, second, _ = await run(service, rows(*turns))
    assert first == second == [("fake", 2, 2)]
    assert len(judge.asked) == 2
