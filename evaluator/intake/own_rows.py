"""Rows of one's own, by columns or by paths into JSON lines, as items of the public shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluator.errors import InputError
from evaluator.intake.columns import Columns, Item, known_field, to_item

WHOLE_FILE = "whole_file"
"""The reason of an error about a row that is one about all of them."""


@dataclass(slots=True)
class OwnRows:
    """Reads the rows of the file `name`; `plan` is field -> column, for a file that has columns."""

    columns: Columns
    name: str
    plan: Mapping[str, str] = field(default_factory=dict)
    _begun: bool = False

    def from_columns(self, row: Item) -> Item:
        """The item of a row. A first row without a time zone stops the file, for all others will lack it too."""
        is_first, self._begun = not self._begun, True
        try:
            return to_item(row, self.plan, self.columns)
        except InputError as error:
            if error.reason == "no_zone" and is_first:
                raise InputError(f"{self.name}: {error}", reason=WHOLE_FILE) from None
            raise

    def from_json(self, row: Item) -> Item:
        """The item of a line, as it is unless --map tells paths into it: --map response=output.text."""
        if self.columns.identity:
            return row
        flat = dict(row)
        for path in self.columns.names.values():
            flat.setdefault(path, _at(row, path))
        plan = {**{key: key for key in row if known_field(key)}, **self.columns.names}
        if self.columns.metadata_rest:
            taken = {path.partition(".")[0] for path in self.columns.names.values()}
            plan |= {f"metadata.{key}": key for key in row if key not in taken and not known_field(key)}
        return to_item(flat, plan, self.columns)


def _at(item: Any, path: str) -> Any:
    for part in path.split("."):
        item = item.get(part) if isinstance(item, Mapping) else None
    return item
