"""Exports of Langfuse and LangSmith, and plain conversations."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.intake import public
from evaluator.intake.files import File
from evaluator.intake.formats import chat_jsonl, langfuse_export, langsmith_runs
from evaluator.intake.formats.told import LeftOut, moment
from store.records import Sample, TextState
from tests.builders import NOON

ASKED = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "A guitar?"}]
OBSERVATION: dict[str, Any] = {
    "id": "o1",
    "trace_id": "t1",
    "type": "GENERATION",
    "environment": "staging",
    "start_time": "2026-11-20 11:00:00.000000",
    "end_time": "2026-11-20 11:00:00.842000",
    "level": "DEFAULT",
    "release": "web-7",
    "user_id": "u1",
    "session_id": "s1",
    "trace_name": "chat",
    "tags": ["a", "b"],
    "provided_model_name": "m-1",
    "model_parameters": {"max_tokens": 512},
    "input": ASKED,
    "output": "Yes.",
    "metadata": {"stop_reason": "max_tokens", "tenant": "acme", "user_id": "u1"},
    "usage_details": {"input": 21, "output": 5, "cache_read_input_tokens": 2048},
    "prompt_name": "support",
    "prompt_version": 17,
}
RUN: dict[str, Any] = {
    "id": "r1",
    "run_type": "llm",
    "trace_id": "t1",
    "session_id": "project",
    "start_time": "2026-11-20T11:00:00",
    "end_time": "2026-11-20T11:00:01",
    "inputs": {"messages": ASKED},
    "outputs": {"role": "assistant", "content": [{"type": "text", "text": "Yes."}], "stop_reason": "max_tokens"},
    "extra": {
        "metadata": {
            "thread_id": "s1",
            "user_id": "u1",
            "ls_provider": "anthropic",
            "feature": "chat",
            "tenant": "acme",
        },
        "invocation_params": {"model": "m-1", "max_tokens": 512},
    },
    "tags": ["a"],
    "prompt_tokens": 71,
    "completion_tokens": 38,
    "error": None,
}


def observation(**changes: Any) -> Sample:
    return public.read(langfuse_export.item({**OBSERVATION, **changes}), received_at=NOON)


def run(**changes: Any) -> Sample:
    return public.read(langsmith_runs.item({**RUN, **changes}), received_at=NOON)


def test_a_generation_of_langfuse_is_a_sample() -> None:
    """Names, versions, tokens without the cache, the stop reason from metadata; the user's id stays nowhere else."""
    made = observation()
    assert (made.feature, made.environment, made.release, made.prompt_version) == ("chat", "staging", "web-7", "17")
    assert (made.trace_id, made.span_id, made.session_id, made.user_id) == ("t1", "o1", "s1", "u1")
    assert (made.input_tokens, made.cache_read_tokens, made.stop_reason) == (21, 2048, "max_tokens")
    assert made.metadata == {"tags": "a,b", "tenant": "acme", "prompt_name": "support"}
    assert made.request["system"] == "Be kind."


def test_names_of_the_api_are_the_same_as_those_of_the_export() -> None:
    """An observation that was fetched is the one that was exported."""
    api = {"trace_id": "traceId", "start_time": "startTime", "end_time": "endTime", "user_id": "userId"}
    api |= {"session_id": "sessionId", "trace_name": "traceName", "provided_model_name": "model"}
    api |= {"model_parameters": "modelParameters", "usage_details": "usageDetails"}
    api |= {"prompt_name": "promptName", "prompt_version": "promptVersion"}
    fetched = {api.get(key, key): value for key, value in OBSERVATION.items()}
    assert public.read(langfuse_export.item(fetched), received_at=NOON) == observation()


def test_cells_of_a_csv_export_are_the_values_of_its_lines(tmp_path: Path) -> None:
    """JSON in cells is read, an answer that is JSON stays the text it was, an empty cell is nothing."""
    plain = {**OBSERVATION, "status_message": None}
    rows = [plain, {**plain, "id": "o2", "output": '{"a": 1}'}]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(list(rows[0]))
    for row in rows:
        cells = (row[key] for key in rows[0])
        writer.writerow([json.dumps(cell) if isinstance(cell, dict | list) else cell for cell in cells])
    (tmp_path / "a.csv").write_text(out.getvalue())
    read = [public.read(row.item, received_at=NOON) for row in File(str(tmp_path / "a.csv")).rows()]
    assert read == [observation(), observation(id="o2", output='{"a": 1}')]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"level": "ERROR", "status_message": "Slow", "output": None}, ("Slow", TextState.KEPT, None)),
        ({"output": None}, (None, TextState.KEPT, "no_response")),
        ({"output": None, "input": None}, (None, TextState.MISSING, "not_sent")),
        ({"input": json.dumps(ASKED)[:-5]}, (None, TextState.KEPT, "cut_json")),
    ],
)
def test_what_an_observation_lacks_is_told(changes: dict[str, Any], found: tuple[Any, ...]) -> None:
    """An error, a missing answer, no text at all and JSON that was cut are four things."""
    made = observation(**changes)
    assert (made.error, made.text, made.incomplete) == found


@pytest.mark.parametrize("kind", ["SPAN", "EVENT", "TOOL"])
def test_other_observations_are_left_out(kind: str) -> None:
    """Only generations are calls of a model."""
    with pytest.raises(LeftOut, match=f"{kind.lower()} observations"):
        observation(type=kind)


def test_a_run_of_langsmith_is_a_sample() -> None:
    """The conversation is the one in metadata, not the project; LangSmith's own keys are no metadata."""
    made = run()
    assert (made.session_id, made.user_id, made.feature, made.provider) == ("s1", "u1", "chat", "anthropic")
    assert (made.input_tokens, made.output_tokens, made.latency_ms) == (71, 38, 1000.0)
    assert made.metadata == {"tags": "a", "tenant": "acme"}
    assert made.request["max_tokens"] == 512


def test_messages_as_langchain_writes_them_are_read() -> None:
    """Constructors of messages and generations are the same conversation, tool calls and cache counts included."""

    def constructed(kind: str, **kwargs: Any) -> dict[str, Any]:
        return {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", kind], "kwargs": kwargs}

    asked = [constructed("SystemMessage", content="Be kind."), constructed("HumanMessage", content="A guitar?")]
    call = {"name": "get_order", "args": {"id": "A7"}, "id": "c1", "type": "tool_call"}
    usage = {"input_tokens": 2069, "output_tokens": 5, "input_token_details": {"cache_read": 2048}}
    about = {"stop_reason": "tool_use", "model": "m-2"}
    said = constructed("AIMessage", content="Yes.", tool_calls=[call], usage_metadata=usage, response_metadata=about)
    made = run(inputs={"messages": [asked]}, outputs={"generations": [[{"text": "Yes.", "message": said}]]})
    assert made.request == run().request
    assert [block["type"] for block in made.response["content"]] == ["text", "tool_use"]
    assert (made.stop_reason, made.input_tokens, made.cache_read_tokens) == ("tool_use", 21, 2048)


def test_chat_completions_in_outputs_are_read() -> None:
    """wrap_openai keeps the body as it is."""
    choice = {"finish_reason": "length", "message": {"role": "assistant", "content": "Yes."}}
    made = run(outputs={"choices": [choice]})
    assert (made.response["content"], made.stop_reason) == ([{"type": "text", "text": "Yes."}], "max_tokens")


def test_a_run_that_failed_is_an_error() -> None:
    """An error without an answer keeps what was asked."""
    made = run(outputs=None, error="RateLimitError('Slow')")
    assert (made.error, made.text, made.input_tokens) == ("RateLimitError('Slow')", TextState.KEPT, None)


def test_other_runs_are_left_out() -> None:
    """Chains and tools hold the same text again."""
    with pytest.raises(LeftOut, match="chain runs"):
        run(run_type="chain")


def test_a_conversation_is_judged_by_its_last_answer() -> None:
    """The assistant's last message is the response; public fields beside the messages are kept."""
    row = {
        "messages": [*ASKED, {"role": "assistant", "content": "Yes."}],
        "id": "c1",
        "metadata": {"a": 1},
        "weight": 1,
    }
    made = public.read(chat_jsonl.item(row), received_at=NOON)
    assert (made.sample_id, made.request["system"], made.metadata) == ("c1", "Be kind.", {"a": "1"})
    assert made.response["content"] == [{"type": "text", "text": "Yes."}]


def test_a_conversation_may_end_in_a_tool_call() -> None:
    """The last message in OpenAI's dialect is read as such."""
    call = {"id": "c", "function": {"name": "f", "arguments": '{"a": 1}'}}
    row = {"messages": [*ASKED, {"role": "assistant", "content": None, "tool_calls": [call]}]}
    (block,) = public.read(chat_jsonl.item(row), received_at=NOON).response["content"]
    assert (block["type"], block["input"]) == ("tool_use", {"a": 1})


def test_a_conversation_that_ends_with_a_question_is_refused() -> None:
    """Without an answer there is nothing to judge."""
    with pytest.raises(InputError, match="the last one must be the assistant's"):
        chat_jsonl.item({"messages": ASKED})


@pytest.mark.parametrize(
    "value", [None, "soon", True, float("nan"), 1e300, -1e300, "9" * 19, {}, "0001-01-01T00:00+14:00"]
)
def test_what_is_no_time_is_none(value: Any) -> None:
    """A time that cannot be read is left out instead of costing the row."""
    assert moment(value) is None
