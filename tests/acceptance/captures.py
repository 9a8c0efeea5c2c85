"""The captured clients, replayed: raw requests → records → what a sample is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from evaluator.intake import decode, langfuse_ingestion, public
from evaluator.intake.assemble import assemble
from evaluator.intake.conventions import registry
from evaluator.intake.formats import litellm
from evaluator.intake.formats.registry import FORMATS
from evaluator.intake.formats.requests import Requests
from evaluator.intake.formats.told import LeftOut
from evaluator.intake.otlp import wire
from evaluator.intake.parts import Facts, Part
from store.records import Sample

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "payloads"
NAMING = ("leadline.feature", "app.feature", "feature")
LIMITS = decode.Limits()
NOW = datetime(2026, 11, 21, tzinfo=UTC)
Seen = Facts | Sample
Truth = Mapping[str, Any]
HOOKS: dict[str, Callable[..., dict[str, Any]]] = {"litellm-generic-api": litellm.item}
DOCUMENTED = {
    "anthropic_batch": ("anthropic-batch", "anthropic_batch_results.jsonl", "anthropic_batch_requests.jsonl"),
    "openai_batch": ("openai-batch", "openai_batch_output.jsonl openai_batch_error.jsonl", "openai_batch_input.jsonl"),
    "langfuse": ("langfuse-export", "langfuse_observations_v2.jsonl", None),
    "langsmith": ("langsmith-runs", "langsmith_runs.jsonl", None),
    "helicone": (
        "helicone",
        "helicone_webhook_basic.bin helicone_webhook_tool_call.bin helicone_webhook_error_429.bin",
        None,
    ),
}
"""Of from-docs: the format, its files, and the file of requests that belongs to them."""


def names() -> list[str]:
    """Every capture, those from documentation by format."""
    found = sorted(path.parent.name for path in FOLDER.glob("*/001.headers.json"))
    return [*found, *(f"from-docs/{name}" for name in DOCUMENTED)] if found else []


@cache
def truth(name: str) -> tuple[Truth, ...]:
    """What the application did, call by call."""
    folder, _, part = name.partition("/")
    told = json.loads((FOLDER / folder / "expected.json").read_text())
    return tuple(told[part] if part else told["samples"])


@cache
def replayed(name: str) -> tuple[Seen, ...]:
    """What Leadline makes of the capture, in the order of time."""
    part = name.partition("/")[2]
    if part:
        return tuple(_documented(*DOCUMENTED[part]))
    if name in HOOKS:
        return tuple(
            _read(HOOKS[name](item.value, NAMING)) for body, _, kind in _requests(name) for item in _items(body, kind)
        )
    calls = assemble(_parts(name)).calls
    return tuple(call.facts for call in sorted(calls, key=lambda call: (call.started_at or NOW, call.key)))


def _parts(name: str) -> Iterator[Part]:
    for body, path, kind in _requests(name):
        if path.endswith("/traces"):
            parts = (registry.read_span(span, NAMING) for span in wire.spans(body, kind)[0])
        elif path.endswith("/logs"):
            parts = (registry.read_log(log, NAMING) for log in wire.logs(body, kind)[0])
        else:
            parts = iter(langfuse_ingestion.read(body, LIMITS, NAMING).parts if path.endswith("/ingestion") else ())
        yield from (part for part in parts if part is not None)


def _requests(name: str) -> Iterator[tuple[bytes, str, str]]:
    """Body without compression, path and content type of each request, in order."""
    for file in sorted((FOLDER / name).glob("*.headers.json")):
        told = json.loads(file.read_text())
        headers = {key.lower(): value for key, value in told["headers"]}
        body = file.with_name(file.name.replace(".headers.json", ".bin")).read_bytes()
        plain = decode.decompressed(body, headers.get("content-encoding", ""), LIMITS)
        yield plain, told["path"], headers.get("content-type", "")


def _items(body: bytes, content_type: str = "") -> list[decode.Item]:
    return decode.items(body, content_type=content_type, limits=LIMITS)


def _documented(form: str, files: str, requests: str | None) -> Iterator[Sample]:
    lookup = Requests.open(str(FOLDER / "from-docs" / requests)).of if requests else None
    for file in files.split():
        for row in _items((FOLDER / "from-docs" / file).read_bytes(), "application/x-ndjson"):
            with suppress(LeftOut):
                item = FORMATS[form].item
                yield _read(item(row.value, lookup) if lookup else item(row.value))


_read = partial(public.read, received_at=NOW)
