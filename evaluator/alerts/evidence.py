"""The evidence pack: what an alert knows, as JSON for programs and as short text for a phone.

The JSON names are a promise; docs/alerts.md lists every one, and a test compares the two.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from evaluator.alerts.fit import Fit
from evaluator.alerts.plain import excerpt
from evaluator.api.shapes import Bounded, Interval, MarkerFit
from judges.text import last_request_text, response_text, tool_uses
from store.records import Baseline, DriftCheck, Json, Monitor, Sample, Share, Verdict
from store.samples import EARLIEST

if TYPE_CHECKING:
    from evaluator.drift.drop import Drop
    from evaluator.explanation.explain import Explanation

EXAMPLES = 3
SLICES = 3
LABELS = 50
BRIEF = ("monitor", "rule", "says", "bad", "value", "baseline", "drop", "onset")
"""What headlines are made of."""
_LARGEST_LOG = 690.0
"""Above it, exp() comes near the largest float; JSON has no infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a look found, as far as a message tells it.

    `examples` are failing samples, the most telling first; `marker` is the one nearest to the onset, if any is near.
    `bad` is the worse direction of the share. `failed` counts verdicts that the judge failed to give, in the baseline
    and now; they are part of what `current` calls unscored.
    """

    monitor: Monitor
    check: DriftCheck
    baseline: Baseline
    reference: Interval
    current: Bounded
    false_alarms_per_30_days: float
    bad: str = "down"
    failed: tuple[float, float] = (0.0, 0.0)
    examples: Sequence[tuple[Sample, Verdict]] = ()
    marker: Fit | None = None
    explanation: Explanation | None = None
    public_url: str = ""


def pack(facts: Facts) -> dict[str, Any]:
    """The evidence of a firing alert: JSON-able, texts cut and cleaned of control characters, but not yet of markup."""
    series, check, link = facts.monitor.series, facts.check, page(facts.public_url, facts.monitor.monitor_id)
    return {
        "monitor": {
            "monitor_id": facts.monitor.monitor_id,
            "feature": series.feature,
            "judge": series.judge,
            "judge_version": series.judge_version,
            "metric": series.metric,
        },
        "says": check.says and excerpt(check.says),
        "reading": check.reading,
        "bad": facts.bad,
        "share": _share(check.share),
        "value": facts.current.model_dump(include={"n", "rate", "lo", "hi"}),
        "baseline": {
            **facts.reference.model_dump(),
            "start_at": iso(facts.baseline.start_at),
            "end_at": iso(facts.baseline.end_at),
            "origin": facts.baseline.origin,
        },
        "drop": {"at_alarm": {"size": check.drop, "lo": check.drop_lo, "hi": check.drop_hi}},
        "evidence": _strength(check, facts.false_alarms_per_30_days),
        "onset": {"at": iso(check.onset_at), "lo_at": iso(check.onset_lo_at), "hi_at": iso(check.onset_hi_at)},
        "marker": facts.marker and shown(facts.marker).model_dump(mode="json"),
        **_happened(facts),
        "coverage": _coverage(facts),
        "examples": [_example(sample, verdict, link) for sample, verdict in facts.examples[:EXAMPLES]],
        "flags": list(check.flags),
        "looked_at": iso(check.looked_at),
        "link": link,
        "told": True,
    }


def _share(share: Share) -> dict[str, Any]:
    labels = [excerpt(label) for label in share.labels[:LABELS]]
    return {"low": share.low, "high": share.high, "labels": labels, "others": share.others}


def share_of(evidence: Json) -> Share:
    """The share that the alert is of; that of a rate where none is told, as in alerts of older versions."""
    told = evidence.get("share") or {}
    return Share(**{**told, "labels": tuple(told.get("labels", ()))})


def _happened(facts: Facts) -> dict[str, Any]:
    """Where it fell, how much of it is mix, whether other requests came, and what the unscored could hide."""
    found, now = facts.explanation, facts.current
    slices = found.slices[:SLICES] if found else ()
    return {
        "why": found and excerpt(found.sentence, 500),
        "where": [
            {
                "name": excerpt(one.name),
                "score": one.score,
                "rate_before": one.rate_before,
                "rate_now": one.rate_now,
                "n_before": one.n_before,
                "n_now": one.n_now,
            }
            for one in slices
            if one.score > 0
        ],
        "mix": found and {"share": found.mix_share, "in_words": excerpt(found.mix_in_words, 500)},
        "inputs": found
        and found.requests
        and {
            "changed": found.requests.changed,
            "in_words": excerpt(found.requests.verdict, 500),
        },
        "bounds": {"unscored": now.unscored, "worst": now.worst, "best": now.best},
    }


def _coverage(facts: Facts) -> dict[str, Any] | None:
    """How many of those that were to be judged have a verdict; None of metrics without a judge."""
    if not facts.monitor.series.judge:
        return None
    failed_before, failed = facts.failed
    scored, waiting = facts.current.n, facts.current.unscored - failed
    share, before = _part(scored, failed + waiting), _part(facts.reference.n, failed_before)
    return {
        "scored": scored,
        "failed": failed,
        "waiting": waiting,
        "share": share,
        "share_before": before,
        "in_words": _coverage_in_words(share, before, (failed, waiting)),
    }


def _part(scored: float, unscored: float) -> float | None:
    return scored / (scored + unscored) if scored + unscored > 0 else None


def _coverage_in_words(share: float | None, before: float | None, lacking: tuple[float, float]) -> str:
    """Whether verdicts are lacking: `lacking` failed and waits.

    >>> _coverage_in_words(0.9, 0.99, (20, 40)), _coverage_in_words(1.0, 1.0, (0, 0))
    ('Verdicts: 90.0 % of what was to be judged (99.0 % in the baseline); 20 failed, 40 wait', 'Verdicts: none lacking')
    """
    if share is None:
        return ""
    failed, waiting = lacking
    if not failed + waiting:
        return "Verdicts: none lacking"
    was = "" if before is None else f" ({before:.1%} in the baseline)".replace("%", " %")
    now = f"{share:.1%}".replace("%", " %")
    return f"Verdicts: {now} of what was to be judged{was}; {failed:,.0f} failed, {waiting:,.0f} wait"


def with_recovery(evidence: Json, current: Interval, since: Drop | None = None) -> dict[str, Any]:
    """The evidence of a resolved alert: what fired, how far it was down since, and the rate at which it recovered."""
    refreshed = since and {"size": since.size, "lo": since.lo, "hi": since.hi}
    return {**evidence, "drop": {**evidence["drop"], "refreshed": refreshed}, "recovery": current.model_dump()}


def shown(fit: Fit) -> MarkerFit:
    """A marker and how well its time fits the onset, without control characters."""
    return MarkerFit(
        kind=fit.marker.kind,
        name=excerpt(fit.marker.name),
        feature=fit.marker.feature,
        origin=fit.marker.origin,
        ts=fit.marker.ts,
        fit=fit.place,
        timing=fit.timing(),
        in_words=excerpt(fit.words(), 500),
    )


def present(evidence: Json, check: DriftCheck | None, public_url: str) -> dict[str, Any]:
    """Stored evidence as it is told: with links to the service's present address, and what `check` says by now.

    `check` is the monitor's last look, None where the alert is over; one that saw no more than the alarm says nothing.
    """
    told = dict(evidence)
    if monitor_id := (told.get("monitor") or {}).get("monitor_id"):
        link = f"{public_url.rstrip('/')}/" if told.get("rule") else page(public_url, monitor_id)
        told["link"] = link
        told["examples"] = [
            one | {"link": _to_sample(link, one.get("sample_id", ""))} for one in told.get("examples") or ()
        ]
    if check and check.drop is not None and check.looked_at > _looked_at(told) and speaks_of(check, told):
        now = {"size": check.drop, "lo": check.drop_lo, "hi": check.drop_hi, "rate": check.p_now}
        told["drop"] = {**(told.get("drop") or {}), "now": now}
    return told


def in_brief(told: Json) -> dict[str, Any]:
    """What an incident's headline needs of an alert's evidence: what, from where to where, since when."""
    return {name: told[name] for name in BRIEF if name in told}


def past(told: Json) -> dict[str, Any]:
    """What was told, without the last look: the alert is over, and the look was of another time."""
    return {**told, "drop": {name: size for name, size in (told.get("drop") or {}).items() if name != "now"}}


def speaks_of(check: DriftCheck, told: Json) -> bool:
    """Whether a look is of the share that the alert is of; a metric has several."""
    return check.reading == int(told.get("reading") or 0)


def _looked_at(told: Json) -> datetime:
    """What the alarm saw; alerts of older versions do not say."""
    at = datetime.fromisoformat(told["looked_at"]) if told.get("looked_at") else EARLIEST
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def page(public_url: str, monitor_id: str) -> str:
    """The address of the monitor's regression page."""
    return f"{public_url.rstrip('/')}/regression?monitor={quote(monitor_id, safe='')}"


def iso(moment: datetime | None) -> str | None:
    """A UTC time as messages and evidence write it."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def odds(log_ratio: float | None) -> str:
    """A likelihood ratio in words, three digits when it is large.

    >>> odds(math.log(31_040)), odds(math.log(2.5)), odds(800.0)
    ('31,000:1', '2.5:1', '10^347:1')
    """
    if log_ratio is None:
        return "none"
    if log_ratio > math.log(1e9):
        return f"10^{math.floor(log_ratio / math.log(10))}:1"
    return f"{float(f'{math.exp(log_ratio):.3g}'):,.15g}:1"


def _strength(check: DriftCheck, false_alarms_per_30_days: float) -> dict[str, Any]:
    threshold = f"{math.exp(min(check.log_threshold, _LARGEST_LOG)):,.0f}"
    return {
        "ratio": _exp(check.log_evidence),
        "threshold": _exp(check.log_threshold),
        "log_ratio": check.log_evidence,
        "log_threshold": check.log_threshold,
        "false_alarms_per_30_days": false_alarms_per_30_days,
        "in_words": f"evidence {odds(check.log_evidence)} against ‘nothing changed’, threshold {threshold}",
    }


def _example(sample: Sample, verdict: Verdict, link: str) -> dict[str, Any]:
    return {
        "sample_id": sample.sample_id,
        "ts": iso(sample.ts),
        "request": excerpt(last_request_text(sample)),
        "response": excerpt(_answer(sample)),
        "explanation": excerpt(verdict.explanation or ""),
        "link": _to_sample(link, sample.sample_id),
    }


def _to_sample(link: str, sample_id: str) -> str:
    return f"{link}&sample={quote(sample_id, safe='')}"


def _answer(sample: Sample) -> str:
    """What the model answered: its text, else its tool calls, else the error."""
    calls = [f"{call.get('name')} {json.dumps(call.get('input'), ensure_ascii=False)}" for call in tool_uses(sample)]
    return response_text(sample) or "; ".join(calls) or (f"error: {sample.error}" if sample.error else "")


def _exp(log_value: float | None) -> float | None:
    return None if log_value is None else float(f"{math.exp(min(log_value, _LARGEST_LOG)):.6g}")
