"""What decides a judge's verdicts, as text that people read and compare: a rubric as TOML, anything else as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from judges.prompt import TEMPLATE
from judges.rubric import Rubric

ELSEWHERE = {"name", "model", "applies_to", "rate", "batch"}
"""Parts of a rubric that decide no verdict, or that are written first."""
BARE = re.compile(r"[A-Za-z0-9_-]+")
DELETE = "\x7f"
"""JSON leaves it as it is, and TOML does not take it."""
ENDING = re.compile(r'"(?="|\Z)')
"""Quotes that could be part of the three that end a text of several lines."""


@runtime_checkable
class Defined(Protocol):
    """A judge that can tell all that decides its verdicts: its version is a hash of that."""

    @property
    def deciding(self) -> Mapping[str, Any]: ...


def of_judge(judge: object) -> str:
    """The definition of a judge without a model, as JSON in lines; empty when the judge cannot tell it."""
    if not isinstance(judge, Defined):
        return ""
    told = {name: _unfolded(value) for name, value in judge.deciding.items()}
    return json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def of_rubric(rubric: Rubric, model: str) -> str:
    """The rubric as a TOML file with the model that is asked and all that decides; what is left out is the default.

    Read as a rubric again, and asked of its model, it has the same version while Leadline's own words stay the same.

    >>> from judges.rubric import shipped
    >>> print("\\n".join(of_rubric(shipped("smell_test"), "claude-haiku-5-5").splitlines()[1:3]))
    name = "smell_test"
    model = "claude-haiku-5-5"
    """
    told = rubric.model_dump(mode="json", exclude=ELSEWHERE, exclude_defaults=True)
    if not rubric.conversation:
        told.pop("quiet_minutes", None)
    tables = {name: told.pop(name) for name in ("labels", "scale", "escalation") if name in told}
    examples = told.pop("examples", [])
    lines = [f"# Leadline's own words around it: template {TEMPLATE}"]
    lines += _pairs({"name": rubric.name, "model": model, **told})
    for name, table in tables.items():
        lines += ["", f"[{name}]", *_pairs(table)]
    for example in examples:
        lines += ["", "[[examples]]", *_pairs(example)]
    return "\n".join(lines) + "\n"


def _unfolded(value: Any) -> Any:
    """JSON in a string, as a schema has it, as what it says: so that a change shows in its line."""
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{key if BARE.fullmatch(key) else _string(key)} = {_value(value)}"


def _value(value: Any) -> str:
    """A value of a rubric in TOML; texts of several lines stay in lines."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _lines(value) if "\n" in value else _string(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(one) for one in value)}]"
    return repr(value)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace(DELETE, "\\u007f")


def _lines(text: str) -> str:
    """A text of several lines, each in its own line."""
    inner = "\n".join(_string(line)[1:-1].replace('\\"', '"') for line in text.split("\n"))
    return '"""\n' + ENDING.sub(r'\\"', inner) + '"""'
