"""Answers that are made to keep a check busy cost it seconds at most."""

from __future__ import annotations

import time

import pytest

from judges.strict_json import loads
from store.records import Status
from tests.judging import judged

pytestmark = pytest.mark.slow


async def test_a_pattern_that_runs_out_of_time_is_an_error() -> None:
    """A text on which the pattern explodes is an error of the judge within seconds, neither a pass nor a fail."""
    started = time.monotonic()
    judgement = await judged("a" * 5000 + "b", "must_not_match", pattern=r"^(a|a?)+$")
    assert (judgement.status, judgement.reason, judgement.passed) == (Status.ERROR, "timeout", None)
    assert time.monotonic() - started < 10


def test_a_megabyte_of_one_object_is_read_in_time() -> None:
    """The checks of JSON cost little: 20,000 members with escapes are read within seconds."""
    started = time.monotonic()
    assert len(loads("{" + ",".join(f'"k{n}": ["\\u00e4", 1.5]' for n in range(20_000)) + "}")) == 20_000
    assert time.monotonic() - started < 5
