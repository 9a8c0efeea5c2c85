"""The 273 recorded exchanges with Claude (shared/data/anthropic_cassettes), and what kind each of them is."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "anthropic_cassettes" / "interactions.parquet"
MESSAGES = "messages"


class Kind(NamedTuple):
    """What was called: a provider's interface, streamed or not, and the status it answered with."""

    provider: str
    interface: str
    streamed: bool
    status: int

    @property
    def called(self) -> bool:
        """Whether judges call it: messages in one piece."""
        return self.interface == MESSAGES and not self.streamed

    def __str__(self) -> str:
        streamed = "streamed" if self.streamed else ""
        return f"{self.provider:10}{self.interface:18}{streamed:9}{self.status}"


class Exchange(NamedTuple):
    """One recorded exchange."""

    kind: Kind
    model: str
    body: str
    content_type: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@cache
def exchanges() -> list[Exchange]:
    """Every recorded exchange; skips the test on a machine without them."""
    if not RECORDED.exists():
        pytest.skip("the recorded exchanges (shared/data/anthropic_cassettes) are not on this machine")
    import pyarrow.parquet as pq

    rows = pq.read_table(RECORDED).to_pylist()
    return [Exchange(_kind(r), r["model"], r["response_body"], r["response_content_type"]) for r in rows]


def messages(status: int = 200) -> list[Exchange]:
    """What the Messages API answered in one piece, at Anthropic or behind Bedrock's `invoke`."""
    return [exchange for exchange in exchanges() if exchange.kind.called and exchange.kind.status == status]


def _kind(row: dict[str, Any]) -> Kind:
    """`invoke` passes on what the model's own interface answers: messages, or the text completions of old models."""
    interface = row["url"].split("?")[0].rpartition("/")[2]
    streamed = row["streaming"] or interface == "invoke-with-response-stream"
    if interface.startswith("invoke"):
        interface = "complete" if '"completion"' in row["response_body"][:100] else MESSAGES
    return Kind(row["provider"], interface.replace("_", "-"), streamed, row["status"])
