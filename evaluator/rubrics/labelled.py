"""Samples with a person's label, as lines of a file: the public shape of a sample, and the label beside it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from evaluator.errors import InputError
from evaluator.intake import public
from evaluator.intake.containers import DAMAGE, Record, json_lines, unzipped
from evaluator.redact.redactor import Redactor
from judges.rubric import Rubric
from store.records import Sample

WORDS = {"true": True, "false": False, "pass": True, "fail": False, "passed": True, "failed": False}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sample, and what a person said of it: a label of the rubric, or whether it passes. `row` counts from 1."""

    row: int
    where: str
    sample: Sample
    label: str | bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads labelled samples for one rubric. Personal data goes out of them, as it does out of live traffic."""

    rubric: Rubric
    redactor: Redactor
    now: datetime
    label_field: str = "label"
    max_line_bytes: int = 2_048_000

    def rows(self, name: str) -> Iterator[Labelled | InputError]:
        """The samples in file order; for a row that cannot be used, what is wrong with it.

        InputError is raised when the file as a whole cannot be read.
        """
        try:
            with Path(name).open("rb") as file:
                stream, _ = unzipped(io.BufferedReader(file), name)
                for number, record in enumerate(json_lines(stream, self.max_line_bytes), 1):
                    yield self._row(number, f"{name}:{record.place}", record)
        except OSError as error:
            raise InputError(f"{name}: cannot be read ({error.strerror})", reason="no_file") from None
        except DAMAGE as error:
            raise InputError(f"{name}: the gzip data is damaged ({error})", reason="damaged") from None

    def _row(self, number: int, where: str, record: Record) -> Labelled | InputError:
        try:
            if record.fields is None:
                raise record.error or InputError("nothing there")
            label = self._label(record.fields)
            fields = {key: value for key, value in record.fields.items() if key != self.label_field}
            sample = public.read(fields, received_at=self.now, source="file")
        except InputError as error:
            return InputError(f"{where}: {error}", reason=error.reason)
        return Labelled(number, where, self.redactor.sample(sample), label)

    def _label(self, fields: Mapping[str, Any]) -> str | bool:
        """A label of the rubric, its spelling aside (also 4 for "4"), or true and false in several words."""
        given = fields.get(self.label_field)
        if given is None:
            raise InputError(f"{self.label_field}: missing; a person's label, or true or false", reason="no_label")
        text = str(given).strip().casefold()
        if not isinstance(given, bool) and (label := self._labels().get(text)) is not None:
            return label
        if text in WORDS:
            return WORDS[text]
        known = ", ".join(self.rubric.choices)
        raise InputError(
            f"{self.label_field}: {str(given)[:40]!r} is no label of the rubric ({known}), nor true or false",
            reason="unknown_label",
        )

    def _labels(self) -> dict[str, str]:
        return {label.casefold(): label for label in self.rubric.choices}
