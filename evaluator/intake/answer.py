"""What every reader of a client's shape makes of a response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluator.errors import InputError
from evaluator.intake import clean, stop_reasons

Block = Mapping[str, Any]
MAX_NAME = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response in Anthropic's words, and what else the body told. `stopped` is the body's own word for why it ended.

    `refused` is for bodies that tell a refusal apart from the stop reason.
    """

    content: list[Block]
    stopped: str | None = None
    refused: bool = False
    model: str | None = None
    error: str | None = None
    response_id: str | None = None
    provider: str | None = None

    @property
    def stop_reason(self) -> str | None:
        """Why the answer ended, in the one vocabulary."""
        return "refusal" if self.refused else stop_reasons.normalised(self.stopped)


def objects(value: object, where: str) -> list[dict[str, Any]]:
    """A list whose elements are objects; InputError names the first that is not."""
    if not isinstance(value, list):
        raise InputError(f"{where}: must be a list, got {clean.shown(value)}", reason="wrong_type")
    for index, element in enumerate(value):
        if not isinstance(element, dict):
            raise InputError(f"{where}[{index}]: must be an object, got {clean.shown(element)}", reason="wrong_type")
    return value


def short_name(value: object, where: str) -> str | None:
    """A short printable text (a model, a stop reason) or None; InputError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= MAX_NAME and value.isprintable():
        return value
    raise InputError(f"{where}: must be 1 to {MAX_NAME} printable characters, got {clean.shown(value)}")


def error_text(value: object, where: str = "error") -> str | None:
    """An error as text: a text as it is, an API's error object as `type: message`."""
    if value is None or isinstance(value, str):
        return value or None
    if not isinstance(value, dict):
        raise InputError(
            f"{where}: must be text or an API's error object, got {clean.shown(value)}", reason="wrong_type"
        )
    if isinstance(value.get("error"), dict):
        return error_text(value["error"], where)
    parts = [part for key in ("type", "code", "message") if isinstance(part := value.get(key), str) and part]
    return ": ".join(dict.fromkeys(parts)) or clean.json_text(value)
