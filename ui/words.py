"""How numbers and foreign text read on a page: rates with their interval and n, drops in points, names as they are."""

from __future__ import annotations

import re
import unicodedata
from math import floor, log10
from typing import Protocol

from evaluator.api.plan_shapes import PlanView
from evaluator.api.shapes import Bounded, Interval, MonitorView
from evaluator.distribution.scale import figure
from evaluator.monitors.metrics import METRICS, Kind
from evaluator.monitors.words import moved, noun
from evaluator.spreadsheet import inert

NO_DATA = "no data"
NBSP = "\u00a0"
NUMBERS = {name for name, metric in METRICS.items() if metric.kind is Kind.NUMBER}


class Named(Protocol):
    """What is watched: a feature's metric, or a judge's."""

    feature: str
    judge: str
    metric: str


def plain(text: object, limit: int = 120) -> str:
    """Foreign text as one Markdown code span: nothing in it is Markdown, a link, an image, maths or an icon.

    >>> plain("valid_json")
    '`valid_json`'
    >>> plain("![x](http://h/p.png) `a`")
    '`` ![x](http://h/p.png) `a` ``'
    """
    # Streamlit turns icon names into icons before it reads the Markdown, in code too: an unseen mark parts them.
    shown = (one_line(text, limit) or "(empty)").replace(":material/", ":\u2060material/")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def one_line(text: object, limit: int = 120) -> str:
    """Foreign text on one line of at most `limit` characters, without control characters and marks of direction.

    >>> one_line("a\\n\\x1b[31mb")
    'a [31mb'
    """
    kept = (" " if char.isspace() else char for char in str(text) if char.isspace() or not _unseen(char))
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def cell(text: object, limit: int = 120) -> str:
    """Foreign text for a table that can be downloaded: a spreadsheet must not take it for a formula.

    >>> cell("=1+1")
    "'=1+1"
    """
    return inert(one_line(text, limit))


def percent(rate: float | None) -> str:
    """A rate as a percentage with one decimal.

    >>> percent(0.97149), percent(None)
    ('97.1\\xa0%', 'no data')
    """
    return NO_DATA if rate is None else f"{100 * rate:.1f}{NBSP}%"


def count(n: float) -> str:
    """A number of votes: whole when it is whole.

    >>> count(12345), count(2.5)
    ('12,345', '2.5')
    """
    return f"{n:,.0f}" if float(n).is_integer() or n >= 100 else f"{n:,.1f}"


def span(interval: Interval) -> str:
    """The bounds of a 95 % interval.

    >>> span(Interval(n=10, rate=0.9, lo=0.596, hi=0.982))
    '59.6–98.2\\xa0%'
    """
    if interval.lo is None or interval.hi is None:
        return NO_DATA
    return f"{100 * interval.lo:.1f}–{100 * interval.hi:.1f}{NBSP}%"


def unscored(rate: Bounded) -> str:
    """What the rate would be had the unscored all failed, or all passed; empty when all are scored.

    >>> unscored(Bounded(n=90, rate=0.9, lo=0.82, hi=0.95, unscored=10, worst=0.81, best=0.91))
    '81.0–91.0\\xa0%'
    """
    if not rate.unscored or rate.worst is None or rate.best is None:
        return ""
    return f"{100 * rate.worst:.1f}–{100 * rate.best:.1f}{NBSP}%"


def usd(value: float | None) -> str:
    """Money: cents where there are dollars, two digits that say something below that; None when no price is known.

    >>> usd(12.345), usd(0.000123), usd(0), usd(None)
    ('12.35\\xa0USD', '0.00012\\xa0USD', '0\\xa0USD', 'no data')
    """
    if value is None:
        return NO_DATA
    if value >= 1 or value == 0:
        return f"{value:,.2f}{NBSP}USD" if value else f"0{NBSP}USD"
    places = max(2, 1 - floor(log10(value)))
    return f"{value:.{places}f}{NBSP}USD"


def seconds(ms: float | None) -> str:
    """A time in the unit that reads best; None when none was measured.

    >>> seconds(812.4), seconds(12_340), seconds(0.31), seconds(None)
    ('812\\xa0ms', '12.3\\xa0s', '0.3\\xa0ms', 'no data')
    """
    if ms is None:
        return NO_DATA
    if ms >= 1000:
        return f"{ms / 1000:,.1f}{NBSP}s"
    return f"{ms:.{0 if ms >= 10 else 1}f}{NBSP}ms"


def points(drop: float | None, *, rise: bool = False, unit: bool = True) -> str:
    """A drop of a rate in percentage points; with `rise` the drop is told of a share whose rise is worse.

    >>> points(0.0532), points(-0.01), points(0.0532, rise=True), points(0.0001)
    ('−5.3\xa0points', '+1.0\xa0points', '+5.3\xa0points', '0.0\xa0points')
    """
    if drop is None:
        return NO_DATA
    size = f"{abs(100 * drop):.1f}"
    sign = "" if size == "0.0" else "−" if (drop > 0) != rise else "+"
    return f"{sign}{size}{f'{NBSP}points' if unit else ''}"


def amount(value: float, metric: str) -> str:
    """A value of a metric with its unit.

    >>> amount(812.4, "latency_ms"), amount(27.6, "output_tokens")
    ('812\\xa0ms', '28')
    """
    unit = METRICS[metric].unit if metric in METRICS else ""
    return figure(value, metric) + (f"{NBSP}{unit}" if unit else "")


def smallest(one: MonitorView | PlanView, days: int) -> float | None:
    """The smallest change that would be found within so many days, negative where a fall is worse; None: not yet."""
    drop = next((found.drop for found in one.detectable if found.days == days), None)
    return None if drop is None else drop if one.bad == "up" else -drop


def noticed(one: MonitorView, days: int) -> str:
    """The same in words.

    >>> from evaluator.api.shapes import Detectable
    >>> from tests.fake_api import monitor
    >>> seen = monitor("chat", "tone", detectable=[Detectable(days=1, drop=0.053)])
    >>> noticed(seen, 1), noticed(seen, 3)
    ('−5.3\\xa0pt', 'not yet')
    """
    found = smallest(one, days)
    return "not yet" if found is None else f"{points(-found, unit=False)}{NBSP}pt"


def change(ways: set[str]) -> str:
    """What shares do that get worse in these ways, as a noun.

    >>> change({"down"}), change({"up"}), change({"down", "up"})
    ('drop', 'rise', 'change')
    """
    return {"down": "drop", "up": "rise"}[next(iter(ways))] if len(ways) == 1 else "change"


def headline(monitor: MonitorView) -> str:
    """What one monitor says, as a sentence in Markdown.

    The names and labels in it are foreign and go through `plain`.
    """
    what, told = subject(monitor), share_words(monitor)
    now, before = monitor.current, monitor.baseline
    if monitor.fires and before is not None and before.rate is not None and now.rate is not None:
        changed = f" changed: the share {told}" if told else ""
        return f"{what}{changed} {moved(monitor.bad)} from {percent(before.rate)} to {percent(now.rate)}"
    if monitor.state == "insufficient":
        return f"{what} has no baseline yet"
    if monitor.state == "judge_broken":
        return f"{what} cannot be told: the judge fails"
    if now.rate is None:
        return f"{what} has no {'verdicts' if monitor.judge else 'samples'} of late"
    near = monitor.state == "pending"
    if told:
        sign = "may be changing, which is not sure enough to tell" if near else "shows no sign of a change"
        return f"{what} {sign}: the share {told} is {percent(now.rate)}"
    sign = "and may be getting worse; that is not sure enough to tell" if near else "no sign that it got worse"
    return f"{what} is {percent(now.rate)}, {sign}"


def subject(monitor: Named) -> str:
    """What is watched, and of what, as Markdown.

    >>> from tests.fake_api import monitor
    >>> subject(monitor("chat", "tone")), subject(monitor("chat", "", metric="latency_ms"))
    ('Pass rate of `tone` on `chat`', 'Latency on `chat`')
    """
    of = f" of {plain(monitor.judge)}" if monitor.judge else ""
    return f"{metric_name(monitor.metric)}{of} on {plain(monitor.feature)}"


def metric_name(metric: str) -> str:
    """The metric, as a heading begins."""
    called = one_line(noun(metric), 60)
    return called[:1].upper() + called[1:]


def share_words(monitor: MonitorView | PlanView) -> str:
    """Which share of the metric the rates are, as Markdown; empty where the metric is a rate itself.

    >>> from tests.fake_api import monitor
    >>> share_words(monitor("chat", "", metric="latency_ms", says="latency slower than the baseline's p90 (812 ms)"))
    "slower than the baseline's p90 (812\xa0ms)"
    >>> share_words(monitor("chat", "", metric="stop_reason", says="with stop reason *x*"))
    '`with stop reason *x*`'
    """
    return which_share(monitor.metric, monitor.says)


def which_share(metric: str, says: str) -> str:
    """The same of a metric and what its alert says."""
    told = _share_text(metric, says)
    # Only labels are foreign, but whoever wrote them decides what they look like.
    if metric not in NUMBERS:
        return plain(told) if told else ""
    return re.sub(r"(?<=\d) (?=\w+\))", NBSP, told)


def share_text(monitor: MonitorView | PlanView) -> str:
    """The same as text that is no Markdown: for charts and tables."""
    return _share_text(monitor.metric, monitor.says)


def _share_text(metric: str, says: str) -> str:
    known = noun(metric)
    return "" if says == known else one_line(says.removeprefix(f"{known} "))


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")
