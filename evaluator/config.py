"""Reading leadline.toml into Settings, with errors that name the place and the nearest known name."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsError

from evaluator.effective import is_secret, origins
from evaluator.errors import ConfigError
from evaluator.settings import Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

DEFAULT_FILE = Path("leadline.toml")
_JUDGE_FILES = ("file", "schema_file", "folder", "python")


def load(path: Path | None = None, **flags: Any) -> Settings:
    """The settings from `path` (default: ./leadline.toml when it is there), the environment and the flags, later wins.

    Raises ConfigError: the file is missing, not TOML, holds a secret, an unknown name or a bad value.
    """
    table, environment = _table(path), dict[str, Any]()

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            *_: PydanticBaseSettingsSource,
            **__: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            environment.update(env_settings())
            return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=table)

    try:
        return Loaded(**flags).read_from(origins(file=table, environment=environment, flag=flags))
    except SettingsError as error:
        raise ConfigError(f'{error}: lists and tables in the environment are JSON, e.g. \'["a", "b"]\'.') from None
    except ValidationError as error:
        raise ConfigError(_explain(error, path or DEFAULT_FILE, table)) from None


def _table(path: Path | None) -> dict[str, Any]:
    if path is None and not DEFAULT_FILE.exists():
        return {}
    path = path or DEFAULT_FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give another file with --config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}.{_hint(error)}") from None
    for place in _secrets(table):
        variable = f"LEADLINE_{'__'.join(place).upper()}"
        raise ConfigError(f"{path}: {'.'.join(place)} is a secret; set {variable} in the environment instead.")
    return _anchored(table, path.parent)


def _secrets(table: dict[str, Any], *place: str) -> Iterator[tuple[str, ...]]:
    """Where secrets stand in the file, or in one of its groups."""
    known = _fields(place)
    for name, value in table.items():
        if name in known and is_secret(known[name]):
            yield *place, name
        elif isinstance(value, dict):
            yield from _secrets(value, *place, name)


def _hint(error: Exception) -> str:
    """What is meant by the parser's words for a list that is written in two ways."""
    twice = "immutable namespace" in str(error)
    return " Write all entries of a list as [[tables]], or all of them inline as name = [{ … }]." if twice else ""


def _anchored(table: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Files that judges name are relative to the configuration file, wherever the command runs."""
    judges = table.get("judges")
    for judge in judges if isinstance(judges, list) else ():
        if isinstance(judge, dict) and judge.get("kind") in ("code", "pydantic"):
            judge.setdefault("folder", "")
        for name in _JUDGE_FILES:
            if isinstance(judge, dict) and isinstance(judge.get(name), str):
                judge[name] = str(folder / judge[name])
    return table


def _explain(error: ValidationError, path: Path, table: dict[str, Any]) -> str:
    lines = [f"{_place(item['loc'], table)}: {_in_words(item)}" for item in error.errors(include_url=False)]
    return f"configuration ({path}, LEADLINE_… or flags): " + "; ".join(lines)


def _place(loc: tuple[int | str, ...], table: Any) -> str:
    """Where it stands; an entry of a list by its name, where it has one."""
    parts: list[str] = []
    for part in loc:
        inside = isinstance(table, list) and isinstance(part, int) and part < len(table)
        table = table[part] if inside else table.get(str(part)) if isinstance(table, dict) else None
        name = table.get("name") if inside and isinstance(table, dict) else None
        plain = isinstance(name, str) and re.fullmatch(r"[\w.-]{1,40}", name)
        parts.append(f' "{name}"' if plain else f".{part}")
    return "".join(parts).removeprefix(".")


def _in_words(item: ErrorDetails) -> str:
    kind, loc, given = item["type"], item["loc"], item["input"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _known(loc[:-1]), n=1)
        return (
            f"unknown name{f'; did you mean {near[0]!r}?' if near else '; docs/configuration.md lists the known ones'}"
        )
    if kind == "literal_error":
        near = difflib.get_close_matches(str(given), re.findall(r"'([^']+)'", item["ctx"]["expected"]), n=1)
        return f"{item['msg']}{f'; did you mean {near[0]!r}?' if near else ''}"
    field = _fields(loc[:-1]).get(str(loc[-1]))
    if kind == "string_pattern_mismatch" and field and field.description:
        # What stands there is not repeated: it may be a URL with a secret that went to the wrong place.
        return f"must be: {field.description.rstrip('.')}"
    return item["msg"].removeprefix("Value error, ")


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """The names that may stand where an unknown one stood; every group's names when the place is not a group."""
    return list(_fields(loc)) or sorted({name for group in _groups() for name in group.model_fields})


def _fields(loc: tuple[int | str, ...]) -> dict[str, FieldInfo]:
    """What may stand in this table, or in this entry of a list of tables; nothing where the place is neither."""
    model: type[BaseModel] = Settings
    for part in loc:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = field.annotation if field else None
        found = [one for one in (inner, *get_args(inner)) if isinstance(one, type) and issubclass(one, BaseModel)]
        if len(found) != 1:
            return {}
        model = found[0]
    return dict(model.model_fields)


def _groups() -> list[type[BaseModel]]:
    from evaluator import settings

    return [value for value in vars(settings).values() if isinstance(value, type) and issubclass(value, BaseModel)]
