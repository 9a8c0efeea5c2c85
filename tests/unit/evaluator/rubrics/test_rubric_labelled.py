"""Samples with a person's label: which labels are understood, and what is wrong with the others."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.redact.redactor import Redactor
from evaluator.rubrics.labelled import Labelled, Reader
from evaluator.settings import RedactionSettings
from judges.rubric import Rubric, shipped
from tests.builders import NOON

REFUSAL, HELPFULNESS = shipped("refusal"), shipped("helpfulness")


def reader(rubric: Rubric = REFUSAL, **fields: Any) -> Reader:
    return Reader(rubric, Redactor.build(RedactionSettings(), b"k" * 32), NOON, **fields)


def read(path: Path, *rows: object, rubric: Rubric = REFUSAL, **fields: Any) -> list[Labelled | InputError]:
    """What the reader makes of these rows."""
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return list(reader(rubric, **fields).rows(str(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file lies."""
    return tmp_path / "labelled.jsonl"


@pytest.mark.parametrize(
    ("given", "rubric", "label"),
    [
        ("partial", REFUSAL, "partial"),
        (" Partial ", REFUSAL, "partial"),
        (4, HELPFULNESS, "4"),
        ("4", HELPFULNESS, "4"),
        (True, REFUSAL, True),
        ("false", REFUSAL, False),
        ("PASS", REFUSAL, True),
        ("pass", shipped("smell_test"), "PASS"),
    ],
)
def test_labels_are_understood(path: Path, given: object, rubric: Rubric, label: str | bool) -> None:
    """A label of the rubric, its spelling and type aside, before true and false."""
    (row,) = read(path, {"response": "No.", "label": given}, rubric=rubric)
    assert isinstance(row, Labelled)
    assert row.label is label or row.label == label


@pytest.mark.parametrize("given", [None, "meh", 4, "", [], {"label": "full"}])
def test_a_label_that_is_none_is_told_with_those_there_are(path: Path, given: object) -> None:
    """One bad label spoils one row."""
    bad, good = read(path, {"response": "No.", "label": given}, {"response": "No.", "label": "full"})
    assert isinstance(bad, InputError)
    assert f"{path}:1: label: " in str(bad)
    assert isinstance(good, Labelled)


def test_the_label_may_stand_in_another_field(path: Path) -> None:
    """--label-field says which; a field that is neither is refused as it is everywhere."""
    good, bad = read(path, {"response": "a", "truth": "full"}, {"response": "a", "label": "full"}, label_field="truth")
    assert isinstance(good, Labelled)
    assert "truth: missing" in str(bad)


def test_what_is_no_json_and_no_sample_is_told_by_its_line(path: Path) -> None:
    """Reading goes on behind it."""
    broken, empty, good = read(path, "{broken", {"label": "full"}, {"response": "a", "label": "full"})
    assert f"{path}:1: not JSON" in str(broken)
    assert f"{path}:2: response: missing" in str(empty)
    assert isinstance(good, Labelled)


def test_gzipped_files_are_read(path: Path) -> None:
    """Whatever they are called."""
    path.write_bytes(gzip.compress(b'{"response": "a", "label": "full"}\n'))
    assert len(list(reader().rows(str(path)))) == 1


def test_a_file_that_is_cut_off_or_not_there_is_one_error(path: Path) -> None:
    """With its name."""
    with pytest.raises(InputError, match="cannot be read"):
        list(reader().rows(str(path)))
    path.write_bytes(gzip.compress(b'{"response": "a", "label": "full"}\n' * 100)[:-20])
    with pytest.raises(InputError, match="gzip data is damaged"):
        list(reader().rows(str(path)))


def test_personal_data_goes_to_no_provider(path: Path) -> None:
    """The judge reads labelled samples as it reads live ones: redacted."""
    (row,) = read(path, {"response": "Write to jo@example.com.", "label": "none"})
    assert isinstance(row, Labelled)
    assert row.sample.response["content"][0]["text"] == "Write to <EMAIL_1>."
