"""Patterns of the operator's own, bounded in time: a bad one costs its text leaf, never the intake."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import structlog

from evaluator.errors import ConfigError
from evaluator.redact.finds import Find

if TYPE_CHECKING:
    import regex

    from evaluator.settings import PatternSettings

log = structlog.get_logger(__name__)
MOST_SECONDS = 0.05
LEAST_SECONDS = 0.001


class OwnPattern:
    """One pattern. `timeouts` counts the texts it was too slow for: they are replaced whole, by <NAME_TIMEOUT>.

    Each time out halves what it may take from then on, each text that is done in time doubles it.
    """

    def __init__(self, name: str, pattern: regex.Pattern[str]) -> None:
        self.kind = name.upper()
        self.timeouts = 0
        self._pattern = pattern
        self._seconds = MOST_SECONDS

    def find(self, texts: Sequence[str]) -> Iterator[tuple[int, Find]]:
        """What it matches, with the number of the text; all texts together may take as long as four slow ones."""
        left = 4 * self._seconds
        for index, text in enumerate(texts):
            # Of this thread's own time: a busy machine must not cost texts that are quick.
            begun = time.thread_time()
            try:
                found = self._matches(text, min(left, self._seconds))
            except TimeoutError:
                yield index, Find(0, len(text), f"{self.kind}_TIMEOUT", "")
                self._slow()
            else:
                yield from ((index, find) for find in found)
            left -= time.thread_time() - begun
        if left > 0:
            self._seconds = min(MOST_SECONDS, 2 * self._seconds)

    def _matches(self, text: str, seconds: float) -> list[Find]:
        if seconds <= 0:
            raise TimeoutError
        found = self._pattern.finditer(text, timeout=seconds, concurrent=True)
        return [Find(*match.span(), self.kind, match[0]) for match in found if match[0]]

    def _slow(self) -> None:
        self._seconds = max(LEAST_SECONDS, self._seconds / 2)
        self.timeouts += 1
        if self.timeouts == 1:
            log.warning(
                "a redaction pattern is too slow; texts it was not done with are replaced whole", pattern=self.kind
            )


def compiled(patterns: Sequence[PatternSettings]) -> list[OwnPattern]:
    """The patterns, ready; ConfigError names the one that is no regular expression, or a name that is used twice."""
    import regex

    twice = [name for name, times in Counter(pattern.name for pattern in patterns).items() if times > 1]
    if twice:
        raise ConfigError(f"redaction.patterns: two patterns are called {twice[0]!r}; rename one.")
    read = []
    for one in patterns:
        try:
            read.append(OwnPattern(one.name, regex.compile(one.pattern)))
        except regex.error as error:
            raise ConfigError(f"redaction.patterns.{one.name}: no regular expression: {error}; mend it.") from None
    return read
