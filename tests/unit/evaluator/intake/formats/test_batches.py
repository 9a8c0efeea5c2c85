"""Results of batches, joined to the requests they answer."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.intake import public
from evaluator.intake.files import File, Row
from evaluator.intake.formats.requests import Requests
from store.records import Sample
from tests.builders import NOON


def asked(custom_id: str, text: str = "A guitar?") -> dict[str, Any]:
    return {"custom_id": custom_id, "params": {"model": "m-1", "messages": [{"role": "user", "content": text}]}}


def answered(custom_id: str, text: str = "Yes.") -> dict[str, Any]:
    message = {"id": f"msg_{custom_id}", "type": "message", "content": [{"type": "text", "text": text}]}
    return {"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}


def written(path: Path, *rows: object) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def joined(tmp_path: Path, results: list[Any], requests: list[Any]) -> list[Row]:
    named = written(tmp_path / "requests.jsonl", *requests)
    return list(File(written(tmp_path / "results.jsonl", *results), requests=named).rows())


def sample(row: Row) -> Sample:
    return public.read(row.item, received_at=NOON, source="file")


def test_results_find_their_requests_in_any_order(tmp_path: Path) -> None:
    """Each answer stands beside what was asked under the same custom_id."""
    rows = joined(tmp_path, [answered("b"), answered("a")], [asked("a", "One?"), asked("b", "Two?")])
    texts = [sample(row).request["messages"][0]["content"] for row in rows]
    assert texts == ["Two?", "One?"]


def test_an_errored_result_is_a_sample_with_its_error(tmp_path: Path) -> None:
    """A request that the model's API refused counts as a failed call."""
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "Empty"}}
    (row,) = joined(tmp_path, [{"custom_id": "a", "result": {"type": "errored", "error": error}}], [asked("a")])
    assert sample(row).error == "invalid_request_error: Empty"


@pytest.mark.parametrize("kind", ["canceled", "expired"])
def test_a_result_that_never_ran_is_left_out(tmp_path: Path, kind: str) -> None:
    """No call was made, so there is neither a sample nor an error; the row says why."""
    (row,) = joined(tmp_path, [{"custom_id": "x", "result": {"type": kind}}], [asked("a")])
    assert (row.item, row.error, row.left_out) == (None, None, kind)


def test_openai_rows_are_joined_too(tmp_path: Path) -> None:
    """Output and error rows have one form; what the input asked stands beside it."""
    body = {"model": "m-1", "messages": [{"role": "user", "content": "A guitar?"}]}
    request = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    choice = {"finish_reason": "length", "message": {"role": "assistant", "content": "Yes."}}
    response = {"status_code": 200, "body": {"id": "chatcmpl-1", "created": 1795172400, "choices": [choice]}}
    failed = {"status_code": 500, "body": {}}
    rows = [
        {"id": f"batch_{n}", "custom_id": "a", "response": one, "error": None}
        for n, one in enumerate([response, failed])
    ]
    good, bad = map(sample, joined(tmp_path, rows, [request]))
    assert (good.sample_id, good.response_id, good.stop_reason) == ("batch_0", "chatcmpl-1", "max_tokens")
    assert (bad.error, bad.request) == ("HTTP 500", good.request)


def test_a_result_without_a_request_is_rejected_by_name(tmp_path: Path) -> None:
    """The wrong request file shows itself."""
    (row,) = joined(tmp_path, [answered("b")], [asked("a")])
    assert "custom_id 'b' is not in" in str(row.error)


def test_requests_of_another_kind_of_batch_are_not_joined(tmp_path: Path) -> None:
    """The same custom_id in a file for another API is no request of this result."""
    (row,) = joined(tmp_path, [answered("a")], [{"custom_id": "a", "body": {"messages": []}}])
    assert "these are the requests of another kind of batch" in str(row.error)


def test_a_custom_id_that_is_there_twice_is_no_answer_to_either(tmp_path: Path) -> None:
    """Two batches in one request file could be joined wrongly, so they are not joined."""
    (row,) = joined(tmp_path, [answered("a")], [asked("a", "One?"), asked("a", "Two?")])
    assert "custom_id 'a' is twice in" in str(row.error)


def test_without_requests_the_answers_are_read_and_the_reader_is_told(tmp_path: Path) -> None:
    """Answers alone can be checked for their form; the note says what is lacking."""
    file = File(written(tmp_path / "results.jsonl", answered("a")))
    (row,) = file.rows()
    assert sample(row).request == {}
    assert "--requests" in str(file.note)


def test_packed_requests_are_read(tmp_path: Path) -> None:
    """A gzipped request file is unpacked to disk, not to memory."""
    (tmp_path / "r.jsonl.gz").write_bytes(gzip.compress(json.dumps(asked("a")).encode()))
    assert Requests.open(str(tmp_path / "r.jsonl.gz")).of("a")["params"]["model"] == "m-1"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"response": "x"}\n', "no line of it has a custom_id"),
        (b"\x1f\x8b broken", "the gzip data is damaged"),
        (None, "cannot be read"),
    ],
)
def test_a_request_file_that_is_none_is_refused(tmp_path: Path, content: bytes | None, told: str) -> None:
    """What cannot be joined stops the run before anything is scored."""
    path = tmp_path / "r.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=told):
        Requests.open(str(path))


def test_a_request_line_beyond_the_limit_is_passed_over(tmp_path: Path) -> None:
    """An endless line is not held in memory, and the requests behind it are found."""
    (tmp_path / "r.jsonl").write_text('{"x": "' + "y" * 5000 + '"}\n' + json.dumps(asked("a")) + "\n")
    found = Requests.open(str(tmp_path / "r.jsonl"), max_line_bytes=1000)
    assert found.of("a")["custom_id"] == "a"
