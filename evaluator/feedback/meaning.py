"""What was said, as a pass or a fail and a score: thumbs, numbers and words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evaluator.errors import InputError
from evaluator.intake import clean

PASSES_FROM = 0.5
GOOD = """
    up thumbs_up thumbsup 👍 + yes y true pass passed good great excellent perfect ok okay like liked helpful useful
    correct right accurate accept accepted approve approved relevant positive satisfied resolved
"""
BAD = """
    down thumbs_down thumbsdown 👎 - no n false fail failed bad poor terrible dislike disliked unhelpful not_helpful
    useless not_useful incorrect wrong inaccurate reject rejected irrelevant not_relevant negative unsatisfied
    dissatisfied not_satisfied unresolved not_resolved
"""
WORDS = {**dict.fromkeys(GOOD.split(), True), **dict.fromkeys(BAD.split(), False)}
Scale = tuple[float, float]
UNIT: Scale = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Meaning:
    """`passed` is None when what was said is neither good nor bad: it is kept, and is no vote."""

    passed: bool | None = None
    score: float | None = None
    label: str | None = None


def of(value: object, score: float | None, label: str | None, scale: Scale = UNIT) -> Meaning:
    """The meaning of the three ways to say it, any of which may be None.

    A thumb decides, else a word that is known, else a score of at least the middle of its scale passes. InputError:
    nothing is said, or a number lies outside its scale.
    """
    thumb = value if isinstance(value, bool) else None
    number = scaled(value if _is_number(value) else score, scale)
    word = label or (value if isinstance(value, str) and value else None)
    if thumb is None and number is None and word is None:
        raise InputError("nothing is said: send value (up, down, true, false, a number or a word), score or label")
    passed = next((said for said in (thumb, verdict_of(word)) if said is not None), None)
    if passed is None and number is not None:
        passed = number >= PASSES_FROM
    if number is None and passed is not None:
        number = float(passed)
    return Meaning(passed, number, word)


def verdict_of(word: str | None) -> bool | None:
    """Whether a word is a good one, a bad one, or none that is known; case, spaces and hyphens do not matter.

    >>> verdict_of("Thumbs Up"), verdict_of("not-helpful"), verdict_of("billing")
    (True, False, None)
    """
    name = (word or "").strip().lower()
    return WORDS.get(name, WORDS.get(name.replace(" ", "_").replace("-", "_")))


def scaled(number: object, scale: Scale) -> float | None:
    """A number as a share of its scale, whose worse end comes first; InputError outside it.

    >>> scaled(4, (1, 5)), scaled(2, (6, 1)), scaled(None, (0, 1))
    (0.75, 0.8, None)
    """
    if number is None:
        return None
    worst, best = scale
    if worst == best or not math.isfinite(best - worst):
        raise InputError("scale: must be two different numbers, the worse end first, such as [1, 5]")
    if not isinstance(number, int | float) or not min(scale) <= number <= max(scale):
        raise InputError(
            f"score: {clean.shown(number)} is outside {worst:g} to {best:g}; send its scale, such as [1, 5]",
            reason="out_of_scale",
        )
    return (number - worst) / (best - worst)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
