"""The stored form of feedback: redacted, with an id that is the same whenever it is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Protocol

from evaluator.feedback.item import FeedbackItem, told_time
from evaluator.intake import clean
from evaluator.intake.late import number
from evaluator.redact.keep import TextPolicy
from evaluator.settings import Settings
from store.feedback import Feedback

NAMES = ("sample_id", "trace_id", "span_id", "response_id")


class Cleaner(Protocol):
    """What a redactor does here: evaluator.redact.redactor.Redactor."""

    def text(self, text: str, /) -> str:
        """A text without what must not be stored."""

    def user(self, user_id: str, /) -> str:
        """A user's id as a keyed hash."""

    def identifier(self, given: str, /) -> str:
        """An id as samples are stored under it."""


class Form:
    """Makes what is stored of items."""

    def __init__(self, settings: Settings, redactor: Cleaner) -> None:
        self._redactor = redactor
        self._policy = TextPolicy(settings)
        self._taken = {*settings.judge.builtin, *(judge.name for judge in settings.judges)}

    def of(self, items: Sequence[FeedbackItem], received_at: datetime) -> list[Feedback]:
        """What is stored of these items."""
        return [self._one(item, received_at) for item in items]

    def _one(self, item: FeedbackItem, received_at: datetime) -> Feedback:
        given_at = told_time(item.given_at, received_at)
        names = {name: self._named(getattr(item, name)) for name in NAMES}
        label, comment = item.meaning.label, None if self._policy.withholds(item.feature) else item.comment
        said: dict[str, Any] = {
            # A judge of this name has verdicts of its own, which must not be mixed with people's.
            "judge": f"{item.name}_feedback" if item.name in self._taken else item.name,
            "source": item.source,
            "user_id": item.user_id and self._redactor.user(item.user_id),
            "passed": item.meaning.passed,
            "score": item.meaning.score,
            "label": label and self._redactor.text(label),
            "comment": comment and self._redactor.text(comment),
            **names,
        }
        return Feedback(
            # Of what is stored: a hash of what came would keep a trace of a user's id.
            feedback_id=_hash({**said, "id": item.id, "at": given_at and given_at.isoformat()}),
            received_at=received_at,
            given_at=given_at or received_at,
            records=_records(names["trace_id"], names["span_id"]),
            **said,
        )

    def _named(self, given: str | None) -> str | None:
        return given and self._redactor.identifier(given)


def _records(trace_id: str | None, span_id: str | None) -> tuple[int, ...]:
    """What a span is called among settled names: as one of a call, and as one above calls; by OTLP and by Langfuse."""
    if not (trace_id and span_id):
        return ()
    groups = (f"t:{trace_id}", f"lf:{trace_id}")
    return tuple(number(group, f"{role}{span_id}") for group in groups for role in ("s:", "above "))


def _hash(said: dict[str, Any]) -> str:
    return blake2b(clean.json_text(said).encode(), digest_size=16).hexdigest()
