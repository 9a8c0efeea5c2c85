"""How monitors are spoken of: their name, what their rates are the share of, and which way these moved.

Names and labels in the words are foreign text as it came: whoever shows them makes them harmless for that place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluator.monitors.metrics import METRICS, Kind

if TYPE_CHECKING:
    from evaluator.api.baseline_shapes import BaselineView
    from evaluator.api.plan_shapes import PlanView
    from evaluator.api.shapes import MonitorView

RATE_OF_JUDGE = "pass_rate"
"""The metric that people know by its judge alone."""


def noun(metric: str) -> str:
    """What a metric is called; one of a newer service by its name there.

    >>> noun("latency_ms"), noun("judge_errors"), noun("charm")
    ('latency', 'judge error rate', 'charm')
    """
    return METRICS[metric].noun if metric in METRICS else metric.replace("_", " ")


def what(judge: str, metric: str) -> str:
    """What a monitor watches of its feature.

    >>> what("tone", "pass_rate"), what("tone", "score"), what("", "latency_ms")
    ('pass rate of tone', 'score of tone', 'latency')
    """
    return f"{noun(metric)} of {judge}" if judge else noun(metric)


def name(feature: str, judge: str, metric: str) -> str:
    """A monitor's name: feature and judge where it is a pass rate, as ever.

    >>> name("chat", "tone", "pass_rate"), name("chat", "tone", "score"), name("chat", "", "latency_ms")
    ('chat / tone', 'chat / score of tone', 'chat / latency')
    """
    return f"{feature} / {judge if metric == RATE_OF_JUDGE else what(judge, metric)}"


def share(metric: str, says: str) -> str:
    """What the rates are of, ready for a number to follow.

    >>> share("pass_rate", "pass rate"), share("stop_reason", "with stop reason max_tokens")
    ('pass rate', 'share with stop reason max_tokens:')
    >>> share("latency_ms", "latency slower than the baseline's p90 (812 ms)")
    "latency slower than the baseline's p90 (812 ms):"
    """
    known = METRICS.get(metric)
    if known and known.kind in (Kind.RATE, Kind.FLAG):
        return says
    return f"share {says}:" if says.startswith("with ") else f"{says}:"


def changed(view: MonitorView) -> bool:
    """Whether the rate differs from the baseline's as both are shown, with one decimal; so too when one is missing."""
    before, now = view.baseline.rate if view.baseline else None, view.current.rate
    return before is None or now is None or f"{100 * before:.1f}" != f"{100 * now:.1f}"


def of_view(view: MonitorView | BaselineView | PlanView) -> str:
    """The name of a monitor."""
    return name(view.feature, view.judge, view.metric)


def moved(bad: str) -> str:
    """What a share did that got worse.

    >>> moved("down"), moved("up")
    ('fell', 'rose')
    """
    return "rose" if bad == "up" else "fell"
