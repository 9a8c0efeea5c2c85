"""The report as one HTML file that asks for nothing: style and drawings are inside, and there is no script.

Every text goes through Jinja's autoescape. Names from samples are cut and cleaned of marks that turn text around first,
and stand isolated (`bdi`), so that none of them reorders what is beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from evaluator.alerts.plain import excerpt
from evaluator.monitors.words import RATE_OF_JUDGE, what
from evaluator.report import words
from evaluator.report.shapes import AlertFact, CostList, CoverageFact, FeatureFact, RateFact, ReportFacts

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_ROWS = 200
"""Of more pass rates the first ones are shown, those that fell before the others; so too of coverage."""
MOST_INCIDENTS = 50
MOST_BYTES = 1_000_000
NAME_LETTERS = 80
ALLOWED = ("http://", "https://")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What a browser lets the page do: nothing but show itself."""


def render(facts: ReportFacts, most_bytes: int = MOST_BYTES) -> str:
    """The whole page; with fewer rows where it would be larger than `most_bytes`."""
    rows, html = MOST_ROWS, _render(facts, MOST_ROWS)
    while len(html.encode()) > most_bytes and rows:
        rows //= 2
        html = _render(facts, rows)
    return html


def _render(facts: ReportFacts, rows: int) -> str:
    template = _environment().get_template("report.html")
    shown, more = _first(facts.features, rows)
    return template.render(
        facts=facts,
        incidents=facts.incidents[: min(rows, MOST_INCIDENTS)],
        features=shown,
        more=more,
        shifts=facts.shifts.found[:rows],
        coverage=sorted(facts.coverage, key=_trouble)[:rows],
        judges=facts.judges[:rows],
        shifted={(one.feature, one.judge) for one in facts.shifts.found if one.metric == RATE_OF_JUDGE},
        days=(facts.end - facts.start) / timedelta(days=1),
        course=partial(_course, facts),
        day_bars=_day_bars(facts.costs),
        policy=POLICY,
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("evaluator.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(name=_name, text=_text, href=_href)
    found.globals.update(words=words, what=what, share_of=share_of)
    return found


def _name(text: str) -> str:
    """A foreign name as it may stand in a table."""
    return excerpt(text, NAME_LETTERS) or "(empty)"


def _text(text: str) -> str:
    """A sentence with foreign names in it."""
    return excerpt(text, 400)


def _href(link: str) -> str:
    """An address that may be followed; nothing where it is no web address."""
    return link if link.startswith(ALLOWED) else ""


def share_of(alert: AlertFact) -> str:
    """What an alert is about, without the feature: a judge's pass rate, or the share of a metric.

    >>> told = AlertFact.model_construct(judge="tone", metric="pass_rate", says="pass rate", rule="")
    >>> share_of(told), share_of(told.model_copy(update={"judge": "", "metric": "latency_ms", "says": "slower"}))
    ('pass rate of tone', 'slower')
    """
    if alert.rule:
        return alert.rule
    named = what(alert.judge, alert.metric)
    return named if alert.judge and alert.says in ("pass rate", named) else alert.says


def _first(features: Sequence[FeatureFact], rows: int) -> tuple[list[FeatureFact], list[FeatureFact]]:
    """Features with so many pass rates in all, at least one where any is wanted; and the rest of them."""
    kept, left = 0, rows
    for one in features:
        if left <= 0:
            break
        kept, left = kept + 1, left - max(len(one.rates), 1)
    return list(features[:kept]), list(features[kept:])


def _trouble(one: CoverageFact) -> tuple[int, str, str]:
    """Where most is left unscored comes first."""
    return -(sum(one.errors.values()) + one.waiting + one.overdue), one.feature, one.judge


def _course(facts: ReportFacts, rate: RateFact) -> str:
    """The drawing of one pass rate; empty without votes."""
    from evaluator.plots.regression import Point
    from evaluator.plots.sparkline import Course, sparkline

    points = [
        Point(start=one.start, rate=one.rate, lo=one.lo, hi=one.hi, n=one.n)
        for one in rate.points
        if one.rate is not None and one.lo is not None and one.hi is not None
    ]
    if not points:
        return ""
    return sparkline(
        Course(
            points=points,
            start=facts.start,
            end=facts.end,
            step=timedelta(hours=rate.step_hours),
            baseline=rate.baseline.rate if rate.baseline else None,
            onset=rate.since,
        )
    )


def _day_bars(costs: CostList) -> str:
    """What was spent, day by day; empty where nothing was."""
    if not any(one.usd for one in costs.days):
        return ""
    from evaluator.plots.bars import bars

    return bars(list(_every_day(costs)), costs.usd_per_day_limit)


def _every_day(costs: CostList) -> Iterator[float]:
    """Also the days on which nothing was spent."""
    spent = {one.day: one.usd for one in costs.days}
    day, last = costs.days[0].day, costs.days[-1].day
    while day <= last:
        yield spent.get(day, 0.0)
        day += timedelta(days=1)
