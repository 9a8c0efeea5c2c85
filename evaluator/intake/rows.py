"""Parts as they are stored: redacted, as JSON, with what deciding when to settle needs to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import PydanticSerializationError

from evaluator.errors import InputError
from evaluator.intake import clean
from evaluator.intake.parts import PART, Kind, Part
from evaluator.intake.protection import Redactor
from evaluator.intake.spans import LOG
from evaluator.intake.withheld import Withheld
from evaluator.settings import IntakeSettings
from store.parts import PartRow

LANGFUSE = "lf:"
TOLD_AHEAD = timedelta(hours=1)
"""Langfuse tells of a trace first and of its generations later: so long they inherit from it."""


class Rows:
    """Makes rows of parts. `withholds` says for which features no text may reach the disk."""

    def __init__(
        self,
        settings: IntakeSettings,
        redactor: Redactor,
        withholds: Callable[[str | None], bool],
        withheld: Withheld,
    ) -> None:
        self._patience = timedelta(seconds=settings.max_seconds)
        self._redactor = redactor
        self._withholds = withholds
        self._withheld = withheld

    def of(self, parts: Sequence[Part], received_at: datetime) -> list[PartRow]:
        """The rows of parts that arrived now."""
        return [self._row(part, received_at) for part in parts]

    def _row(self, part: Part, received_at: datetime) -> PartRow:
        part = self._redactor.part(part)
        body, has_text = _json(part), part.facts.has_text
        withheld = self._withholds(part.facts.feature)
        if withheld:
            body = _json(self._withheld.take(part, len(body)))
        is_call, is_text = part.kind is Kind.CALL, part.kind is Kind.CONTENT
        # A log that tells of a call is not the span that it names: that one is waited for.
        is_log = is_call and part.part_id.startswith(LOG)
        awaited = part.span_id if is_log else part.parent_id
        return PartRow(
            group_id=part.group_id,
            part_id=part.part_id,
            received_at=received_at,
            kind=part.kind.value,
            body=body,
            expires_at=None if is_call else received_at + self._lasts(part),
            span_id=None if is_log else part.span_id,
            parent_id=None if is_text or part.parent_is_remote else awaited,
            instance=part.instance if is_call or (is_text and part.span_id is None) else None,
            started_at=part.started_at,
            ended_at=part.ended_at,
            has_text=has_text,
            withheld=withheld,
        )

    def _lasts(self, part: Part) -> timedelta:
        ahead = part.kind is Kind.CONTEXT and part.group_id.startswith(LANGFUSE)
        return max(TOLD_AHEAD, self._patience) if ahead else self._patience


def _json(part: Part) -> str:
    """The part as JSON; of what no JSON text holds (lone surrogates), something near."""
    try:
        return PART.dump_json(part, exclude_defaults=True).decode()
    except (PydanticSerializationError, UnicodeEncodeError):
        return clean.json_text(_storable(PART.dump_python(part, exclude_defaults=True)))


def _storable(told: dict[str, Any]) -> Any:
    times = {key: value.isoformat() for key, value in told.items() if isinstance(value, datetime)}
    facts = dict(told["facts"])
    for key in ("request", "response"):
        try:
            facts[key] = clean.value(facts.get(key, {}))
        except InputError:
            facts |= {key: {}, "incomplete": "unreadable"}
    return clean.value({**told, **times, "kind": str(told["kind"]), "facts": facts})
