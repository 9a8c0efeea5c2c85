"""Payloads of other tools, field by field against what the application really did; the table is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from evaluator.intake import public
from evaluator.intake.files import File
from judges.text import text_of, tool_uses
from store.records import Sample

PAYLOADS = Path(__file__).parents[3] / "shared/data/payloads"
DOCS = PAYLOADS / "from-docs"
LATER = datetime(2100, 1, 1, tzinfo=UTC)
Json = dict[str, Any]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PAYLOADS.exists(), reason="the real data in ../shared/data/payloads is not here"),
]


class Source(NamedTuple):
    """Files of one format with their requests, and the fields that they do not carry."""

    format: str
    expected: str
    files: tuple[str, ...]
    requests: str | None = None
    lacks: frozenset[str] = frozenset()


SOURCES = (
    Source(
        "anthropic-batch",
        "anthropic_batch",
        ("anthropic_batch_results.jsonl",),
        "anthropic_batch_requests.jsonl",
        lacks=frozenset({"temperature"}),
    ),
    Source(
        "openai-batch",
        "openai_batch",
        ("openai_batch_output.jsonl", "openai_batch_error.jsonl"),
        "openai_batch_input.jsonl",
    ),
    Source(
        "langfuse-export",
        "langfuse",
        ("langfuse_observations_v2.jsonl",),
        lacks=frozenset({"provider", "temperature", "tools", "error type"}),
    ),
    Source(
        "langfuse-export",
        "langfuse",
        ("langfuse_observations_v2.csv",),
        lacks=frozenset({"provider", "temperature", "tools", "error type"}),
    ),
    # Every second run holds only its last message, as LangChain's constructor.
    Source(
        "langsmith-runs",
        "langsmith",
        ("langsmith_runs.jsonl",),
        lacks=frozenset({"temperature", "error type", "system", "messages"}),
    ),
    Source(
        "helicone",
        "helicone",
        ("helicone_webhook_basic.bin", "helicone_webhook_tool_call.bin", "helicone_webhook_error_429.bin"),
        lacks=frozenset({"tags", "temperature"}),
    ),
)


def _texts(messages: list[Json]) -> list[tuple[str, str]]:
    """Role and text of each message: tool calls and results by what they hold."""
    return [(message["role"], _said(message["content"])) for message in messages]


def _said(content: Any) -> str:
    blocks = content if isinstance(content, list) else []
    others = [json.dumps(block.get("input"), sort_keys=True) for block in blocks if block.get("type") == "tool_use"]
    results = [text_of(block.get("content")) for block in blocks if block.get("type") == "tool_result"]
    return "|".join([text_of(content), *others, *results])


def _block(content: Any, kind: str) -> list[Any]:
    return [block.get(kind) for block in content or [] if block.get("type") == kind]


FIELDS: dict[str, tuple[Callable[[Sample], Any], Callable[[Json], Any]]] = {
    "provider": (lambda s: s.provider, lambda e: e["provider"]),
    "model": (lambda s: s.model, lambda e: e["request_model"]),
    "system": (lambda s: s.request.get("system"), lambda e: text_of(e["request"]["system"])),
    "messages": (lambda s: _texts(s.request["messages"]), lambda e: _texts(e["request"]["messages"])),
    "last message": (lambda s: _texts(s.request["messages"])[-1], lambda e: _texts(e["request"]["messages"])[-1]),
    "max_tokens": (lambda s: s.request.get("max_tokens"), lambda e: e["request"]["params"].get("max_tokens")),
    "temperature": (lambda s: s.request.get("temperature"), lambda e: e["request"]["params"].get("temperature")),
    "tools": (lambda s: s.request.get("tools"), lambda e: e["request"]["tools"]),
    "answer": (lambda s: text_of(s.response.get("content")), lambda e: e["response"]["text"] or ""),
    "thinking": (
        lambda s: _block(s.response.get("content"), "thinking"),
        lambda e: _block(e["response"]["content"], "thinking"),
    ),
    "tool calls": (
        lambda s: [(call["name"], call["input"]) for call in tool_uses(s)],
        lambda e: [(b["name"], b["input"]) for b in e["response"]["content"] or [] if b["type"] == "tool_use"],
    ),
    "stop reason": (lambda s: s.stop_reason, lambda e: e["response"]["stop_reason"]),
    "input tokens": (lambda s: s.input_tokens, lambda e: (e["usage"] or {}).get("input_tokens")),
    "output tokens": (lambda s: s.output_tokens, lambda e: (e["usage"] or {}).get("output_tokens")),
    "cache read": (
        lambda s: s.cache_read_tokens or 0,
        lambda e: (e["usage"] or {}).get("cache_read_input_tokens", 0),
    ),
    "error": (lambda s: bool(s.error), lambda e: bool(e["error"])),
    "error type": (lambda s: (s.error or "").split(":")[0], lambda e: (e["error"] or {}).get("type", "")),
    "error message": (lambda s: s.error or "", lambda e: (e["error"] or {}).get("message", "")),
    "session": (lambda s: s.session_id, lambda e: e["session_id"]),
    "user": (lambda s: s.user_id, lambda e: e["user_id"]),
    "feature": (lambda s: s.feature, lambda e: e["metadata"].get("feature", "default")),
    "environment": (lambda s: s.environment, lambda e: e["metadata"].get("environment", "production")),
    "release": (lambda s: s.release, lambda e: e["metadata"].get("release")),
    "prompt version": (lambda s: s.prompt_version, lambda e: e["metadata"].get("prompt_version")),
    "prompt name": (lambda s: s.metadata.get("prompt_name"), lambda e: e["metadata"].get("prompt_name")),
    "tenant": (lambda s: s.metadata.get("tenant"), lambda e: e["metadata"].get("tenant")),
    "tags": (lambda s: s.metadata.get("tags"), lambda e: ",".join(e["tags"]) or None),
}


def same(name: str, sample: Sample, truth: Json) -> bool:
    """Whether a field is what it was; an error may say more than the message."""
    of_sample, of_truth = FIELDS[name]
    read, true = of_sample(sample), of_truth(truth)
    return true in read if name == "error message" else bool(read == true)


def samples(source: Source) -> Iterator[Sample]:
    for name in source.files:
        requests = str(DOCS / source.requests) if source.requests else None
        for row in File(str(DOCS / name), requests=requests).rows():
            if row.left_out is None:
                assert row.item is not None, row.error
                yield public.read(row.item, received_at=LATER, source="file")


def _key(messages: list[tuple[str, str]]) -> str:
    return messages[-1][1]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.files[0])
def test_every_field_of_a_file_is_read(source: Source) -> None:
    """Each call is one sample, and each field that the file carries is what the application did."""
    expected = json.loads((DOCS / "expected.json").read_text())[source.expected]
    found = {_key(_texts(sample.request["messages"])): sample for sample in samples(source)}
    assert len(found) == len(expected)
    wrong = []
    for truth in expected:
        sample = found[_key(_texts(truth["request"]["messages"]))]
        for name in FIELDS:
            told = "ok" if same(name, sample, truth) else "not carried" if name in source.lacks else "WRONG"
            print(f"{source.files[0]:34} {truth['scenario']:12} {name:15} {told}")
            if told == "WRONG":
                wrong.append((truth["scenario"], name))
    assert wrong == []


CARRIED = {
    "system": "system",
    "last_user_text": "last message",
    "response_text": "answer",
    "tool_call_input": "tool calls",
    "thinking": "thinking",
    "tool_definitions": "tools",
    "usage_input": "input tokens",
    "usage_output": "output tokens",
    "max_tokens_param": "max_tokens",
    "session_id": "session",
    "user_id": "user",
    "tags": "tags",
    "error_message": "error message",
    "error_type": "error type",
}


def test_every_field_of_litellm_is_read() -> None:
    """Each event of a real capture is one sample, and each field that it carries is what the application did."""
    capture = PAYLOADS / "litellm-generic-api"
    rows = [row for body in sorted(capture.glob("*.bin")) for row in File(str(body)).rows()]
    found = [public.read(row.item, received_at=LATER) for row in rows]
    expected = json.loads((capture / "expected.json").read_text())
    assert len({sample.sample_id for sample in found}) == expected["expected_unique_samples"]
    by_text = {(_key(_texts(sample.request["messages"])), sample.provider): sample for sample in found}
    wrong = []
    for truth in expected["samples"]:
        sample = by_text.get((_key(_texts(truth["request"]["messages"])), truth["provider"]))
        for flag, name in CARRIED.items():
            if truth["carried"].get(flag) is True:
                right = sample is not None and same(name, sample, truth)
                print(f"litellm {truth['scenario']:12} {name:15} {'ok' if right else 'WRONG'}")
                wrong += [] if right else [(truth["scenario"], name)]
    assert wrong == []
