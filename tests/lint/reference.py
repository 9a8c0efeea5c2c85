"""docs/configuration.md, from the settings themselves: `python -m tests.lint.reference > docs/configuration.md`."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from evaluator.settings import Settings
from judges.registry import JudgeConfig

HEAD = """# Configuration

`leadline.toml` < environment (`LEADLINE_` and the name, `__` between a table and its setting) < command-line flags.
No file is needed. A name that is not known is refused, with the nearest known one. Secrets come from the environment
only; lists and tables there are JSON (`LEADLINE_KEYS='["admin:…"]'`). This page is
written from the settings themselves (`python -m tests.lint.reference`); a test compares the two.

Other variables: `ANTHROPIC_API_KEY` (the LLM judges' key), `ANTHROPIC_BASE_URL` (another server for them),
`LEADLINE_KEY` (the key that `--url` sends), `LEADLINE_UI_KEY` (the key the UI's pages send), `LEADLINE_CHROMIUM`
(the browser of the tests). With `LEADLINE_UI_KEY` set, whoever reaches the port reads with that key;
without it, the pages ask their reader for one. Where people sign in ([sign-in.md](sign-in.md)), it is left aside.

The page Settings, `GET /v1/settings` and `leadline config` show what is in effect and where it was read.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## Settings\n", *_table(Settings, ""), ""]
    for name, model, prefix in _lists():
        parts += [f"## {name}\n", *_table(model, prefix), ""]
    parts += ["## Judges: `[[judges]]`\n", "`kind` decides which settings a judge has.\n"]
    for model in typing.get_args(typing.get_args(JudgeConfig)[0]):
        parts += [f'### `kind = "{_kind(model)}"`\n', *_table(model, ""), ""]
    return "\n".join(parts).rstrip() + "\n"


def _lists() -> list[tuple[str, type[BaseModel], str]]:
    from evaluator import settings as s
    from evaluator import settings_alerts as a
    from evaluator import settings_rules as r
    from judges.providers import ProviderConfig

    return [
        ("Sampling rules: `[[sampling.rules]]`", s.SamplingRule, ""),
        ('Features: `[features."NAME"]`', s.FeatureSettings, ""),
        ("Providers of the judges' models: `[[judge.providers]]`", ProviderConfig, ""),
        ("Channels: `[[alerts.channels]]`", a.ChannelSettings, ""),
        ("Routes: `[[alerts.routes]]`", a.RouteSettings, ""),
        ('Plain rules: `[[rules]]` with `kind = "drop"`', r.DropRule, ""),
        ('Plain rules: `[[rules]]` with `kind = "rate"`', r.RateRule, ""),
        ('Plain rules: `[[rules]]` with `kind = "quantile"`', r.QuantileRule, ""),
    ]


def _table(model: type[BaseModel], prefix: str) -> Iterator[str]:
    yield "| name | default | what it does |"
    yield "|---|---|---|"
    for name, field, owner in _rows(model, prefix):
        yield f"| `{name}` | {_default(field)} | {field.description or _first_line(owner)} |"


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        shown = f"{prefix}{field.alias or name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _rows(field.annotation, f"{shown}.")
        else:
            yield shown, field, model


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PydanticUndefined:
        return "required" if field.default_factory is None else "none"
    if value is None or value == () or value == "":
        return "none"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{value.as_posix() if isinstance(value, Path) else value}`"


def _kind(model: type[BaseModel]) -> str:
    return str(typing.get_args(model.model_fields["kind"].annotation)[0])


def _first_line(owner: type[BaseModel]) -> str:
    return (owner.__doc__ or "").strip().splitlines()[0]


if __name__ == "__main__":
    print(page(), end="")
