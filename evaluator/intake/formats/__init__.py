"""Payloads of other tools that are whole calls already, as items of the public shape: one file per shape.

Each has `item(payload)`: the item, LeftOut for a record that is no call of a model, InputError for what cannot be read.
"""

from __future__ import annotations

NAMES = (
    "anthropic-batch",
    "openai-batch",
    "langfuse-export",
    "langsmith-runs",
    "litellm",
    "helicone",
    "otlp-json",
    "chat-jsonl",
)
"""The formats that `leadline score` finds out by itself or takes by --format, beside the public shape."""
CONTAINERS = ("jsonl", "csv", "parquet")
"""How rows lie in a file: the other values of --format."""
