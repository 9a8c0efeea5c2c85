"""Any split, order and repetition of a trace's parts gives the same calls."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from evaluator.intake.assemble import assemble
from tests.traces import deliveries, traces


@given(st.data())
def test_any_order_gives_the_same_calls(data: st.DataObject) -> None:
    """The calls of a trace do not depend on how its parts arrived."""
    parts, n = data.draw(traces())
    delivered = data.draw(deliveries(parts))
    calls = assemble(parts).calls
    assert len(calls) == n
    assert assemble(chain(*delivered)).calls == calls
