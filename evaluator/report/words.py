"""How a report's figures read, on the page and in the text. Foreign names go through each of them as they came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from evaluator.api.shapes import Detectable, Interval
from evaluator.report.shapes import Change, Counts, ReportFacts, ShiftList

NONE = "–"
REASONS = {
    "rate": "left out by the sampling rate",
    "budget": "left out by a budget",
    "talking": "of conversations that still go on",
    "duplicate": "sent twice",
    "no_content": "without content",
    "self_traffic": "calls of the judges themselves",
    "rejected": "rejected",
    "missing": "without text",
    "withheld": "text withheld by a setting",
    "expired": "text deleted by its age",
    "incomplete": "text not whole",
}
STATES = {
    "firing": "regressed",
    "ok": "steady",
    "insufficient": "no baseline yet",
    "no_data": "no votes",
    "judge_broken": "its judge fails",
}


def headline(counts: Counts) -> str:
    """The report in one sentence.

    >>> none = dict.fromkeys(Counts.model_fields, 0)
    >>> told = {"open": 2, "resolved": 1, "watched": 40, "firing": 2, "steady": 29, "minor": 1, "no_baseline": 6}
    >>> headline(Counts(**none | told | {"no_votes": 1, "judge_broken": 1}))
    '2 regressions are open, 1 was resolved; of the other 38 monitors 29 are steady, 1 shows a minor shift, 8 cannot \
be told (6 have no baseline yet, 1 had no votes, 1 has a judge that fails).'
    >>> headline(Counts(**none | {"watched": 3, "steady": 3}))
    'No regression is open; all 3 monitors are steady.'
    >>> headline(Counts(**none))
    'Nothing is watched yet: monitors appear with the first verdicts.'
    """
    if not (counts.watched or counts.open or counts.resolved):
        return "Nothing is watched yet: monitors appear with the first verdicts."
    opened = (
        _many(counts.open, "regression is open", "regressions are open") if counts.open else "No regression is open"
    )
    resolved = f", {counts.resolved:,} {'was' if counts.resolved == 1 else 'were'} resolved" if counts.resolved else ""
    return f"{opened}{resolved}{_others(counts)}."


def _others(counts: Counts) -> str:
    """Of everything that does not fire, how much is known to be well."""
    why = [
        (counts.no_baseline, "has no baseline yet", "have no baseline yet"),
        (counts.no_votes, "had no votes", "had no votes"),
        (counts.judge_broken, "has a judge that fails", "have a judge that fails"),
    ]
    unknown = sum(n for n, _, _ in why)
    rest = counts.steady + counts.minor + unknown
    other = "other " if counts.firing else ""
    if rest == counts.steady:
        all_ = f"the {other}monitor is" if rest == 1 else f"all {rest:,} {other}monitors are"
        return f"; {all_} steady" if rest else ""
    known = [_many(*one) for one in why if one[0]]
    parts = [
        _many(counts.steady, "is steady", "are steady") if counts.steady else "",
        _many(counts.minor, "shows a minor shift", "show a minor shift") if counts.minor else "",
        f"{unknown:,} cannot be told ({', '.join(known)})" if unknown else "",
    ]
    monitors = "monitor" if rest == 1 else "monitors"
    return f"; of the {other}{rest:,} {monitors} {', '.join(filter(None, parts))}"


def title(facts: ReportFacts) -> str:
    """The subject of the message."""
    counts = facts.counts
    opened = _many(counts.open, "regression open", "regressions open") if counts.open else "no regression open"
    resolved = f", {counts.resolved:,} resolved" if counts.resolved else ""
    return f"Leadline report, {period(facts)}: {opened}{resolved}"


def period(facts: ReportFacts) -> str:
    """The days of the report, in its time zone."""
    start, end = (moment.astimezone(ZoneInfo(facts.time_zone)) for moment in (facts.start, facts.end))
    first = f"{start.day} {start:%b}" + (f" {start.year}" if start.year != end.year else "")
    return f"{first} to {end.day} {end:%b %Y}"


def length(facts: ReportFacts) -> str:
    """How long it is.

    >>> from evaluator.report.shapes import ReportFacts
    >>> day = datetime(2026, 11, 20)
    >>> length(ReportFacts.model_construct(start=day, end=day + timedelta(days=7)))
    '7 days'
    """
    days = (facts.end - facts.start) / timedelta(days=1)
    return "1 day" if days == 1 else f"{days:.3g} days"


def _many(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def percent(rate: float | None) -> str:
    """A rate with one decimal; no data is no number.

    >>> percent(0.9512), percent(None)
    ('95.1 %', '–')
    """
    return NONE if rate is None else f"{100 * rate:.1f} %"


def span(rate: Interval) -> str:
    """Its 95 % interval.

    >>> span(Interval(n=10, rate=0.9, lo=0.596, hi=0.982))
    '59.6 to 98.2 %'
    """
    return NONE if rate.lo is None or rate.hi is None else f"{100 * rate.lo:.1f} to {100 * rate.hi:.1f} %"


def points(change: Change, bad: str) -> str:
    """How far a share moved: down where a fall is worse, up where a rise is.

    >>> points(Change(size=0.131, lo=0.09, hi=0.17), "down"), points(Change(size=-0.002, lo=-0.01, hi=0.01), "down")
    ('−13.1 points', '+0.2 points')
    """
    rise = change.size if bad == "up" else -change.size
    return f"{signed(rise)} points"


def points_span(change: Change, bad: str) -> str:
    """The ends of its interval, the lower first.

    >>> points_span(Change(size=0.131, lo=0.09, hi=0.17), "down"), points_span(Change(size=0.1, lo=0.0, hi=0.2), "up")
    ('−17.0 to −9.0', '0.0 to +20.0')
    """
    ends = (change.lo, change.hi) if bad == "up" else (-change.hi, -change.lo)
    return f"{signed(ends[0])} to {signed(ends[1])}"


def signed(rate: float) -> str:
    """A change in points with its sign, a true minus; nothing has none.

    >>> signed(0.0123), signed(-0.05), signed(-0.0001)
    ('+1.2', '−5.0', '0.0')
    """
    size = f"{abs(100 * rate):.1f}"
    return size if size == "0.0" else f"{'+' if rate > 0 else '−'}{size}"


def count(n: float) -> str:
    """A number of votes, whole where it is.

    >>> count(12345.0), count(2.5)
    ('12,345', '2.5')
    """
    return f"{n:,.0f}" if float(n).is_integer() or n >= 100 else f"{n:,.1f}"


def usd(amount: float | None) -> str:
    """Money with the digits that say something.

    >>> usd(1234.567), usd(0.00123), usd(0.0), usd(None)
    ('1,234.57 USD', '0.0012 USD', '0 USD', 'price not known')
    """
    if amount is None:
        return "price not known"
    return f"{amount:,.2f} USD" if amount >= 0.1 else f"{amount:.2g} USD"


def moment(value: datetime, zone: str) -> str:
    """A time to the minute, in the report's zone.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 11, 20, 12, tzinfo=UTC), "Europe/Berlin")
    '2026-11-20 13:00'
    """
    return f"{value.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def duration(seconds: float) -> str:
    """A time span in its largest fitting unit.

    >>> duration(90.0), duration(7200.0), duration(400000.0)
    ('2 minutes', '2 hours', '5 days')
    """
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size or unit == "minute":
            n = max(round(seconds / size), 1)
            return f"{n:,} {unit}{'s' * (n != 1)}"
    raise AssertionError("the last unit always fits")


def noticed(found: tuple[Detectable, ...], days: int) -> str:
    """The smallest change that would be found within so many days.

    >>> noticed((Detectable(days=1, drop=0.053),), 1), noticed((), 3)
    ('5.3 points', '–')
    """
    drop = next((one.drop for one in found if one.days == days), None)
    return NONE if drop is None else f"{100 * drop:.1f} points"


def reasons(found: Mapping[str, int]) -> str:
    """Why samples were left out, the most frequent reason first.

    >>> reasons({"rate": 1200, "timeout": 3})
    '1,200 left out by the sampling rate, 3 timeout'
    """
    return ", ".join(f"{n:,} {REASONS.get(name, name.replace('_', ' '))}" for name, n in found.items())


def shift_note(found: ShiftList) -> str:
    """What the list of minor shifts promises.

    >>> shift_note(ShiftList(fdr=0.1, monitors=40, found=()))
    'Chosen among 40 monitors by e-BH: on average at most 10 % of such a list is false.'
    """
    among = _many(found.monitors, "monitor", "monitors")
    return f"Chosen among {among} by e-BH: on average at most {100 * found.fdr:.0f} % of such a list is false."


def odds(ratio: float) -> str:
    """Evidence as a ratio.

    >>> odds(312.4), odds(1e12)
    ('312:1', '10^12:1')
    """
    return f"{float(f'{ratio:.3g}'):,.0f}:1" if ratio < 1e9 else f"10^{f'{ratio:.0e}'.split('e+')[1].lstrip('0')}:1"
