"""Files of OTLP in JSON: the records of a call may stand anywhere in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evaluator.intake import public
from evaluator.intake.files import File, Row
from store.records import Sample, TextState
from tests.builders import NOON

TRACE, OUTER, INNER = "5b8efff798038103d269b633813fc60c", "aaaaaaaaaaaaaaa1", "aaaaaaaaaaaaaaa2"
SAID = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "Yes."}], "finish_reason": "length"}])
ASKED = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "A guitar?"}]}])


def request(span_id: str, parent_id: str = "", **attributes: Any) -> dict[str, Any]:
    """An export request of one span."""
    named = [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in attributes.items()]
    span = {
        "traceId": TRACE,
        "spanId": span_id,
        "parentSpanId": parent_id,
        "name": "x",
        "startTimeUnixNano": "1795172400000000000",
        "endTimeUnixNano": "1795172401000000000",
        "attributes": named,
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


CALL = {"gen_ai__operation__name": "chat", "gen_ai__request__model": "m-1"}
TEXTS = {"gen_ai__input__messages": ASKED, "gen_ai__output__messages": SAID}


def rows(path: Path, *lines: object) -> list[Row]:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return list(File(str(path)).rows())


def sample(row: Row) -> Sample:
    return public.read(row.item, received_at=NOON, source="file")


def test_what_stands_above_a_call_is_inherited_from_any_line(tmp_path: Path) -> None:
    """A session on a span that comes two lines later is the call's; the span above is no call."""
    lines = [request(INNER, OUTER, **CALL, **TEXTS), request(OUTER, session__id="s1", feature="chat")]
    (row,) = rows(tmp_path / "a.jsonl", *lines)
    made = sample(row)
    assert (made.session_id, made.feature, made.sample_id) == ("s1", "chat", f"{TRACE}:{INNER}")
    assert (made.stop_reason, made.stop_reason_raw, made.latency_ms) == ("max_tokens", "length", 1000.0)
    assert made.response["content"] == [{"type": "text", "text": "Yes."}]


def test_a_call_without_text_is_counted(tmp_path: Path) -> None:
    """Telemetry with its content switched off gives samples that no judge sees."""
    (row,) = rows(tmp_path / "a.jsonl", request(INNER, **CALL))
    assert (sample(row).text, sample(row).incomplete) == (TextState.MISSING, "not_sent")


def test_a_broken_line_costs_only_itself(tmp_path: Path) -> None:
    """What cannot be read is rejected with its place, before or after the calls."""
    good = request(INNER, **CALL, **TEXTS)
    found = rows(tmp_path / "a.jsonl", 5, good, "x", {"resourceSpans": 7})
    assert [row.error is None for row in found].count(True) == 1
    assert {row.where.rsplit(":", 1)[1] for row in found if row.error} >= {"1", "3"}
