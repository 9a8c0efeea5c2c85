"""Samples as files: complete, safe to open in a spreadsheet, and readable again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from evaluator.intake import public
from evaluator.intake.files import File
from evaluator.samples import export
from evaluator.samples.export import Judged, item, select
from evaluator.samples.files import columns, written
from store.records import Sample, TextState
from store.retention import delete_texts
from store.searching import Search
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.fake_api import HOSTILE
from tests.unit.store.test_samples import FULL

GIVEN = [make_verdict("req_1", explanation="=1+1"), make_verdict("req_1", judge="answer", passed=False)]


def file_of(kind: str, judged: Sequence[Judged], judges: Sequence[str] = ()) -> bytes:
    return b"".join(written(kind, [judged] if judged else [], judges))


def table_of(judged: Sequence[Judged], judges: Sequence[str] = ()) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file_of("csv", judged, judges).decode(), newline="")))


def test_every_field_has_a_column() -> None:
    """Nothing that is known of a sample is left out, and each judge has two columns beside all verdicts as JSON."""
    (row,) = table_of([Judged(FULL, GIVEN)], ["answer", "tone"])
    assert (row["id"], row["timestamp"], row["usage.cache_read_input_tokens"]) == ("req_1", NOON.isoformat(), "2048")
    assert (json.loads(row["metadata"]), json.loads(row["request"])) == (FULL.metadata, FULL.request)
    assert (row["passed.tone"], row["passed.answer"], row["label.answer"]) == ("true", "false", "FAIL")
    assert [one["judge"] for one in json.loads(row["verdicts"])] == ["tone", "answer"]


def test_the_newest_version_of_a_judge_fills_its_column() -> None:
    """A judge that judged in two versions has one column; both verdicts are in the JSON."""
    later = make_verdict("req_1", judge_version="v2", passed=False, judged_at=NOON + timedelta(days=1))
    (row,) = table_of([Judged(FULL, [later, *GIVEN])], ["tone"])
    assert (row["passed.tone"], len(json.loads(row["verdicts"]))) == ("false", 3)


@pytest.mark.parametrize("text", [*HOSTILE, "+1", "-1", "@a", "\ta", "\ra", 'a"b,c\nd'])
def test_no_cell_is_a_formula(text: str) -> None:
    """Whatever a field holds, no cell begins like a formula, and the rows stay rows."""
    sample = Sample(sample_id=text, ts=NOON, received_at=NOON, feature=text, error=text, metadata={text: text})
    (row,) = table_of([Judged(sample, [])], [text])
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert row["error"].removeprefix("'") == text


def test_parquet_has_types() -> None:
    """Times are times, numbers are numbers, verdicts booleans; the file is whole after the last piece."""
    table = pq.read_table(io.BytesIO(file_of("parquet", [Judged(FULL, GIVEN)], ["tone"])))
    (row,) = table.to_pylist()
    assert (row["timestamp"], row["latency_ms"], row["usage.input_tokens"], row["passed.tone"]) == (
        NOON,
        812.5,
        21,
        True,
    )


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_no_samples_are_a_table_without_rows(kind: str) -> None:
    """An empty selection is a file with its columns."""
    data = file_of(kind, [])
    names = next(csv.reader(io.StringIO(data.decode()))) if kind == "csv" else pq.read_schema(io.BytesIO(data)).names
    assert names == columns([])


@pytest.mark.parametrize(
    "sample",
    [
        replace(FULL, request={"messages": FULL.request["messages"]}),
        make_sample(),
        Sample(sample_id="e", ts=NOON, received_at=NOON, feature="f", error="timeout", text=TextState.MISSING),
        Sample(sample_id="w", ts=NOON, received_at=NOON, feature="f", text=TextState.WITHHELD),
    ],
    ids=["full", "usual", "failed", "withheld"],
)
def test_json_lines_are_samples_again(sample: Sample) -> None:
    """A line is in the public shape: read again it is the same call, with its verdicts left aside."""
    line = json.loads(json.dumps(item(Judged(sample, GIVEN))))
    again = public.read(line, received_at=NOON)
    for name in ("sample_id", "ts", "feature", "request", "response", "metadata", "user_id", "input_tokens", "error"):
        assert (name, getattr(again, name)) == (name, getattr(sample, name))
    assert (again.text is TextState.KEPT) == (sample.text is TextState.KEPT)


def test_exported_lines_are_read_as_our_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`leadline score` takes the file for what it is, and not for another tool's."""
    path = tmp_path_factory.mktemp("export") / "samples.jsonl"
    path.write_bytes(file_of("jsonl", [Judged(FULL, GIVEN), Judged(make_sample("s2"), [])]))
    file = File(str(path))
    rows = list(file.rows())
    assert ([row.item and row.item["id"] for row in rows], file.read_as) == (["req_1", "s2"], None)


def test_the_selection_is_what_a_search_finds(store: Store) -> None:
    """The newest matches, at most so many; it says that it was cut, and which judges spoke."""
    store.append_samples([make_sample(f"s{i}", ts=NOON - timedelta(minutes=i)) for i in range(5)]).result()
    store.append_verdicts(
        [make_verdict("s0"), make_verdict("s3", ts=NOON - timedelta(minutes=3), judge="late")]
    ).result()
    with store.read() as c:
        chosen, whole = select(c, Search(), 2), select(c, Search(words=("content",)), 9)
    found = [one.sample.sample_id for chunk in chosen.chunks(store.read) for one in chunk]
    assert (found, chosen.cut, chosen.judges) == (["s0", "s1"], True, ["tone"])
    assert [one for chunk in whole.chunks(store.read) for one in chunk] == []


def test_words_are_looked_for_until_there_are_enough(store: Store) -> None:
    """Samples that have the word in their JSON only take no place in the file, and it tells no number that it lacks."""
    said = ["mine", "content", "yours", "my content", "theirs", "content again"]
    store.append_samples(
        [make_sample(f"s{i}", ts=NOON - timedelta(minutes=i), text=text) for i, text in enumerate(said)]
    ).result()
    with store.read() as c:
        two, all_of_them = (select(c, Search(words=("content",)), limit) for limit in (2, 9))
    found = [
        [one.sample.sample_id for chunk in each.chunks(store.read) for one in chunk] for each in (two, all_of_them)
    ]
    assert found == [["s1", "s3"], ["s1", "s3", "s5"]]
    assert [(each.rows, each.cut) for each in (two, all_of_them)] == [(None, None), (None, False)]


def test_samples_without_text_have_rows(store: Store) -> None:
    """A text that was deleted has no size, and its sample a row all the same."""
    samples = [make_sample("gone"), make_sample("kept")]
    store.append_samples(samples).result()
    store.run(lambda c: delete_texts(c, [("gone", NOON)], TextState.EXPIRED)).result()
    with store.read() as c:
        chosen = select(c, Search(), 10)
    assert [one.sample.text for chunk in chosen.chunks(store.read) for one in chunk] == ["expired", "kept"]


def test_large_texts_come_in_small_chunks(store: Store) -> None:
    """What is held in memory at a time does not grow with the texts."""
    store.append_samples([make_sample(f"s{i}", text="x" * 7_000_000) for i in range(5)]).result()
    with store.read() as c:
        chosen = select(c, Search(), 10)
    sizes = [len(chunk) for chunk in chosen.chunks(store.read)]
    assert (sum(sizes), max(sizes) * 7_000_000 <= export.CHUNK_BYTES) == (5, True)
