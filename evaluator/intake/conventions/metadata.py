"""Metadata of a call: the attributes that are the application's own and belong to no convention."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from evaluator.intake import clean
from evaluator.intake.conventions import names, values
from evaluator.intake.otlp.records import Attributes
from evaluator.intake.public import MAX_METADATA_KEY, MAX_METADATA_KEYS, MAX_METADATA_VALUE

WELL_KNOWN = frozenset(
    values.words("""
    ai anthropic aws azure client cloud code container db deployment enduser error event exception faas feature_flag
    gcp gen_ai host http input k8s langfuse langsmith litellm llm logfire mcp messaging metadata mlflow net network
    openai openinference operation os otel output peer process rpc server service session span tag telemetry thread
    traceloop tls url user user_agent
    """)
)
"""First words of attribute names that are not the application's own."""
_TOLD_ELSEWHERE = frozenset(
    names.SESSION
    + names.USER
    + names.PROMPT_VERSION
    + names.PROMPT_NAME
    + names.ENVIRONMENT
    + names.RELEASE
    + names.TAGS
)


def unfolded(attributes: Attributes) -> Attributes:
    """The attributes with those that are folded into one JSON object beside them, below metadata.json."""
    found: dict[str, Any] = {}
    for folded in names.FOLDED:
        if folded in attributes and isinstance(told := values.told(attributes[folded]).value, Mapping):
            found |= {f"metadata.json.{key}": value for key, value in islice(told.items(), MAX_METADATA_KEYS)}
    return {**attributes, **found} if found else attributes


def metadata(attributes: Attributes, own: Container[str] = (), naming: Sequence[str] = ()) -> dict[str, str]:
    """The application's own attributes as texts, with tags and prompt name; `own` are first words of the client's.

    What has a place of its own, the attributes that name the feature among it, is left out.
    """
    read: dict[str, str] = {}
    for name, value in attributes.items():
        key = _application_key(name)
        if key is None or name in naming or (key == name and name.partition(".")[0] in own):
            continue
        if len(read) < MAX_METADATA_KEYS - 2 and (known := _dimension(value)):
            read[key] = known
    named = {"tags": _tags(attributes), "prompt_name": values.first(attributes, names.PROMPT_NAME)}
    return read | {key: known for key, known in named.items() if known}


@lru_cache(maxsize=4096)
def _application_key(name: str) -> str | None:
    """The name as the application knows it, None for what is not its own or has a place of its own."""
    below = next((prefix for prefix in names.BELOW if name.startswith(prefix)), None)
    if name in _TOLD_ELSEWHERE or (below is None and name.partition(".")[0] in WELL_KNOWN):
        return None
    key = name[len(below) :] if below else name
    return key if 0 < len(key) <= MAX_METADATA_KEY and key.isprintable() else None


def _dimension(value: Any) -> str | None:
    if isinstance(value, list | tuple):
        value = ", ".join(filter(None, map(values.text, value)))
    known = values.text(value)
    return clean.text(known) if known is not None and len(known) <= MAX_METADATA_VALUE else None


def _tags(attributes: Attributes) -> str | None:
    """Tags joined by commas, from a list, a list written as JSON, or a text."""
    for key in names.TAGS:
        if key in attributes:
            given = values.told(attributes[key]).value
            listed = given if isinstance(given, list) else [given]
            return ",".join(filter(None, map(values.text, listed)))[:MAX_METADATA_VALUE] or None
    return None
