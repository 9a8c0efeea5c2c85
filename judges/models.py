"""What a Claude model id means: is it pinned, what does the model take and cache, which limits does it share?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from judges.errors import JudgeConfigError

# Short names from before the 4.6 generation move to newer snapshots: a verdict's judge would change unseen.
ALIASES = {
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
    "claude-opus-4-5": "claude-opus-4-5-20251101",
    "claude-opus-4-1": "claude-opus-4-1-20250805",
    "claude-sonnet-4-0": "claude-sonnet-4-20250514",
    "claude-opus-4-0": "claude-opus-4-20250514",
    "claude-3-7-sonnet-latest": "claude-3-7-sonnet-20250219",
    "claude-3-5-haiku-latest": "claude-3-5-haiku-20241022",
}
NO_EFFORT = (
    "claude-3",
    "claude-haiku-4",
    "claude-sonnet-4-2",
    "claude-sonnet-4-5",
    "claude-opus-4-1",
    "claude-opus-4-2",
)
ALWAYS_THINKS = ("claude-opus-5-5", "claude-fable-", "claude-mythos-")
FAMILY = re.compile(r"(claude-[a-z]+-\d+)(-.*)?")
# The shortest prefix that the provider caches, in tokens, by how the id begins; the first that fits counts.
CACHEABLE_TOKENS = (
    ("claude-haiku-5", 512),
    ("claude-haiku-4", 4_096),
    ("claude-opus-4-5", 4_096),
    ("claude-3-", 2_048),
)
MOST_CACHE_FROM_TOKENS = 1_024


@dataclass(frozen=True, slots=True)
class Traits:
    """Which parameters the model takes: an `effort`, and thinking switched off."""

    effort: bool
    thinking_off: bool


def traits(model: str) -> Traits:
    """What may be sent to a model; one that is not known is asked like the current generation."""
    return Traits(effort=not model.startswith(NO_EFFORT), thinking_off=not model.startswith(ALWAYS_THINKS))


def family(model: str) -> str:
    """The models that share one rate limit; one that is not known shares it with nobody.

    >>> family("claude-haiku-5-5"), family("claude-haiku-4-5-20251001"), family("qwen3:8b")
    ('claude-haiku-5', 'claude-haiku-4', 'qwen3:8b')
    """
    found = FAMILY.fullmatch(model)
    return found[1] if found else model


def cacheable_tokens(model: str) -> int:
    """The shortest prefix that the provider caches.

    >>> cacheable_tokens("claude-haiku-5-5"), cacheable_tokens("claude-haiku-4-5-20251001")
    (512, 4096)
    """
    return next((tokens for begin, tokens in CACHEABLE_TOKENS if model.startswith(begin)), MOST_CACHE_FROM_TOKENS)


def require_pinned(model: str) -> str:
    """The id itself, when it names one fixed model; JudgeConfigError names the pinned id of an alias."""
    if model in ALIASES:
        raise JudgeConfigError(
            f"Model {model} is a moving alias, so verdicts would change unseen. Use {ALIASES[model]}."
        )
    if model.startswith("claude-") and model.endswith("-latest"):
        raise JudgeConfigError(f"Model {model} is a moving alias, so verdicts would change unseen. Use the dated id.")
    if model.startswith("claude-") and not any(character.isdigit() for character in model):
        raise JudgeConfigError(f"Model {model} names no version. Use a pinned id, e.g. claude-haiku-5-5.")
    if not model or model != model.strip() or any(character.isspace() for character in model):
        raise JudgeConfigError("The judge's model id is empty or holds blanks. Set judge.model, e.g. claude-haiku-5-5.")
    return model
