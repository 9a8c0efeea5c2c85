"""Any split, order and repetition of real and made-up traces gives the same samples, also when settled in between."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.intake.assemble import assemble
from store.store import Store
from tests.conftest import Clock
from tests.parts import call
from tests.traces import WAYS, deliveries, traces
from tests.unit.evaluator.intake.settling import Bench

pytestmark = pytest.mark.slow
ANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


async def samples_of(data: st.DataObject, requests: list[list[Any]]) -> tuple[int, int]:
    """How many samples are stored, and how many of them twice, when it may be settled after any request."""
    clock = Clock()
    with Store.open(None, clock=clock) as store:
        bench = Bench(store, clock)
        for request in requests:
            await bench.add(*request, after=data.draw(st.sampled_from([0, 1, 9])))
            await bench.settle(after=data.draw(st.sampled_from([0, 5, 12, 61, 400])))
        await bench.settle(after=400)
        return len(bench.stored), len({one.sample_id for one in bench.stored})


@ANY
@given(st.data())
def test_settling_in_between_doubles_nothing(data: st.DataObject) -> None:
    """However long the pauses between requests, each call of a trace is one sample."""
    parts, n = data.draw(traces(WAYS))
    assert asyncio.run(samples_of(data, data.draw(deliveries(parts)))) == (n, n)


@settings(ANY, max_examples=30)
@given(st.data())
def test_any_split_gives_the_same_samples(data: st.DataObject) -> None:
    """Through a store, settled at the end, every call is one sample with its text and session."""
    parts, n = data.draw(traces())

    async def run() -> None:
        clock = Clock()
        with Store.open(None, clock=clock) as store:
            bench = Bench(store, clock)
            for request in data.draw(deliveries(parts)):
                await bench.add(*request, after=1)
            await bench.settle(after=70)
            told = {(one.session_id, one.feature, bool(one.response.get("content"))) for one in bench.stored}
            assert (len(bench.stored), told) == (n, {("s1", "chat", True)})

    asyncio.run(run())


async def test_many_groups_share_few_transactions(store: Store, clock: Clock) -> None:
    """Thousands of parts are settled in bounded pieces, each once."""
    bench = Bench(store, clock)
    await bench.add(*(call(f"{n}", text=False, group_id=f"t:{n}") for n in range(4500)))
    assert await bench.settle() == 4500
    assert bench.count("part") == 0


@ANY
@given(st.data())
def test_any_order_gives_the_same_calls(data: st.DataObject) -> None:
    """The calls of a trace do not depend on how its parts arrived."""
    parts, n = data.draw(traces())
    delivered = data.draw(deliveries(parts))
    assert assemble(chain(*delivered)).calls == assemble(parts).calls
    assert len(assemble(parts).calls) == n
