"""The formats by name, and which one a file's first rows are in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from evaluator.errors import InputError
from evaluator.intake.formats import (
    anthropic_batch,
    chat_jsonl,
    helicone,
    langfuse_export,
    langsmith_runs,
    litellm,
    openai_batch,
    otlp_json,
)
from evaluator.intake.formats.told import Item


@dataclass(frozen=True, slots=True)
class Format:
    """A shape of rows. `joined`: `item(row, lookup)` takes the requests by custom_id.

    `named`: `item(row, naming)` takes the metadata keys that name the feature. `gathered`: rows are no calls yet, and
    all of them together give the items.
    """

    name: str
    recognises: Callable[[Item], bool]
    item: Callable[..., Item]
    joined: bool = False
    named: bool = False
    gathered: Callable[[Iterable[Item], Sequence[str]], Iterator[Item | InputError]] | None = None


FORMATS = {
    made.name: made
    for made in (
        Format("anthropic-batch", anthropic_batch.recognises, anthropic_batch.item, joined=True),
        Format("openai-batch", openai_batch.recognises, openai_batch.item, joined=True),
        Format("langfuse-export", langfuse_export.recognises, langfuse_export.item, named=True),
        Format("langsmith-runs", langsmith_runs.recognises, langsmith_runs.item, named=True),
        Format("litellm", litellm.recognises, litellm.item, named=True),
        Format("helicone", helicone.recognises, helicone.item, named=True),
        Format("otlp-json", otlp_json.recognises, otlp_json.item, gathered=otlp_json.gathered),
        Format("chat-jsonl", chat_jsonl.recognises, chat_jsonl.item),
    )
}
MISTAKEN: tuple[tuple[Callable[[Item], bool], str], ...] = (
    (anthropic_batch.is_request, "this is the request file of a batch: score its results, and give this by --requests"),
    (openai_batch.is_request, "this is the input file of a batch: score its output, and give this by --requests"),
)


def detect(rows: Sequence[Item]) -> Format | None:
    """The format that any of these rows is in; None for the public shape and what nobody knows.

    InputError: the file is one that is often given in place of the right one.
    """
    for recognises, told in MISTAKEN:
        if rows and all(map(recognises, rows)):
            raise InputError(told, reason="wrong_file")
    return next((made for made in FORMATS.values() if any(map(made.recognises, rows))), None)


def named(name: str, rows: Sequence[Item]) -> Format:
    """The format of this name; InputError when none of these rows is in it, which says what they look like."""
    wanted, found = FORMATS[name], detect(rows)
    if rows and not any(map(wanted.recognises, rows)):
        like = f"look like {found.name}" if found else f"have the fields {', '.join(list(rows[0])[:12])}"
        raise InputError(f"--format {name}: its rows do not look like it; they {like[:300]}", reason="wrong_format")
    return wanted
