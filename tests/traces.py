"""Traces of known calls, drawn by hypothesis: each call in any of the ways that clients tell one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from evaluator.intake.parts import Part
from tests.builders import NOON
from tests.parts import ANSWERED, ASKED, call, content, context

WAYS = ("span", "nested", "beside", "logs", "failed")
BY_TREE = "deep"
"""Two records that only a span between them joins, which has to be there when they are settled."""


def records(way: str, name: str, began: datetime) -> list[Part]:
    """The parts of one call below the span `root`."""
    ended = began + timedelta(seconds=1)
    fields: dict[str, Any] = {"started_at": began, "ended_at": ended, "links": (f"response:{name}",)}
    outer = call(name, parent_id="root", **fields)
    inner = {**fields, "text": False, "source": "anthropic-sdk"}
    silent = call(name, parent_id="root", **{**fields, "text": False})
    none = {"input_tokens": None, "output_tokens": None, "error": "overloaded", "links": ()}
    match way:
        case "nested":
            return [outer, call(f"{name}-sdk", parent_id=name, **inner)]
        case "beside":
            return [outer, call(f"{name}-sdk", parent_id="root", **inner)]
        case "logs":
            texts = [{"request": ASKED}, {"response": ANSWERED}]
            return [silent, *(content(f"{name}-{n}", span_id=name, order=n, **text) for n, text in enumerate(texts))]
        case "failed":
            return [
                call(name, parent_id="root", **{**fields, **none}),
                call(f"{name}-sdk", parent_id=name, **{**inner, **none}),
            ]
        case _ if way == BY_TREE:
            middle = context(f"{name}-x", parent_id=name)
            return [outer, middle, call(f"{name}-sdk", parent_id=f"{name}-x", **{**inner, "links": ()})]
        case _:
            return [outer]


@st.composite
def traces(draw: st.DrawFn, ways: tuple[str, ...] = (*WAYS, BY_TREE)) -> tuple[list[Part], int]:
    """The parts of one trace and how many calls it holds."""
    drawn = draw(st.lists(st.sampled_from(ways), min_size=1, max_size=4))
    told = [part for n, way in enumerate(drawn) for part in records(way, f"c{n}", NOON + timedelta(seconds=2 * n))]
    return [context("root", session_id="s1", feature="chat"), *told], len(drawn)


@st.composite
def deliveries(draw: st.DrawFn, parts: list[Part]) -> list[list[Part]]:
    """The parts in any order, some several times, in any number of requests."""
    again = draw(st.lists(st.sampled_from(parts), max_size=6))
    ordered = draw(st.permutations([*parts, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(ordered)), max_size=4)))
    return [ordered[start:end] for start, end in zip([0, *cuts], [*cuts, len(ordered)], strict=True)]
