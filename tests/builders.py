"""Small builders of records for tests: every field has a plain default, name only what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store.records import Sample, Status, Verdict
from store.store import Store

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def empty_database(path: Path) -> None:
    """A database file in which nothing happened yet."""
    with Store.open(path, clock=lambda: NOON):
        pass


def make_sample(sample_id: str = "s1", /, **fields: Any) -> Sample:
    """A support-chat sample of noon; `text` is what the model answered, `ask` what the user asked."""
    ask, text = fields.pop("ask", "Where is my order?"), fields.pop("text", "It is on its way.")
    plain: dict[str, Any] = {
        "ts": NOON,
        "received_at": fields.get("ts", NOON),
        "feature": "support-chat",
        "model": "claude-sonnet-5-5",
        "stop_reason": "end_turn",
        "request": {"messages": [{"role": "user", "content": ask}]},
        "response": {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"},
    }
    return Sample(**{**plain, "sample_id": sample_id, **fields})


def make_verdict(sample_id: str = "s1", /, *, passed: bool | None = True, **fields: Any) -> Verdict:
    """An ok verdict of the check `tone` on a support-chat sample of noon; passed=None makes it a judge error."""
    status = fields.pop("status", Status.OK if passed is not None else Status.ERROR)
    plain: dict[str, Any] = {
        "ts": NOON,
        "judged_at": fields.get("ts", NOON),
        "feature": "support-chat",
        "judge": "tone",
        "judge_version": "v1",
        "kind": "check",
        "passed": passed if status is Status.OK else None,
        "score": float(passed) if passed is not None and status is Status.OK else None,
        "label": {True: "PASS", False: "FAIL", None: None}[passed],
        "reason": None if status is Status.OK else "timeout",
    }
    return Verdict(**{**plain, "sample_id": sample_id, "status": status, **fields})
