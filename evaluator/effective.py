"""The settings in effect, one by one, as people read them: with their source, and of secrets only that they are set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from evaluator.settings import Settings

SET, NOT_SET = "set", "not set"
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)(?:[^/?#\s]*@)?([^?#]*)([?#].*)?", re.DOTALL)
_BARE = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting: its value as JSON (of a secret `set` or `not set`), its source (default, file, …), what it does."""

    name: str
    value: str
    source: str
    secret: bool
    about: str


def effective(settings: Settings) -> list[Effective]:
    """Every setting, in the order of docs/configuration.md; entries of lists by their names."""
    return [_row(settings, *leaf) for leaf in _leaves(settings, "")]


def origins(**given: Mapping[str, Any]) -> dict[str, str]:
    """Which source each setting was read from; later sources win.

    >>> origins(file={"server": {"port": 1, "host": "a"}}, environment={"server": {"port": 2}})
    {'server.port': 'environment', 'server.host': 'file'}
    """
    return {path: source for source, tree in given.items() for path in _paths(tree, "")}


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is one, or has some: its type says so."""
    return "SecretStr" in str(field.annotation)


def without_secrets(value: Any) -> Any:
    """A value whose addresses have lost what may be a secret: a user with a password, a query, a fragment.

    >>> without_secrets(["https://me:pw@host/v1?key=1", "http://host/v1", "a@b"])
    ['https://host/v1?…', 'http://host/v1', 'a@b']
    """
    if isinstance(value, dict):
        return {name: without_secrets(one) for name, one in value.items()}
    if isinstance(value, list):
        return [without_secrets(one) for one in value]
    if isinstance(value, str) and (found := _ADDRESS.fullmatch(value)):
        return f"{found[1]}{found[2]}{'?…' if found[3] else ''}"
    return value


def _row(settings: Settings, name: str, value: Any, field: FieldInfo) -> Effective:
    secret = is_secret(field)
    told = (SET if value else NOT_SET) if secret else _json(value)
    return Effective(name, told, _source(name, settings.origins), secret, field.description or "")


def _json(value: Any) -> str:
    return json.dumps(without_secrets(to_jsonable_python(value)), ensure_ascii=False)


def _leaves(model: BaseModel, prefix: str) -> Iterator[tuple[str, Any, FieldInfo]]:
    for name, field in type(model).model_fields.items():
        yield from _below(f"{prefix}{field.alias or name}", getattr(model, name), field)


def _below(name: str, value: Any, field: FieldInfo) -> Iterator[tuple[str, Any, FieldInfo]]:
    if isinstance(value, BaseModel):
        yield from _leaves(value, f"{name}.")
    elif isinstance(value, Mapping) and any(isinstance(one, BaseModel) for one in value.values()):
        for key, one in value.items():
            yield from _given(one, f"{name}.{key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)}.")
    elif isinstance(value, tuple) and any(isinstance(one, BaseModel) for one in value):
        for number, one in enumerate(value):
            yield from _given(one, f"{name}[{getattr(one, 'name', number)}].")
    else:
        yield name, value, field


def _given(model: BaseModel, prefix: str) -> Iterator[tuple[str, Any, FieldInfo]]:
    """Of entries, of which there may be many, what they have."""
    yield from (leaf for leaf in _leaves(model, prefix) if leaf[1] not in (None, ()))


def _paths(tree: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _paths(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _source(name: str, known: Mapping[str, str]) -> str:
    """Of an entry of a list the list's own source."""
    asked = name.replace('"', "")
    return next((source for path, source in known.items() if _within(asked, path)), "default")


def _within(name: str, path: str) -> bool:
    return name == path or name.startswith((f"{path}[", f"{path}."))
