"""An OTLP body → parts of calls and feedback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from evaluator import feedback
from evaluator.feedback import FeedbackItem
from evaluator.intake.conventions import registry
from evaluator.intake.decode import Limits
from evaluator.intake.otlp import wire
from evaluator.intake.parts import Part


@dataclass(slots=True)
class Found:
    """What a body had: parts, feedback, an error per record that is of no use, and how many records concern nobody."""

    parts: list[Part] = field(default_factory=list)
    feedback: list[FeedbackItem] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ignored: int = 0

    def add(self, part: Part | None, given: Sequence[FeedbackItem]) -> None:
        """Takes what one record says."""
        self.parts += [part] if part else []
        self.feedback += given
        self.ignored += not (part or given)


class Reader:
    """Reads the three signals. `naming`: attributes that name the feature."""

    def __init__(self, naming: Sequence[str], limits: Limits) -> None:
        self._naming = naming
        self._limits = limits

    def traces(self, body: bytes, content_type: str) -> Found:
        """What a body's spans say."""
        spans, errors = wire.spans(body, content_type, self._limits)
        found = Found(errors=errors)
        for span in spans:
            found.add(registry.read_span(span, self._naming), feedback.from_span(span) if span.events else [])
        return found

    def logs(self, body: bytes, content_type: str) -> Found:
        """What a body's log records say."""
        logs, errors = wire.logs(body, content_type, self._limits)
        found = Found(errors=errors)
        for log in logs:
            if feedback.is_evaluation(log):
                given = feedback.from_log(log)
                found.add(None, [given] if given else [])
            else:
                found.add(registry.read_log(log, self._naming), [])
        return found

    def metrics(self, body: bytes, content_type: str) -> Found:
        """Nothing but how many metrics a body has: Leadline has no use for them."""
        return Found(ignored=wire.metrics(body, content_type, self._limits))
