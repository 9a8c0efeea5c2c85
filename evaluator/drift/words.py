"""An indicator in plain words: which share, from what to what.

Idea: a battery's alarm is one sentence about a share that anyone can count again,

    share slower than the baseline's p90 (812 ms): 10.0 % → 24.1 %

Reference: none needed. Deviation: none. Labels come from samples and are given as they are: whoever shows the sentence
makes it harmless for the place where it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from evaluator.drift.categories import Category
from evaluator.drift.cuts import Cut


@dataclass(frozen=True, slots=True)
class Wording:
    """How a metric speaks: "slower than" and "faster than", a value as "{} ms" or "${}", a score "rated" 3 or lower.

    A label is told as `having` it: "with stop reason max_tokens".
    """

    above: str = "above"
    below: str = "below"
    value: str = "{}"
    rated: str = "with a value of"
    having: str = "with"


def told(indicator: Cut | Category, p_ref: float, p_now: float, wording: Wording) -> str:
    """The share that an indicator counts, before and now.

    >>> told(Cut(812.0, "up", "p90", 0.1, 812.0), 0.1, 0.241, Wording("slower than", "faster than", "{} ms"))
    "share slower than the baseline's p90 (812 ms): 10.0 % → 24.1 %"
    >>> told(Cut(4.0, "down", "≤ 3", 0.08, 3.0), 0.08, 0.15, Wording(rated="rated"))
    'share rated 3 or lower: 8 % → 15 %'
    >>> told(Category("label", ("max_tokens",), "up", 0.01), 0.01, 0.06, Wording(having="with stop reason"))
    'share with stop reason max_tokens: 1 % → 6 %'
    """
    return f"share {which(indicator, wording)}: {' → '.join(_percents(p_ref, p_now))}"


def which(indicator: Cut | Category, wording: Wording) -> str:
    """Which votes an indicator counts.

    >>> which(Category("new", ("end_turn",), "up", 0.0), Wording(having="with stop reason"))
    'with stop reason not seen in the baseline'
    >>> which(Cut(513.0, "up", "> 512", 0.0, 512.0), Wording("longer than", value="{} tokens"))
    'longer than 512 tokens'
    """
    if isinstance(indicator, Category):
        rest = {"label": indicator.labels[0], "other": "among the rare ones", "new": "not seen in the baseline"}
        return f"{wording.having} {rest[indicator.kind]}"
    value, up = wording.value.format(_number(indicator.shown)), indicator.direction == "up"
    if indicator.name.startswith("p"):
        return f"{wording.above if up else wording.below} the baseline's {indicator.name} ({value})"
    if indicator.name.startswith((">", "<")):
        return f"{wording.above if up else wording.below} {value}"
    return f"{wording.rated} {value} or {'higher' if up else 'lower'}"


def _number(value: float) -> str:
    """Three digits, or all before the point.

    >>> _number(12340.2), _number(0.0000312), _number(3.0)
    ('12,340', '0.0000312', '3')
    """
    return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{Decimal(f'{value:.3g}'):f}"


def _percents(*rates: float) -> list[str]:
    """Per cent with no more digits than one of them needs, at most one, or two where a rate lies below 0.1 %."""
    percents = [100.0 * rate for rate in rates]
    if all(value == 0.0 or (value >= 1.0 and abs(value - round(value)) < 0.05) for value in percents):
        digits = 0
    else:
        digits = 2 if any(0.0 < value < 0.1 for value in percents) else 1
    return [f"{value:.{digits}f} %" for value in percents]
