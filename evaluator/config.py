"""Reading leadline.toml into Settings, with errors that name the place and the nearest known name."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsError

from evaluator.errors import ConfigError
from evaluator.settings import Settings

DEFAULT_FILE = Path("leadline.toml")
_SECRETS = ("keys", "webhook_secret", "redaction_key", "helicone_key")
_JUDGE_FILES = ("file", "schema_file", "folder", "python")


def load(path: Path | None = None, **flags: Any) -> Settings:
    """The settings from `path` (default: ./leadline.toml when it is there), the environment and the flags, later wins.

    Raises ConfigError: the file is missing, not TOML, holds a secret, an unknown name or a bad value.
    """
    table = _table(path)

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
            return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=table)

    try:
        return Loaded(**flags)
    except SettingsError as error:
        raise ConfigError(f'{error}: lists and tables in the environment are JSON, e.g. \'["a", "b"]\'.') from None
    except ValidationError as error:
        raise ConfigError(_explain(error, path or DEFAULT_FILE)) from None


def _table(path: Path | None) -> dict[str, Any]:
    if path is None and not DEFAULT_FILE.exists():
        return {}
    path = path or DEFAULT_FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give another file with --config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}.") from None
    for name in _SECRETS:
        if name in table:
            raise ConfigError(f"{path}: {name} is a secret; set LEADLINE_{name.upper()} in the environment instead.")
    return _anchored(table, path.parent)


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


def _explain(error: ValidationError, path: Path) -> str:
    lines = [_line(item["loc"], item["type"], item["msg"]) for item in error.errors(include_url=False)]
    return f"configuration ({path}, LEADLINE_… or flags): " + "; ".join(lines)


def _line(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    place = ".".join(str(part) for part in loc)
    if kind != "extra_forbidden":
        return f"{place}: {message}"
    near = difflib.get_close_matches(str(loc[-1]), _known(loc[:-1]), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "; docs/configuration.md lists the known ones"
    return f"{place}: unknown name{hint}"


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """The names that may stand where an unknown one stood; every group's names when the place is not a group."""
    model: type[BaseModel] = Settings
    for part in loc:
        field = model.model_fields.get(str(part))
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return sorted({name for group in _groups() for name in group.model_fields})
        model = inner
    return list(model.model_fields)


def _groups() -> list[type[BaseModel]]:
    from evaluator import settings

    return [value for value in vars(settings).values() if isinstance(value, type) and issubclass(value, BaseModel)]
