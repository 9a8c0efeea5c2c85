"""Metadata: the application's own attributes as texts, and nothing of the instrumentation's."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.intake.conventions.metadata import metadata
from evaluator.intake.public import MAX_METADATA_KEYS
from tests.spans import NAMING


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"tenant": "acme", "plan.size": 3, "beta": True}, {"tenant": "acme", "plan.size": "3", "beta": "true"}),
        ({"traceloop.association.properties.tenant": "acme"}, {"tenant": "acme"}),
        ({"http.route": "/chat", "code.lineno": 9, "gen_ai.usage.input_tokens": 7}, {}),
        ({"session_id": "s1", "user.id": "u1", "app.feature": "chat", "prompt_version": "3"}, {}),
        ({"regions": ["eu", "us"], "nested": {"a": 1}, "none": None}, {"regions": "eu, us"}),
        ({"tags": '["a", "b"]'}, {"tags": "a,b"}),
        ({"langfuse.trace.tags": ["a", "b"]}, {"tags": "a,b"}),
        ({"prompt_name": "support"}, {"prompt_name": "support"}),
    ],
    ids=["own", "associated", "well known", "told elsewhere", "values", "JSON tags", "tags", "prompt name"],
)
def test_what_is_metadata(attributes: dict[str, Any], expected: dict[str, str]) -> None:
    """The application's attributes, without those that have a place of their own."""
    assert metadata(attributes, (), NAMING) == expected


def test_what_a_client_calls_its_own_is_left_out() -> None:
    """A client whose names have no prefix says which they are."""
    assert metadata({"duration": 3, "tenant": "acme"}, {"duration"}) == {"tenant": "acme"}


def test_metadata_is_bounded() -> None:
    """Not more than the public shape takes: keys, their length, and the length of values."""
    read = metadata({f"key{n}": "x" for n in range(200)} | {"k" * 200: "x", "long": "x" * 5000})
    assert len(read) <= MAX_METADATA_KEYS
    assert not {"k" * 200, "long"} & read.keys()
