"""Reading log files: JSON lines, CSV and Parquet become rows of the public shape, one at a time."""

from __future__ import annotations

import gzip
import io
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaluator.errors import InputError
from evaluator.intake.columns import Columns, assignments
from evaluator.intake.files import File, Row

LINE = b'{"id": "a", "response": "Yes."}\n'
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def rows_of(path: Path, content: bytes, **given: Any) -> list[Row]:
    path.write_bytes(content)
    return list(File(str(path), **given).rows())


def items(rows: list[Row]) -> list[dict[str, Any] | None]:
    """What the rows hold, without the ids that reading gave them."""

    def given(item: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in item.items() if key != "id" or not str(value).startswith("h-")}

    return [row.item and given(row.item) for row in rows]


def errors(rows: list[Row]) -> list[str]:
    return [str(row.error) for row in rows if row.error]


def parquet(path: Path, columns: dict[str, Any]) -> bytes:
    pq.write_table(pa.table(columns), path)
    return path.read_bytes()


def test_a_json_line_passes_as_it_is(tmp_path: Path) -> None:
    """Lines of the public shape are not touched, and know their file and line."""
    (row,) = rows_of(tmp_path / "a.jsonl", LINE)
    assert (row.item, row.where) == ({"id": "a", "response": "Yes."}, f"{tmp_path}/a.jsonl:1")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"id": \n', "not JSON"),
        (b'{"id": "\xff"}\n', "UTF-8"),
        (b"[" * 5000 + b"\n", "nested too deeply"),
        (b"[1]\n", "must be one JSON object"),
    ],
)
def test_a_broken_line_is_rejected_alone(tmp_path: Path, line: bytes, why: str) -> None:
    """A line that cannot be read names its place and reason; the lines around it stay."""
    rows = rows_of(tmp_path / "a.jsonl", LINE + line + LINE)
    assert [row.item is None for row in rows] == [False, True, False]
    assert "a.jsonl:2: " in str(rows[1].error)
    assert why in str(rows[1].error)


def test_an_endless_line_is_skipped_without_being_held(tmp_path: Path) -> None:
    """A line beyond the limit is rejected, and the next line is read from its beginning."""
    rows = rows_of(tmp_path / "a.jsonl", b'{"x": "' + b"y" * 5000 + b'"}\n' + LINE, max_line_bytes=1000)
    assert "longer than 1,000 bytes" in errors(rows)[0]
    assert items(rows)[1] == {"id": "a", "response": "Yes."}


def test_gzip_is_told_by_its_content(tmp_path: Path) -> None:
    """A gzipped file is unpacked whatever it is called."""
    assert len(rows_of(tmp_path / "a.log", gzip.compress(LINE * 3))) == 3


def test_a_cut_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    """Damage inside a gzip file ends it with one error; the rows before it are there."""
    lines = b"".join(b'{"id": "%d", "response": "%s"}\n' % (n, str(hash(n)).encode()) for n in range(20_000))
    rows = rows_of(tmp_path / "a.jsonl.gz", gzip.compress(lines)[:-5000])
    assert len(rows) > 1000
    assert [row.where for row in rows if row.error] == [f"{tmp_path}/a.jsonl.gz:end"]


def test_a_gzip_cut_in_its_first_rows_keeps_them_too(tmp_path: Path) -> None:
    """Looking at the first rows to find the format costs none of them."""
    lines = LINE + b'{"id": "b", "response": "' + random.Random(1).randbytes(30_000).hex().encode() + b'"}\n'
    rows = rows_of(tmp_path / "a.jsonl.gz", gzip.compress(lines)[:-500])
    assert (rows[0].item, rows[-1].where) == ({"id": "a", "response": "Yes."}, f"{tmp_path}/a.jsonl.gz:end")


def test_a_tiny_gzip_that_is_cut_is_an_error_in_words(tmp_path: Path) -> None:
    """Nothing of it can be unpacked, and that is said."""
    (row,) = rows_of(tmp_path / "a.jsonl.gz", gzip.compress(LINE)[:-4])
    assert "the gzip data is damaged here" in str(row.error)


def test_csv_columns_are_mapped_by_name_and_by_map(tmp_path: Path) -> None:
    """Columns called like public fields need no map; the others become what --map says."""
    content = b"id,question,answer,tier,tokens\n7,Hi?,Hello,pro,12\n"
    names = {"request": "question", "response": "answer", "metadata.plan": "tier", "usage.output_tokens": "tokens"}
    assert items(rows_of(tmp_path / "a.csv", content, columns=Columns(names=names))) == [
        {"id": "7", "request": "Hi?", "response": "Hello", "metadata": {"plan": "pro"}, "usage": {"output_tokens": 12}}
    ]


def test_columns_nobody_asked_for_are_left_out_unless_wanted(tmp_path: Path) -> None:
    """An unmapped column is dropped; metadata_rest keeps it as metadata."""
    content = b"response,tier\nHello,pro\n"
    assert items(rows_of(tmp_path / "a.csv", content)) == [{"response": "Hello"}]
    rest = rows_of(tmp_path / "a.csv", content, columns=Columns(metadata_rest=True))
    assert items(rest) == [{"response": "Hello", "metadata": {"tier": "pro"}}]


def test_a_json_answer_in_a_cell_stays_text(tmp_path: Path) -> None:
    """A cell that is JSON is what the model wrote; only a whole API body is read as one."""
    body = '"{""content"": [{""type"": ""text"", ""text"": ""Hi""}]}"'
    rows = rows_of(tmp_path / "a.csv", f'response\n"{{""a"": 1}}"\n{body}\n'.encode())
    assert [item and item["response"] for item in items(rows)] == [
        '{"a": 1}',
        {"content": [{"type": "text", "text": "Hi"}]},
    ]


def test_an_empty_cell_is_absent_but_an_empty_answer_is_an_answer(tmp_path: Path) -> None:
    """Empty cells leave their field out; an empty response without an error is kept for the judges to see."""
    rows = rows_of(tmp_path / "a.csv", b"id,session_id,response,error\n1,,,\n2,,,timeout\n")
    assert items(rows) == [{"id": "1", "response": ""}, {"id": "2", "error": "timeout"}]


def test_parts_join_the_text_they_belong_to(tmp_path: Path) -> None:
    """A stop reason or a system prompt in a column of its own goes into the body around the text."""
    names = {"response": "a", "response.stop_reason": "stop", "request": "q", "request.system": "s"}
    (item,) = items(
        rows_of(tmp_path / "a.csv", b"q,a,stop,s\nHi?,Hello,end_turn,Be kind\n", columns=Columns(names=names))
    )
    assert item == {
        "request": {"messages": [{"role": "user", "content": "Hi?"}], "system": "Be kind"},
        "response": {"content": "Hello", "stop_reason": "end_turn"},
    }


def test_times_without_a_zone_need_one(tmp_path: Path) -> None:
    """When the first row has no time zone, the file is refused and the option named."""
    with pytest.raises(InputError, match="--timezone UTC"):
        rows_of(tmp_path / "a.csv", b"timestamp,response\n2026-11-20 12:00,a\n")


def test_times_are_read_in_the_given_zone(tmp_path: Path) -> None:
    """A zone applies to times without one; seconds since 1970 need none."""
    content = b"timestamp,response\n2026-11-20 13:00,a\n2026-11-20T12:00Z,b\n1795176000,c\n"
    rows = rows_of(tmp_path / "a.csv", content, columns=Columns(zone=ZoneInfo("Europe/Berlin")))
    assert [item and item["timestamp"] for item in items(rows)] == [NOON.isoformat(), NOON.isoformat(), 1795176000.0]


def test_bad_cells_reject_their_row_only(tmp_path: Path) -> None:
    """A time without a zone further down, a word for a number, a missing cell or bad UTF-8 cost one row each."""
    good, no_zone, no_number = b"2026-11-20T12:00Z,a,1\n", b"2026-11-20T12:00,a,1\n", b"2026-11-20T12:00Z,a,fast\n"
    content = (
        b"timestamp,response,latency_ms\n"
        + good
        + no_zone
        + no_number
        + b"short\n"
        + b"2026-11-20T12:00Z,\xff,1\n"
        + good
    )
    rows = rows_of(tmp_path / "a.csv", content)
    assert [row.item is not None for row in rows] == [True, False, False, False, False, True]
    told = " ".join(errors(rows))
    assert all(
        why in told for why in ("--timezone", "not a number", "1 cells under 3 columns", "not UTF-8", "a.csv:5:")
    )


def test_other_delimiters_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    """Semicolons as spreadsheets write them, and a BOM before the first column."""
    assert items(rows_of(tmp_path / "a.csv", "\ufeffid;response\n1;a, b\n".encode())) == [
        {"id": "1", "response": "a, b"}
    ]


def test_a_quote_that_never_closes_does_not_swallow_rows_silently(tmp_path: Path) -> None:
    """The row where it opens is rejected with its place, instead of becoming one endless answer."""
    rows = rows_of(tmp_path / "a.csv", b'id,response\n1,a\n2,"b\n3,c\n')
    assert [row.item and row.item["id"] for row in rows] == ["1", None]
    assert "a.csv:3: " in errors(rows)[0]


def test_a_mapped_column_that_is_missing_is_named(tmp_path: Path) -> None:
    """The error says which column is meant and which one comes close."""
    with pytest.raises(InputError, match="no column 'anser'; did you mean 'answer'"):
        rows_of(tmp_path / "a.csv", b"answer\nx\n", columns=Columns(names={"response": "anser"}))


def test_a_file_without_answers_says_how_to_name_them(tmp_path: Path) -> None:
    """When no column can be the response, the file is refused at once, with its columns and the option."""
    with pytest.raises(InputError, match=r"the file has question, answer.*--map response=COLUMN"):
        rows_of(tmp_path / "a.csv", b"question,answer\nHi?,Hello\n")


def test_parquet_values_become_json_values(tmp_path: Path) -> None:
    """Times get their zone, maps become objects, numbers stay numbers, other types become text."""
    columns = {
        "timestamp": pa.array([NOON.replace(tzinfo=None)], pa.timestamp("us")),
        "response": ["Hi"],
        "latency_ms": [12.5],
        "metadata": pa.array([[("plan", "pro")]], pa.map_(pa.string(), pa.string())),
        "day": [NOON.date()],
    }
    chosen = Columns(names={"metadata.day": "day"}, zone=ZoneInfo("UTC"))
    (item,) = items(rows_of(tmp_path / "a.parquet", parquet(tmp_path / "p", columns), columns=chosen))
    assert item == {
        "timestamp": NOON.isoformat(),
        "response": "Hi",
        "latency_ms": 12.5,
        "metadata": {"plan": "pro", "day": "2026-11-20"},
    }


def test_parquet_times_without_a_zone_are_refused_before_reading(tmp_path: Path) -> None:
    """A timestamp column without a zone is an error that names the option."""
    content = parquet(tmp_path / "p", {"timestamp": pa.array([0], pa.timestamp("us")), "response": ["a"]})
    with pytest.raises(InputError, match="--timezone UTC"):
        rows_of(tmp_path / "a.parquet", content)


def test_a_damaged_parquet_file_is_an_error(tmp_path: Path) -> None:
    """A file that only begins like Parquet says so instead of a traceback."""
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        rows_of(tmp_path / "a.parquet", b"PAR1" + b"x" * 100)


@pytest.mark.parametrize("kind", ["jsonl", "gzip", "csv", "parquet"])
def test_standard_input_is_sniffed(tmp_path: Path, kind: str) -> None:
    """`-` reads any of the formats without being told which."""
    table = parquet(tmp_path / "p", {"id": ["a"], "response": ["Yes."]})
    content = {"jsonl": LINE, "gzip": gzip.compress(LINE), "csv": b"id,response\na,Yes.\n", "parquet": table}[kind]
    assert items(list(File("-", stdin=io.BytesIO(content)).rows())) == [{"id": "a", "response": "Yes."}]


def test_json_lines_of_another_shape_are_mapped_by_path(tmp_path: Path) -> None:
    """--map reaches into nested objects of a JSON line."""
    content = b'{"out": {"text": "Hi"}, "meta": {"tier": "pro"}, "id": "1", "noise": 1}\n'
    columns = Columns(names={"response": "out.text", "metadata.plan": "meta.tier"}, fixed={"feature": "chat"})
    assert items(rows_of(tmp_path / "a.jsonl", content, columns=columns)) == [
        {"id": "1", "response": "Hi", "metadata": {"plan": "pro"}, "feature": "chat"}
    ]


def test_reading_holds_one_row_not_the_file(tmp_path: Path) -> None:
    """After the first row of a large file only its beginning was read, and the position says so."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(LINE * 200_000)
    file = File(str(path))
    next(iter(file.rows()))
    assert 0 < file.position < 200_000
    assert file.size == len(LINE) * 200_000


def test_a_missing_file_is_an_error_that_names_it() -> None:
    """A file that is not there is one clear sentence."""
    with pytest.raises(InputError, match=r"nowhere\.jsonl: cannot be read \(No such file"):
        list(File("nowhere.jsonl").rows())


@pytest.mark.parametrize(
    ("text", "told"),
    [("resposne=a", "did you mean 'response'"), ("response", "write FIELD=VALUE"), ("metadata.=x", "no public field")],
)
def test_a_mistyped_assignment_is_explained(text: str, told: str) -> None:
    """--map and --set name the nearest known field, or the form they want."""
    with pytest.raises(InputError, match=told):
        assignments([text], "--map")


def test_equal_rows_are_several_samples(tmp_path: Path) -> None:
    """Rows with the same content and no id get ids of their own, the same whenever the file is read."""
    rows = rows_of(tmp_path / "a.jsonl", b'{"response": "No."}\n' * 3)
    names = [row.item["id"] for row in rows if row.item]
    assert len(set(names)) == 3
    assert names == [row.item["id"] for row in File(str(tmp_path / "a.jsonl")).rows() if row.item]
