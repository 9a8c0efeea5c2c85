"""How usage reads: amounts in short, changes against yesterday and last week, and what drives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from evaluator.api.usage_shapes import ByNow, DayUse, Difference, PassRates, Use
from ui.words import NBSP, plain, usd

Amount = Callable[[Use], float | None]


def short(amount: float) -> str:
    """A count in at most four digits.

    >>> short(950), short(12345), short(3_210_000), short(0.25)
    ('950', '12.3k', '3.21M', '0.25')
    >>> short(999_600), short(999_400), short(999_600_000), short(9_999.6)
    ('1M', '999k', '1G', '10k')
    """
    # What rounds up to the next unit is told in it: 999,600 has no three digits in thousands.
    if amount >= 9_999.5:
        amount = float(f"{amount:.3g}")
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if amount >= size:
            scaled = amount / (1e3 if unit == "k" else size)
            return f"{scaled:.3g}{unit}" if scaled < 1000 else f"{scaled:,.0f}{unit}"
    return f"{amount:,.0f}" if float(amount).is_integer() or amount >= 100 else f"{amount:.2g}"


def about(use: Use, value: float | None) -> str:
    """Money of the product's own calls; with a sign where it is estimated, and what is not known."""
    return priced(value, estimated=use.estimated)


def priced(value: float | None, *, estimated: bool = False) -> str:
    """Money, or that no price of it is known: that is not nothing.

    >>> priced(0.42), priced(0.42, estimated=True), priced(0.0), priced(None)
    ('0.42\\xa0USD', '≈\\xa00.42\\xa0USD', '0\\xa0USD', 'price unknown')
    """
    if value is None:
        return "price unknown"
    return f"{'≈' + NBSP if estimated else ''}{usd(value)}"


def change(now: float | None, before: float | None) -> str:
    """By how much it is more or less, in percent of what it was.

    >>> change(103, 100), change(50, 100), change(5, 0), change(0, 0), change(None, 3), change(100.2, 100)
    ('+3 %', '−50 %', 'none before', 'the same', 'not known', 'the same')
    """
    if now is None or before is None:
        return "not known"
    if not before:
        return "none before" if now else "the same"
    percent = 100 * (now / before - 1)
    if abs(percent) < 0.5:
        return "the same"
    size = f"{abs(percent):,.0f}" if abs(percent) < 1000 else f"{abs(percent) / 100 + 1:,.0f} times"
    return f"{'+' if percent > 0 else '−'}{size}{'' if size.endswith('times') else ' %'}"


def beside(by_now: ByNow | None, amount: Amount, weekday: str) -> str:
    """Today by now, against yesterday and the same weekday of last week."""
    if by_now is None:
        return "too early to compare"
    now = amount(by_now.today)
    yesterday, week = (
        change(now, amount(then)) if then.calls else "no calls" for then in (by_now.yesterday, by_now.last_week)
    )
    return f"yesterday: {yesterday}  \nlast {weekday}: {week}"


def error_share(use: Use) -> float | None:
    """Which share of the calls failed, as far as the kept ones tell; None without calls."""
    return min(use.errors / use.calls, 1.0) if use.calls else None


class Moved(NamedTuple):
    """A pass rate that differs by more than chance: whose, from when, and by how much."""

    rates: PassRates
    since: str
    difference: Difference


def moved(rates: Sequence[PassRates], weekday: str) -> list[Moved]:
    """What the votes alone do not explain, the largest fall first; each judge once, with the larger difference."""
    found: dict[tuple[str, str, str], Moved] = {}
    for one in rates:
        for since, difference in (("yesterday", one.since_yesterday), (f"last {weekday}", one.since_last_week)):
            key = (one.feature, one.judge, one.judge_version)
            if difference and difference.beyond_chance:
                told = Moved(one, since, difference)
                found[key] = max(found.get(key, told), told, key=lambda this: abs(this.difference.change))
    return sorted(found.values(), key=lambda this: this.difference.change)


def compared_with(rates: Sequence[PassRates], weekday: str) -> list[str]:
    """The days that any of these pass rates can be compared with."""
    days = {
        "yesterday": any(one.since_yesterday for one in rates),
        f"last {weekday}": any(one.since_last_week for one in rates),
    }
    return [name for name, known in days.items() if known]


class Driver(NamedTuple):
    """What one feature used in some days, and its share of all."""

    feature: str
    calls: int
    calls_share: float
    tokens: float
    usd: float | None
    usd_share: float | None
    judging_usd: float | None
    errors: float | None
    by_day: list[float]


def drivers(days: Sequence[DayUse]) -> list[Driver]:
    """Each feature over the days that are told, the busiest first."""
    calls, money = sum(one.calls for one in days), sum(spent(one) for one in days)
    known = sorted({one.day for one in days})
    features = dict.fromkeys(one.feature for one in days)
    found = [_driver([one for one in days if one.feature == name], known, calls, money) for name in features]
    return sorted(found, key=lambda one: (-one.calls, one.feature))


def spent(use: Use) -> float:
    """What its calls and judging them cost, as far as prices are known."""
    return (use.usd or 0.0) + (use.judging_usd or 0.0)


def _driver(own: Sequence[DayUse], known: Sequence[date], calls: int, money: float) -> Driver:
    by_day = {one.day: float(one.calls) for one in own}
    total = sum(one.calls for one in own)
    return Driver(
        feature=own[0].feature,
        calls=total,
        calls_share=total / calls if calls else 0.0,
        tokens=sum(one.input_tokens + one.output_tokens for one in own),
        usd=known_sum(one.usd for one in own),
        usd_share=sum(spent(one) for one in own) / money if money else None,
        judging_usd=known_sum(one.judging_usd for one in own),
        errors=min(sum(one.errors for one in own) / total, 1.0) if total else None,
        by_day=[by_day.get(day, 0.0) for day in known],
    )


def known_sum(amounts: Iterable[float | None]) -> float | None:
    """The sum of the amounts that are known; None when none is.

    >>> known_sum([1.5, None, 2.0]), known_sum([None]), known_sum([])
    (3.5, None, None)
    """
    known = [one for one in amounts if one is not None]
    return sum(known) if known else None


def leading(found: Sequence[Driver]) -> str:
    """Which feature makes most of the calls, and which costs most, in a sentence of Markdown.

    There may be no calls at all: judging what came before costs money too.
    """
    called = bool(found and found[0].calls)
    words = (
        f"{plain(found[0].feature, 60)} makes {_part(found[0].calls_share)} of the calls" if called else "no calls came"
    )
    dearest = max(found, key=lambda one: one.usd_share or 0.0, default=None)
    if dearest is None or not dearest.usd_share:
        return f"{words}."
    if called and dearest is found[0]:
        return f"{words} and {_part(dearest.usd_share)} of the cost."
    return f"{words}; {plain(dearest.feature, 60)} makes {_part(dearest.usd_share)} of the cost."


def _part(share: float) -> str:
    return f"{100 * share:.{0 if share >= 0.1 else 1}f}\u00a0%"
