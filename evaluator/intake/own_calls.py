"""Leadline's own judge calls, seen again by whatever watches the model: counted, never sampled, so judging ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from judges.prompt import MARK

SELF_MARKER = "leadline.judge"
"""A metadata key or a span attribute that says so, whatever its value."""


def is_own(request: Mapping[str, Any], metadata: Mapping[str, str]) -> bool:
    """Whether a call is one of a judge: its system prompt begins with the judges' mark, or its metadata say so.

    >>> is_own({"system": "[leadline.judge] You are a judge."}, {}), is_own({"system": "Be brief."}, {})
    (True, False)
    """
    system = request.get("system")
    return SELF_MARKER in metadata or (isinstance(system, str) and system.lstrip().startswith(MARK))
