"""Which format a file is in: found out by its first rows, or named and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.errors import InputError
from evaluator.intake import public
from evaluator.intake.columns import Columns
from evaluator.intake.files import File
from evaluator.intake.formats import NAMES
from evaluator.intake.formats.registry import FORMATS
from tests.builders import NOON

CHAT = {"messages": [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Hi"}]}
SPAN = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "name": "chat m-1",
    "startTimeUnixNano": "1795172400000000000",
    "endTimeUnixNano": "1795172401000000000",
    "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "m-1"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "3"}},
    ],
}
ROWS: dict[str, dict[str, Any]] = {
    "anthropic-batch": {"custom_id": "a", "result": {"type": "errored"}},
    "openai-batch": {"id": "b", "custom_id": "a", "response": None, "error": {"message": "x"}},
    "langfuse-export": {"id": "o", "type": "GENERATION", "traceId": "t", "input": "Hi?", "output": "Hi"},
    "langsmith-runs": {"id": "r", "run_type": "llm", "inputs": {"messages": []}, "outputs": {"content": "Hi"}},
    "litellm": {"id": "l", "call_type": "completion", "startTime": 1795172400, "messages": "Hi?", "response": "Hi"},
    "helicone": {"request_id": "h", "request_body": {}, "response_body": "Hi"},
    "otlp-json": {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]},
    "chat-jsonl": CHAT,
}


def file_of(path: Path, *rows: object, **given: Any) -> File:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return File(str(path), **given)


def test_every_name_has_a_format() -> None:
    """What --format offers is what can be read."""
    assert tuple(FORMATS) == NAMES == tuple(ROWS)


@pytest.mark.parametrize("name", NAMES)
def test_a_format_is_found_out(tmp_path: Path, name: str) -> None:
    """Its rows alone tell which one it is, and each becomes a sample."""
    file = file_of(tmp_path / "a.jsonl", ROWS[name])
    (row,) = file.rows()
    assert file.read_as == name
    assert public.read(row.item, received_at=NOON).sample_id


def test_the_public_shape_is_no_format(tmp_path: Path) -> None:
    """Rows of the public shape are not mistaken for anything else, and are not touched."""
    file = file_of(
        tmp_path / "a.jsonl", {"id": "a", "request": CHAT, "response": "Hi", "metadata": {"run_type": "llm"}}
    )
    (row,) = file.rows()
    assert (file.read_as, file.note, row.item and row.item["request"]) == (None, None, CHAT)


def test_broken_first_rows_do_not_hide_the_format(tmp_path: Path) -> None:
    """The first few rows are looked at, not only the very first."""
    file = file_of(tmp_path / "a.jsonl", 5, {"id": "x"}, CHAT)
    assert [row.error is None for row in file.rows()] == [False, False, True]
    assert file.read_as == "chat-jsonl"


def test_the_wrong_format_is_named(tmp_path: Path) -> None:
    """--format that does not fit says what the rows look like."""
    with pytest.raises(InputError, match=r"--format litellm: .* look like langsmith-runs"):
        list(file_of(tmp_path / "a.jsonl", ROWS["langsmith-runs"], format="litellm").rows())
    with pytest.raises(InputError, match=r"--format litellm: .* have the fields id, response"):
        list(file_of(tmp_path / "a.jsonl", {"id": "a", "response": "x"}, format="litellm").rows())


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"custom_id": "a", "params": {}}, "this is the request file of a batch"),
        ({"custom_id": "a", "method": "POST", "url": "/v1", "body": {}}, "this is the input file of a batch"),
    ],
)
def test_a_file_in_place_of_the_right_one_is_explained(tmp_path: Path, row: dict[str, Any], told: str) -> None:
    """The request file given as the results is one clear sentence, not a thousand rejected rows."""
    with pytest.raises(InputError, match=told):
        list(file_of(tmp_path / "a.jsonl", row).rows())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"requests": "r.jsonl"}, "--requests is for batches; this is chat-jsonl"),
        ({"format": "chat-jsonl", "columns": Columns(names={"response": "x"})}, "--map is for rows of your own"),
        ({"requests": "nowhere.jsonl", "format": "anthropic-batch"}, "look like chat-jsonl"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path: Path, given: dict[str, Any], told: str) -> None:
    """An option that would be ignored is an error."""
    with pytest.raises(InputError, match=told):
        list(file_of(tmp_path / "a.jsonl", CHAT, **given).rows())


def test_fixed_fields_hold_for_formats_too(tmp_path: Path) -> None:
    """--set gives every row of a foreign file its feature."""
    (row,) = file_of(tmp_path / "a.jsonl", CHAT, columns=Columns(fixed={"feature": "chat"})).rows()
    assert row.item is not None
    assert row.item["feature"] == "chat"


def test_the_keys_that_name_the_feature_are_the_service_s(tmp_path: Path) -> None:
    """What a setting makes the feature's name at the door makes it in files too."""
    row = {**ROWS["langfuse-export"], "metadata": {"component": "search"}}
    (read,) = file_of(tmp_path / "a.jsonl", row, naming=("component",)).rows()
    assert read.item is not None
    assert read.item["feature"] == "search"


def test_a_line_may_be_an_array(tmp_path: Path) -> None:
    """A webhook's body as it was sent is as many rows as it has events."""
    rows = list(file_of(tmp_path / "a.jsonl", [ROWS["litellm"], ROWS["litellm"]]).rows())
    assert [row.where for row in rows] == [f"{tmp_path}/a.jsonl:1[0]", f"{tmp_path}/a.jsonl:1[1]"]


def test_a_pretty_document_is_explained(tmp_path: Path) -> None:
    """JSON over several lines is one error that says how to change it."""
    (tmp_path / "a.json").write_text(json.dumps([CHAT], indent=1))
    with pytest.raises(InputError, match="one JSON document over several lines"):
        list(File(str(tmp_path / "a.json")).rows())


FIELDS = (
    *("id", "type", "level", "tags", "input", "output", "metadata", "usage", "usage_details", "start_time", "latency"),
    *("messages", "response", "error_information", "model_parameters", "request_tags", "call_type", "status", "inputs"),
    *("outputs", "extra", "error", "custom_id", "result", "request_body", "response_body", "properties", "feature"),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_hostile_rows_give_a_sample_or_words(name: str, data: st.DataObject) -> None:
    """Whatever the fields of a row hold, the answer is a sample or an InputError."""
    row = {**ROWS[name], **data.draw(st.dictionaries(st.sampled_from(FIELDS), values, max_size=5))}
    try:
        made = public.read(FORMATS[name].item(row), received_at=NOON)
    except InputError:
        return
    assert made.sample_id
