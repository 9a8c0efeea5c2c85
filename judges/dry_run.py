"""How much work would it be to validate a value against a schema that a stranger wrote?

A short schema can ask for 2^60 steps (`anyOf` of two references, sixty times), or refer to itself without end. So it is
gone through first as a validator would, every branch taken, and counted; nothing is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from judges.errors import JudgeError

Step = tuple[Any, Any]
"""A schema, and the value it is applied to."""

_SAME_VALUE = ("allOf", "anyOf", "oneOf")
_SAME_VALUE_ONE = ("not", "if", "then", "else")
_EACH_PROPERTY = ("additionalProperties",)
_EACH_ITEM = ("items", "additionalItems", "contains")
_UNKNOWN = frozenset(
    ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties")
)
"""Keywords whose cost is not counted here; what uses them is not run at all."""


class TooComplexError(JudgeError):
    """The schema cannot be run on this value within the limit."""


def steps(schema: object, value: object, *, limit: int) -> int:
    """How many schemas would be applied; TooComplexError when more than `limit`, or when it cannot be known.

    >>> steps({"properties": {"a": {"anyOf": [{"type": "null"}, {"minimum": 1}]}}}, {"a": 7}, limit=100)
    4
    """
    left: list[Step] = [(schema, value)]
    done = 0
    while left:
        node, inside = left.pop()
        done += 1
        if isinstance(node, Mapping):
            done += sum(len(node[key]) for key in ("enum", "required") if isinstance(node.get(key), list))
            left.extend(_next(schema, node, inside))
        if done + len(left) > limit:
            raise TooComplexError(f"it takes more than {limit} steps on these arguments")
    return done


def _next(root: object, node: Mapping[str, Any], value: object) -> Iterator[Step]:
    if unknown := _UNKNOWN.intersection(node):
        raise TooComplexError(f"it uses {min(unknown)}, whose cost is not known beforehand")
    if "$ref" in node:
        yield _target(root, node["$ref"]), value
    for key in _SAME_VALUE:
        yield from ((child, value) for child in _list(node.get(key)))
    yield from ((node[key], value) for key in _SAME_VALUE_ONE if key in node)
    for key in ("dependentSchemas", "dependencies"):
        yield from ((child, value) for child in _table(node.get(key)).values())
    if isinstance(value, Mapping):
        yield from _properties(node, value)
    elif isinstance(value, list):
        yield from _items(node, value)


def _properties(node: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[Step]:
    known = _table(node.get("properties"))
    patterns = _table(node.get("patternProperties"))
    for name, child in value.items():
        if name in known:
            yield known[name], child
        yield from ((schema, child) for schema in patterns.values())
        yield from ((node[key], child) for key in _EACH_PROPERTY if key in node)
        if "propertyNames" in node:
            yield node["propertyNames"], name


def _items(node: Mapping[str, Any], value: list[Any]) -> Iterator[Step]:
    for key in ("prefixItems", "items"):
        yield from zip(_list(node.get(key)), value, strict=False)
    for key in _EACH_ITEM:
        if isinstance(node.get(key), Mapping | bool):
            yield from ((node[key], child) for child in value)


def _target(root: object, reference: object) -> object:
    """What a reference inside the schema refers to."""
    if not isinstance(reference, str) or len(reference) > 200 or not (reference == "#" or reference.startswith("#/")):
        raise TooComplexError("it refers to something outside of it; nothing is fetched")
    node: Any = root
    for step in reference.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping) and name in node:
            node = node[name]
        elif isinstance(node, list) and name.isdecimal() and int(name[:9]) < len(node):
            node = node[int(name[:9])]
        else:
            raise TooComplexError(f"it refers to {reference[:80]!r}, which does not exist")
    return node


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
