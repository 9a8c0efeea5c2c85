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


@ANY
@given(st.data())
def test_any_order_gives_the_same_calls(data: st.DataObject) -> None:
    """The calls of a trace do not depend on how its parts arrived."""
    parts, n = data.draw(traces())
    delivered = data.draw(deliveries(parts))
    assert assemble(chain(*delivered)).calls == assemble(parts).calls
    assert len(assemble(parts).calls) == n
