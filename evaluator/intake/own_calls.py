"""What is Leadline's own and comes back to it: judge calls seen by whatever watches the model, and exported verdicts.

It is counted, never taken in, so judging ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.intake.otlp.records import Log, Resource
from judges.prompt import MARK

SELF_MARKER = "leadline.judge"
"""A metadata key or a record's attribute that says so, whatever its value."""
SCOPE = "leadline"
"""Service and scope of the verdicts that are exported."""


def is_own(request: Mapping[str, Any], metadata: Mapping[str, str]) -> bool:
    """Whether a call is one of a judge: its system prompt begins with the judges' mark, or its metadata say so.

    >>> is_own({"system": "[leadline.judge] You are a judge."}, {}), is_own({"system": "Be brief."}, {})
    (True, False)
    """
    system = request.get("system")
    return SELF_MARKER in metadata or (isinstance(system, str) and system.lstrip().startswith(MARK))


def is_marked(attributes: Mapping[str, Any], resource: Resource) -> bool:
    """Whether a record, or who sent it, has the mark."""
    return SELF_MARKER in attributes or SELF_MARKER in resource.attributes


def is_own_event(log: Log) -> bool:
    """Whether a log record is a verdict that was exported; collectors on its way may drop one of its two signs."""
    return log.resource.scope == SCOPE or is_marked(log.attributes, log.resource)
