"""The evidence pack as JSON."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

from evaluator.alerts.evidence import pack, with_recovery
from evaluator.api.shapes import Interval
from evaluator.drift.drop import Drop
from store.records import Share
from tests.alerting import OF_THE_EVENT, promised
from tests.builders import make_sample, make_verdict


def names(value, path=""):
    """Every key of nested JSON as a dotted path; a list counts as its first item."""
    if isinstance(value, list):
        return names(value[0], path) if value else set()
    if not isinstance(value, dict):
        return {path}
    return {name for key, inner in value.items() for name in names(inner, f"{path}.{key}".lstrip("."))}


def test_value_baseline_and_drop(facts):
    """The numbers come with their n and interval, the baseline with its window, the drop as it was at the alarm."""
    told = pack(facts)
    assert told["value"] == {"n": 612, "rate": 0.82, "lo": 0.7875, "hi": 0.8485}
    assert told["baseline"]["n"] == 1000
    assert told["baseline"]["start_at"] == "2026-11-12T12:00:00Z"
    assert told["drop"] == {"at_alarm": {"size": 0.13, "lo": 0.098, "hi": 0.162}}


def test_evidence_in_words_and_numbers(facts):
    """The evidence is a ratio beside its threshold and budget, as numbers and as words."""
    told = pack(facts)["evidence"]
    assert told["in_words"] == "evidence 31,000:1 against ‘nothing changed’, threshold 25,920"
    assert (round(told["ratio"]), told["threshold"], told["false_alarms_per_30_days"]) == (31_000, 25_920, 1.0)


def test_onset(facts):
    """The onset is told with its interval, in UTC."""
    assert pack(facts)["onset"] == {
        "at": "2026-11-19T14:00:00Z",
        "lo_at": "2026-11-19T11:00:00Z",
        "hi_at": "2026-11-19T16:00:00Z",
    }


def test_links_escape_ids(facts):
    """The link leads to the monitor's page; an id with reserved characters stays one parameter."""
    example = (make_sample("a&b=1/?"), make_verdict("a&b=1/?", passed=False))
    told = pack(replace(facts, examples=[example]))
    assert told["link"] == "http://127.0.0.1:8321/regression?monitor=m%2F1"
    assert told["examples"][0]["link"] == told["link"] + "&sample=a%26b%3D1%2F%3F"


def test_three_examples(facts):
    """However many samples failed, three are told, the first ones given."""
    failing = [(make_sample(f"s{n}"), make_verdict(f"s{n}", passed=False)) for n in range(9)]
    told = pack(replace(facts, examples=failing))["examples"]
    assert [example["sample_id"] for example in told] == ["s0", "s1", "s2"]


def test_example_texts_are_bounded(facts):
    """Request, response and explanation are cut to 300 characters and hold no control characters."""
    sample = make_sample("s1", ask="a\x00\x1b[31m" * 1000, text="b\n" * 5000)
    told = pack(replace(facts, examples=[(sample, make_verdict("s1", passed=False, explanation="c" * 5000))]))
    texts = [told["examples"][0][key] for key in ("request", "response", "explanation")]
    assert [len(text) for text in texts] == [300, 300, 300]
    assert not re.search(r"[\x00-\x1f]", "".join(texts))


def test_tool_call_is_the_answer(facts):
    """A response without text is told by its tool calls, one with neither by its error."""
    call = {"type": "tool_use", "name": "refund", "input": {"order": 7}}
    called = make_sample("s1", response={"content": [call]})
    failed = make_sample("s2", response={}, error="overloaded")
    told = pack(replace(facts, examples=[(one, make_verdict(one.sample_id, passed=False)) for one in (called, failed)]))
    assert [example["response"] for example in told["examples"]] == ['refund {"order": 7}', "error: overloaded"]


def test_always_json(facts):
    """Evidence beyond every float and missing numbers still make valid JSON without infinity."""
    extreme = replace(facts.check, log_evidence=5000.0, drop=None, onset_at=None)
    told = json.loads(json.dumps(pack(replace(facts, check=extreme)), allow_nan=False))
    assert told["evidence"]["log_ratio"] == 5000.0
    assert told["evidence"]["in_words"].startswith("evidence 10^2171:1 ")
    assert math.isfinite(told["evidence"]["ratio"])


def test_documented_names(facts):
    """docs/alerts.md lists every name of the JSON, and no other."""
    since = Drop(reference=0.95, now=0.84, size=0.11, lo=0.08, hi=0.14, votes=500)
    of_labels = replace(facts, check=replace(facts.check, share=Share(labels=("max_tokens",))))
    told = names(with_recovery(pack(of_labels), Interval(n=1, rate=1.0, lo=0.2, hi=1.0), since))
    of_rules = {f"rule.{name}" for name in ("name", "kind", "in_words", "observed", "limit")}
    sent = told | of_rules | OF_THE_EVENT
    assert promised() == sent
