"""One question to a model, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from judges.cost import Usage

MAX_TOKENS = 1_000
"""What an answer may take: an explanation of a few sentences and the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a model; `system` is the part that many requests share and the provider may cache.

    `turns` are further ones after the question: what the model answered, and what it was then told.
    """

    model: str
    system: str
    user: str
    answer: type[BaseModel]
    effort: Literal["low", "medium", "high"] = "low"
    max_tokens: int = MAX_TOKENS
    turns: tuple[tuple[str, str], ...] = ()

    @property
    def own_characters(self) -> int:
        """The length of what no other request shares."""
        return len(self.user) + sum(len(answered) + len(told) for answered, told in self.turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What came back: the text blocks joined, why it stopped, which model answered, and by which provider.

    `structured` says whether the provider is known to hold the answer to its schema.
    """

    text: str
    stop_reason: str | None
    model: str
    usage: Usage
    provider: str = "anthropic"
    structured: bool = True
