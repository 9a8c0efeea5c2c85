"""Any split, order and repetition of a trace's parts gives the same calls."""

from __future__ import annotations

import asyncio
from itertools import chain

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.intake.assemble import assemble
from store.store import Store
from tests.conftest import Clock
from tests.traces import deliveries, traces
from tests.unit.evaluator.intake.settling import Bench


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_order_gives_the_same_calls(data: st.DataObject) -> None:
    """The calls of a trace do not depend on how its parts arrived."""
    parts, n = data.draw(traces())
    delivered = data.draw(deliveries(parts))
    calls = assemble(parts).calls
    assert len(calls) == n
    assert assemble(chain(*delivered)).calls == calls


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
