"""The checks on real answers: how often they fail what is right, and see what is wrong."""

from __future__ import annotations

import ast
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from evaluator.redact.redactor import Redactor
from evaluator.settings import RedactionSettings
from judges import languages
from judges.judge import Judge
from store.records import Sample
from tests.builders import make_sample
from tests.figures import Figures
from tests.judging import make_judge

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
STREAMS = tuple(sorted(DATA.glob("streams/*.jsonl.gz")))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not STREAMS, reason="the real answers (shared/data) are not on this machine"),
]
EXAMPLES_TO_SEE = 3


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a table of the data."""
    found: list[dict[str, Any]] = pq.read_table(DATA / f"{name}.parquet").to_pylist()
    return found


def stream(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of one stream."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


async def counted(judge: Judge, samples: Iterable[Sample]) -> Counter[str]:
    """How many samples passed, failed, or were skipped, by reason; a few failed ones are shown."""
    found: Counter[str] = Counter()
    for sample in samples:
        judgement = await judge.judge(sample)
        said = {True: "passed", False: "failed", None: judgement.reason or "?"}[judgement.passed]
        found[said] += 1
        if said == "failed" and found[said] <= EXAMPLES_TO_SEE:
            print(f"  e.g. {judgement.explanation}")
    return found


def share(found: Counter[str], said: str) -> float:
    """The share of verdicts that say so, among those that passed or failed."""
    return found[said] / (found["passed"] + found["failed"])


def exchanges() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Requests to Claude and its answers, as they were recorded."""
    for row in rows("anthropic_cassettes/interactions"):
        if row["status"] == 200 and not row["streaming"] and '"content"' in (row["response_body"] or ""):
            answer = json.loads(row["response_body"])
            if "content" in answer:
                yield json.loads(row["request_body"]), answer


def whole_answers() -> Iterator[str]:
    """Answers that are whole: they end in what was asked for, or their model said that it was done."""
    for path in STREAMS:
        texts = [line["response"] for line in stream(path)]
        if path.name.startswith("mmlu_pro"):
            texts = [text for text in texts if re.search(r"answer is \([A-J]\)\.?\s*$", text)]
        yield from texts
    for _, answer in exchanges():
        if answer.get("stop_reason") == "end_turn":
            yield "\n".join(block["text"] for block in answer["content"] if block["type"] == "text")
    yield from (row["response"] for row in rows("judge_alignment/pointwise") if row["source"].startswith("SummEdits"))


async def test_whole_answers_are_not_called_cut_off(figures: Figures) -> None:
    """Of real answers that are whole, at most 0.2 % are called cut off."""
    texts = [text for text in whole_answers() if text.strip()]
    found = await counted(make_judge("cut_off_heuristic"), (make_sample(text=text) for text in texts))
    name, note = "cut_off_heuristic, whole answers that pass", f"of {len(texts)}"
    assert figures.at_least("judges", name, share(found, "passed"), 0.998, form="{:.4f}", note=note)


async def test_answers_cut_at_random_are_seen(figures: Figures) -> None:
    """Of answers in prose that are cut at a random place, at least 70 % are called cut off."""
    rng = random.Random(4)
    whole = [row["response"] for row in rows("refusals/xstest") if re.search(r"[.!?]\s*$", row["response"] or "")]
    cut = [text[: rng.randrange(len(text) // 4, len(text) - 5)] for text in whole if len(text) > 200]
    found = await counted(make_judge("cut_off_heuristic"), (make_sample(text=text) for text in cut))
    name, note = "cut_off_heuristic, answers cut at random that are seen", f"of {len(cut)}"
    assert figures.at_least("judges", name, share(found, "failed"), 0.70, form="{:.3f}", note=note)


async def test_right_numbers_are_known(figures: Figures) -> None:
    """Of summaries that people found right, at most 1 % fail; of wrong ones, most wrong in words, at least 8 %."""
    judge = make_judge("known_numbers")
    summaries = [row for row in rows("judge_alignment/pointwise") if row["source"].startswith("SummEdits")]
    found = {}
    for label in (True, False):
        rated = [row for row in summaries if bool(row["label_pass"]) is label]
        found[label] = await counted(judge, (make_sample(ask=row["context"], text=row["response"]) for row in rated))
    right, wrong = (share(found[label], "failed") for label in (True, False))
    form, counts = "{:.4f}", f"{dict(found[True])}, {dict(found[False])}"
    assert figures.at_most("judges", "known_numbers, right summaries that fail", right, 0.01, form=form, note=counts)
    assert figures.at_least("judges", "known_numbers, wrong summaries that fail", wrong, 0.08, form=form)


async def test_leaks_are_rare_and_real(figures: Figures) -> None:
    """After redaction, at most one of a thousand real answers holds a value that its request does not."""
    redactor = Redactor.build(RedactionSettings(), b"key")
    asked = [(line["request"], line["response"]) for path in STREAMS for line in stream(path)]
    asked += [(row["prompt"], row["response"]) for row in rows("refusals/xstest")]
    samples = (redactor.sample(make_sample(ask=question, text=answer)) for question, answer in asked)
    found = await counted(make_judge("no_leaks"), samples)
    name, note = "no_leaks, real answers that fail", f"{found['failed']} of {len(asked)}"
    assert figures.at_most("judges", name, share(found, "failed"), 0.001, form="{:.5f}", note=note)
    assert found["failed"] >= 1


async def test_english_answers_are_taken_for_english(figures: Figures) -> None:
    """Of real English answers to English questions, at most 0.1 % are said to be in another language."""
    judge = make_judge("same_language")
    found: Counter[str] = Counter()
    for path in STREAMS:
        found += await counted(
            judge, (make_sample(ask=line["request"], text=line["response"]) for line in stream(path))
        )
    name, note = "same_language, English answers that fail", f"{dict(found)}"
    assert figures.at_most("judges", name, share(found, "failed"), 0.001, form="{:.5f}", note=note)


def sentences() -> dict[str, list[str]]:
    """Sentences in many languages, which spaCy ships as examples; the languages that py3langid knows."""
    spec = find_spec("spacy")
    assert spec is not None
    assert spec.origin is not None
    found = {}
    for path in sorted(Path(spec.origin).parent.glob("lang/*/examples.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = [node.value for node in tree.body if isinstance(node, ast.Assign)]
        if path.parent.name in languages.known() and told:
            found[path.parent.name] = ast.literal_eval(told[0])
    return found


async def test_languages_are_told_apart(figures: Figures) -> None:
    """Over 60 languages: two or three sentences in the question's language pass, in another one they fail."""
    rng, told, judge = random.Random(7), sentences(), make_judge("same_language")
    same, other = [], []
    for language, known in told.items():
        for _ in range(20):
            stranger = rng.choice([name for name in told if languages.fold(name) != languages.fold(language)])
            asked = " ".join(rng.sample(known, min(2, len(known))))
            same.append(make_sample(ask=asked, text=" ".join(rng.sample(known, min(3, len(known))))))
            other.append(make_sample(ask=asked, text=" ".join(rng.sample(told[stranger], min(3, len(told[stranger]))))))
    right, wrong = await counted(judge, same), await counted(judge, other)
    name, note = f"same_language, {len(told)} languages: wrong", f"the same {dict(right)}, another {dict(wrong)}"
    assert figures.at_most("judges", name, right["failed"] + wrong["passed"], 0, note=note)
    assert right["passed"] + wrong["failed"] >= 2 / 3 * (len(same) + len(other))


async def test_claudes_tool_calls_fit_their_tools(figures: Figures) -> None:
    """Of recorded calls of Claude, none fails but the one that names an argument which its tool does not have."""
    samples = [make_sample(request=asked, response={"content": answer["content"]}) for asked, answer in exchanges()]
    judge = make_judge("tool_calls")
    found = await counted(judge, samples)
    name, fail = "tool_calls, recorded calls of Claude", found["failed"]
    assert figures.record("judges", name, f"{fail} fails", target="one fails", ok=fail == 1, note=f"{dict(found)}")
    assert found["passed"] >= 50
