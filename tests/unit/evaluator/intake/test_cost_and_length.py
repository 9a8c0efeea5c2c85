"""What a sample measures: its length and its cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluator.intake.measure import measured
from store.records import TextState
from tests.builders import make_sample


def test_a_call_without_tokens_has_no_cost() -> None:
    """Nobody knows what it cost: that is no vote of 0 USD."""
    assert measured(make_sample("a")).cost_usd is None


def test_a_call_with_tokens_has_its_list_price() -> None:
    """A thousand tokens in, a hundred out."""
    found = measured(make_sample("a", input_tokens=1000, output_tokens=100)).cost_usd
    assert found == pytest.approx(0.003)


def test_a_sample_without_text_has_no_length() -> None:
    """A text that was never sent is not an empty one."""
    assert measured(make_sample("a", text="four")).length == 4
    bare = replace(make_sample("b"), text=TextState.MISSING, response={})
    assert measured(bare).length is None
