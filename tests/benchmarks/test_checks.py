"""Checks on a megabyte of what patterns find hard, with the CPU it takes them."""

from __future__ import annotations

import time

import pytest

from tests.benchmarks.pace import holds
from tests.builders import make_sample
from tests.unit.judges.test_hostile_samples import MADE

pytestmark = pytest.mark.slow

LONG = {
    "a": "a" * 1_000_000,
    "blanks": " " * 1_000_000,
    "digits": "1" * 1_000_000,
    "groups": "1 234 " * 200_000,
    "commas": "1,2." * 250_000,
    "numbers": "12345 " * 160_000,
    "placeholders": "<EMAIL_1>" * 100_000,
    "open placeholders": "<A_" * 300_000,
    "links": "https://a.b/c " * 70_000,
    "one link": "https://" + "a." * 500_000,
    "brackets": "[" * 1_000_000,
    "citations": "[1-999]" * 140_000,
    "daggers": "【3†" * 300_000,
    "fences": "```\n" * 250_000,
    "ticks": "`" * 1_000_000,
    "json": '{"a":' * 200_000,
    "quotes": '"\\' * 500_000,
    "stops": "ab. " * 250_000,
    "chinese": "日本" * 300_000,
    "marks": "\u0301" * 500_000,
    "ligatures": "\ufdfa" * 50_000,
    "tags": "<a " * 300_000,
    "words": "seven " * 160_000,
}
"""About a megabyte of what patterns find hard, each."""


@pytest.mark.parametrize("name", sorted(LONG))
@pytest.mark.parametrize("kind", sorted(MADE))
async def test_a_megabyte_is_judged_at_once(kind: str, name: str) -> None:
    """A megabyte made to be slow, as request and as response, takes seconds at most, as slow as the machine is."""
    sample = make_sample(ask=LONG[name], text=LONG[name])
    started = time.process_time()
    await MADE[kind].judge(sample)
    taken = time.process_time() - started
    print(f"{kind} / a megabyte of {name}: {taken:.2f} s of CPU (target <= 5)")
    assert holds(taken, 5)
