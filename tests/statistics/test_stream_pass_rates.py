"""Real answers on an invented clock: the judges' pass rates against the true ones (target: all digits)."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from judges.judge import Judge
from tests.builders import make_sample
from tests.figures import Figures
from tests.judging import make_judge

STREAMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "streams"
TRUTH: dict[str, Any] = json.loads((STREAMS / "truth.json").read_text()) if STREAMS.exists() else {}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TRUTH, reason="the streams (shared/data/streams) are not on this machine"),
]


def judge_of(check: Mapping[str, Any]) -> Judge:
    """The check of a stream. Its README compares answers case-insensitively throughout, which is our default."""
    return make_judge(check["kind"], **{key: check[key] for key in ("pattern", "extract") if key in check})


def samples(name: str) -> list[dict[str, Any]]:
    """The lines of one stream, in the public shape."""
    with gzip.open(STREAMS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


async def votes(name: str, truth: Mapping[str, Any]) -> dict[tuple[str, str], list[bool]]:
    """What the judge says, by (before | after, subject); the subject * is all of them."""
    judge = judge_of(truth["check"])
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for line in samples(name):
        judgement = await judge.judge(make_sample(text=line["response"], reference=line["reference"]))
        assert judgement.passed is not None, judgement
        side = "before" if line["timestamp"] < truth["change_at"] else "after"
        for subject in ("*", line.get("metadata", {}).get("subject", "all")):
            found[side, subject].append(judgement.passed)
    return found


@pytest.mark.parametrize("name", sorted(TRUTH))
async def test_pass_rates_are_the_true_ones(name: str, figures: Figures) -> None:
    """Before and after the change, over all and by subject, n and pass rate equal the truth to its last digit."""
    truth = TRUTH[name]
    found = await votes(name, truth)
    rates = [round(sum(votes) / len(votes), 4) for votes in (found["before", "*"], found["after", "*"])]
    true = [truth["pass_rate_before"], truth["pass_rate_after"]]
    words = [f"{before:.4f}, {after:.4f}" for before, after in (rates, true)]
    name = f"pass rates before and after, {name}"
    assert figures.record("judges", name, words[0], target=words[1], ok=rates == true)
    for subject, sides in truth["by_subject"].items():
        for side, (n, rate) in sides.items():
            passed = found[side, subject]
            assert (len(passed), round(sum(passed) / len(passed), 3)) == (n, rate), (subject, side)
