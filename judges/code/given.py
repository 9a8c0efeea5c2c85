"""What a user's function gets: the sample as `POST /v1/samples` takes it, and its two texts."""

from __future__ import annotations

from typing import Any

from judges.text import last_request_text, response_text
from store.records import Sample

SAME = (
    "feature",
    "environment",
    "session_id",
    "user_id",
    "model",
    "provider",
    "prompt_version",
    "release",
    "latency_ms",
    "error",
    "reference",
    "incomplete",
    "trace_id",
    "span_id",
    "response_id",
)
"""Fields that are called the same in the public shape and in the store."""


def given(sample: Sample) -> dict[str, Any]:
    """The sample as a plain object; docs/code-judges.md promises its keys."""
    return {
        "id": sample.sample_id,
        "timestamp": sample.ts.isoformat(),
        **{name: getattr(sample, name) for name in SAME},
        "request": dict(sample.request),
        "response": {**sample.response, **({"stop_reason": sample.stop_reason} if sample.stop_reason else {})},
        "usage": {
            "input_tokens": sample.input_tokens,
            "output_tokens": sample.output_tokens,
            "cache_read_input_tokens": sample.cache_read_tokens,
            "cache_creation_input_tokens": sample.cache_write_tokens,
        },
        "metadata": dict(sample.metadata),
        "question": last_request_text(sample),
        "text": response_text(sample),
    }
