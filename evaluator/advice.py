"""What a plan says in one sentence: what is in the way of the fall that should be seen, and what to do about it."""

from __future__ import annotations

from evaluator.api.plan_shapes import PlanView
from evaluator.monitors.baseline import enough
from evaluator.monitors.metrics import METRICS
from evaluator.planning import Reason, Supply
from evaluator.settings import DriftSettings

FEWER = 0.8
"""A lower rate is worth a word when it saves this much."""
WORTH_KEEPING = 1.05


def advice(view: PlanView, supply: Supply, drift: DriftSettings, min_drop: float) -> str:
    """The plan's reason as a sentence; `min_drop` is the smallest change of the monitor that raises an alert."""
    match Reason(view.reason):
        case Reason.SEEN:
            return _seen(view)
        case Reason.MORE_VOTES:
            return _more_votes(view, supply)
        case Reason.TRAFFIC:
            return _traffic(view, supply)
        case Reason.SMALL_BASELINE:
            return _small_baseline(view)
        case Reason.NO_BASELINE:
            needed = enough(METRICS[view.metric], drift)
            wanted = f"{needed.votes:,} votes and {needed.hours:g} hours"
            return f"no baseline yet: it takes {wanted}, and {_votes(view.votes_per_day)} votes a day come in"
        case Reason.NO_TRAFFIC:
            return "no votes in the last 7 days: there is nothing to see a fall in"
        case Reason.BELOW_MIN_DROP:
            return f"a change below its min_drop ({100 * min_drop:g} points) raises no alert, whatever the votes"
        case Reason.AT_ZERO:
            if view.says.startswith("with "):
                return f"the share {view.says} cannot get worse; the metric's other shares are watched too"
            return f"its {view.says} cannot get worse"


def lasting(days: float) -> str:
    """A time in words.

    >>> lasting(0.02), lasting(0.25), lasting(1.0), lasting(12.34)
    ('29 minutes', '6 hours', '24 hours', '12.3 days')
    """
    if days < 1 / 16:
        return f"{max(round(days * 1440), 15)} minutes"
    return f"{days * 24:.0f} hours" if days < 1.5 else f"{days:.1f} days"


def _seen(view: PlanView) -> str:
    said = f"seen in {lasting(view.days_now or 0.0)} half of the time"
    said += f", in {lasting(view.days_now_sure)} nine times in ten" if view.days_now_sure else ""
    if view.rate and view.rate_needed is not None and view.rate_needed < FEWER * view.rate:
        said += f"; a rate of {view.rate_needed:.2g} would do"
    return said


def _more_votes(view: PlanView, supply: Supply) -> str:
    said = f"needs {_votes(view.votes_per_day_needed or 0.0)} votes a day"
    if view.rate_needed is None or view.rate is None:
        unknown = view.votes_per_day_at_most is None
        return f"{said}; what could be judged is not known, as its judge does not judge now" if unknown else said
    if supply.factor < 1.0 and view.rate_needed <= view.rate:
        money = f" to {view.usd_per_day_needed:,.2f} USD a day" if view.usd_per_day_needed else ""
        return f"{said}; a budget leaves {100 * supply.factor:.2g} % of its rate: raise it{money}"
    said += f": set the judge's rate from {view.rate:.2g} to {view.rate_needed:.2g}"
    if supply.usd_limit is not None and (view.usd_per_day_needed or 0.0) > supply.usd_limit:
        said += f", and raise its budget of {supply.usd_limit:,.2f} USD a day"
    return said


def _traffic(view: PlanView, supply: Supply) -> str:
    most = view.votes_per_day_at_most or 0.0
    wait = f"takes {lasting(view.days_at_most)}" if view.days_at_most else "does not find it"
    said = f"even judging everything ({_votes(most)} votes a day) {wait}"
    if supply.keepable > WORTH_KEEPING:
        said += f"; keeping everything too (sampling.rate = 1) gives {_votes(most * supply.keepable)} votes a day"
    return said


def _small_baseline(view: PlanView) -> str:
    needed, now = view.reference_needed, view.reference_votes
    if needed is None:
        return "no baseline size is enough for this fall: ask for a larger drop"
    said = f"its baseline of {_votes(now)} votes is too small for this fall: enlarge it to {_votes(needed)} votes"
    if needed > now and view.votes_per_day:
        said += f", or wait: votes without an alarm join it, in {lasting((needed - now) / view.votes_per_day)} enough"
    return said


def _votes(votes: float) -> str:
    return f"{votes:,.0f}" if votes >= 10 else f"{votes:.2g}"
