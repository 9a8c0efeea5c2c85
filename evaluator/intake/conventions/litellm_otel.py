"""What LiteLLM's spans tell beside the gen_ai names: tools and tool calls as indexed attributes, Python's own texts."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from evaluator.intake import blocks
from evaluator.intake.conventions import metadata, names, pieces, values
from evaluator.intake.conventions.indexed import indexed
from evaluator.intake.otlp.records import Attributes
from evaluator.intake.parts import Facts

OWN = frozenset(("hidden_params", "model_id", "raw_request"))
MAX_LITERAL = 16_000


def completed(facts: Facts, attributes: Attributes) -> Facts:
    """The facts with tools, tool calls, cache use, and what the requester told about itself."""
    functions = indexed(attributes, "llm.request.functions.").members
    calls = [_call(one) for one in indexed(attributes, "gen_ai.completion.").members if "function_call.name" in one]
    request, response = dict(facts.request), dict(facts.response)
    if functions and "tools" not in request:
        request["tools"] = pieces.tools(functions)
    said = list(response.get("content", ()))
    if calls and not any(block.get("type") == "tool_use" for block in said):
        response["content"] = said + calls
    told = literal(attributes.get("metadata.requester_metadata"))
    about = {str(key): one for key, one in told.items()} if isinstance(told, Mapping) else {}
    return replace(
        facts,
        request=request,
        response=response,
        session_id=values.first(about, names.SESSION),
        user_id=values.first(attributes, ("llm.user", "metadata.user_api_key_end_user_id")),
        prompt_version=values.first(about, names.PROMPT_VERSION),
        metadata=metadata.metadata(about),
        **_tokens(facts, attributes),
    )


def _call(one: Mapping[str, Any]) -> blocks.Block:
    return blocks.tool_use(
        values.name(one.get("function_call.id")),
        values.name(one["function_call.name"]),
        pieces.arguments(one.get("function_call.arguments")),
    )


def _tokens(facts: Facts, attributes: Attributes) -> values.Counts:
    """Counts split by the usage object, whose input includes the cache as the attributes' does."""
    usage = literal(attributes.get("metadata.usage_object")) if facts.cache_read_tokens is None else None
    told = usage if isinstance(usage, Mapping) else {}
    read, written = told.get("cache_read_input_tokens"), told.get("cache_creation_input_tokens")
    if facts.cache_read_tokens is not None:
        read, written = 0, 0  # split already
    counts = values.tokens(facts.input_tokens, facts.output_tokens, read, written)
    if facts.cache_read_tokens is not None:
        counts["cache_read_tokens"], counts["cache_write_tokens"] = facts.cache_read_tokens, facts.cache_write_tokens
    return counts


def literal(value: Any) -> Any:
    """The value of a short text that is a Python literal, None for any other.

    >>> literal("{'tenant': None}"), literal("open('x')")
    ({'tenant': None}, None)
    """
    if not isinstance(value, str) or not value or len(value) > MAX_LITERAL:
        return None
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
