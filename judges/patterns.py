"""Regular expressions with a time limit, so that a hostile text cannot hold up the judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judges.errors import JudgeConfigError
from judges.judge import Judgement, errored
from judges.validator import Decide
from store.records import Sample

if TYPE_CHECKING:
    import regex

MATCH_SECONDS = 0.5


def compile_pattern(pattern: str, *, judge: str, field: str) -> regex.Pattern[str]:
    """The compiled pattern; JudgeConfigError names the judge, the field and the position of the mistake."""
    import regex

    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise JudgeConfigError(f"Judge {judge!r}: `{field}` is no regular expression: {error}. Mend it.") from None


def search(pattern: regex.Pattern[str], text: str) -> regex.Match[str] | None:
    """The first match; TimeoutError after MATCH_SECONDS. Other threads run meanwhile."""
    return pattern.search(text, timeout=MATCH_SECONDS, concurrent=True)


def matches(pattern: regex.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Where all matches lie; TimeoutError when they take longer than MATCH_SECONDS together."""
    return [match.span() for match in pattern.finditer(text, timeout=MATCH_SECONDS, concurrent=True)]


def within_time(decide: Decide) -> Decide:
    """The same decision, where a pattern that ran out of time is an error of the judge."""

    def bounded(sample: Sample) -> Judgement:
        try:
            return decide(sample)
        except TimeoutError:
            explanation = f"The pattern took longer than {MATCH_SECONDS} s on this text. Simplify the pattern."
            return errored("timeout", explanation)

    return bounded
