"""The comparison: judge by judge over the whole traffic, then slice by slice, with errors controlled over all of them.

Passing needs every judge, so no correction is due: a bad candidate passes only if the judge that sees it is wrong.
Failing needs one of several, so the p values of all judges together, and those of all their slices together, are
adjusted by Holm's method: of candidates that are nowhere worse than the margin, at most 2.5 % each, 5 % in all, fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from evaluator.api.gate_shapes import GateReport, GateResult, GateSlice, Outcome, Reason
from evaluator.drift.correction import holm
from evaluator.drift.noninferiority import ALPHA, Margin, against, votes_to_decide
from evaluator.drift.unpaired import Groups
from evaluator.errors import InputError
from evaluator.gate import matching, wording
from evaluator.gate.counted import Counted, count
from evaluator.gate.languages import LANGUAGE, with_languages
from evaluator.gate.sides import Pair, Side
from evaluator.gate.slices import Slice, keys_of, slices
from evaluator.settings import Settings
from store.records import Series
from store.sides import MOST, Judged

NOBODY = Counted(Groups(0.0, 0.0, 0.0, 0.0), None, (0.0, 0.0), 0, 0, None)

MOST_NAMED = 5
"""Features of a side in a message."""
SET_FEATURE = "To give all rows of the files one feature, write e.g. --set feature=chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to compare: `judges` and `slices` that somebody asked for, the margin, whether ids are looked at.

    `segments_of` a feature are the metadata keys that the configuration gives, None where it leaves the choice to the
    store. Groups are compared within their values, as a monitor does, and they are the slices when nobody names some.
    """

    margin: float
    judges: Sequence[str] = ()
    slices: Sequence[str] = ()
    segments_of: Callable[[str], Sequence[str] | None] = lambda _: ()
    unpaired: bool = False


def planned(
    settings: Settings, *, judges: Sequence[str], slices: Sequence[str], margin: float | None, unpaired: bool
) -> Plan:
    """The plan that somebody asked for; what was left open is the settings'."""
    return Plan(
        margin=settings.drift.min_drop if margin is None else margin,
        judges=judges,
        slices=slices,
        segments_of=lambda feature: settings.feature(feature).segments,
        unpaired=unpaired,
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    """The version of a judge to compare by; why there is none, and what is to be told about it."""

    series: Series
    absent: Reason | None = None
    new: bool = False
    note: str = ""

    @property
    def common(self) -> bool:
        return self.absent is None and not self.new


@dataclass(frozen=True, slots=True)
class _Looked:
    """One judge on one feature, before anything is adjusted."""

    series: Series
    whole: Counted
    at_margin: Margin | None
    parts: tuple[Slice, ...]
    waiting: int
    absent: Reason | None = None
    keys: frozenset[str] = frozenset()
    """Those of the plan's slices that some vote has."""


def compare(baseline: Side, candidate: Side, plan: Plan) -> GateReport:
    """The report; InputError when no judge version has judged both sides."""
    judges = _judges(baseline, candidate, plan)
    if not any(one.common for one in judges):
        raise InputError(_nothing(baseline, candidate, plan, judges))
    looked = [_look(baseline, candidate, one, plan) for one in judges if not one.new]
    results = _results(looked, plan)
    parts = _parts(looked, plan)
    outcomes = [*(one.outcome for one in results), *(one.outcome for one in parts if one.outcome is Outcome.FAIL)]
    return GateReport(
        baseline=baseline.name,
        candidate=candidate.name,
        margin=plan.margin,
        outcome=_whole(outcomes),
        results=results,
        slices=[part for part in parts if part.text],
        slices_tested=len(parts),
        notes=[
            *baseline.notes,
            *candidate.notes,
            *(one.note for one in judges if one.note),
            *(f"no vote has the key {key}: --slice {key} looks at nothing" for key in _unknown(looked, plan)),
        ],
    )


def _unknown(looked: Sequence[_Looked], plan: Plan) -> list[str]:
    """The keys that somebody asked for and no vote has."""
    known = frozenset[str]().union(*(one.keys for one in looked))
    return [key for key in dict.fromkeys(plan.slices) if key not in known]


def _whole(outcomes: Sequence[Outcome]) -> Outcome:
    for outcome in (Outcome.FAIL, Outcome.UNDECIDED):
        if outcome in outcomes:
            return outcome
    return Outcome.PASS


def _judges(baseline: Side, candidate: Side, plan: Plan) -> list[_Judge]:
    """For each feature and judge of either side: what it can be compared by."""
    before, after = _by_judge(baseline.judged(), plan), _by_judge(candidate.judged(), plan)
    return [_judge(before.get(name, []), after.get(name, [])) for name in sorted(before.keys() | after.keys())]


def _by_judge(judged: Sequence[Judged], plan: Plan) -> dict[Pair, list[Judged]]:
    found: dict[Pair, list[Judged]] = {}
    for one in judged:
        if not plan.judges or one.series.judge in plan.judges:
            found.setdefault((one.series.feature, one.series.judge), []).append(one)
    return found


def _judge(before: Sequence[Judged], after: Sequence[Judged]) -> _Judge:
    versions = {one.series for one in before}
    common = [one for one in after if one.series in versions]
    newest = max(common or before or after, key=lambda one: (one.judged_at, one.series.judge_version))
    told = f"{newest.series.feature} / {newest.series.judge}"
    if common:
        capped = f"{told}: of {newest.n:,} verdicts the newest {MOST:,} count" if newest.n > MOST else ""
        return _Judge(newest.series, note=capped)
    if before:
        return _Judge(newest.series, absent=Reason.OTHER_VERSION if after else Reason.NO_VOTES)
    return _Judge(newest.series, new=True, note=f"{told}: not compared, it has no verdict on the baseline")


def _nothing(baseline: Side, candidate: Side, plan: Plan, judges: Sequence[_Judge]) -> str:
    if any(one.absent is Reason.OTHER_VERSION for one in judges):
        return "the sides were judged by different versions of the judges: judge one of them again (`leadline score`)"
    by = f" by {', '.join(plan.judges)}" if plan.judges else ""
    features = {side.name: _features(side, plan) for side in (baseline, candidate)}
    lacking = [side for side in (baseline, candidate) if not features[side.name]]
    if not lacking:
        return _strangers(features)
    if others := {side.name: some for side in lacking if side.of_file and (some := _features(side.whole(), plan))}:
        return f"the feature that was asked for is not in every file: {_named(others)}. {SET_FEATURE}"
    names = " and ".join(side.name for side in lacking)
    return f"there is no verdict{by} on {names}: look at the names, the feature and `leadline judges`"


def _features(side: Side, plan: Plan) -> list[str]:
    return sorted({feature for feature, _ in _by_judge(side.judged(), plan)})


def _strangers(features: Mapping[str, Sequence[str]]) -> str:
    """That no judge has judged the same feature on both sides."""
    common = set.intersection(*(set(some) for some in features.values()))
    if common:
        return (
            f"no judge has verdicts on the same feature of both sides ({_named(features)}): look at `leadline judges`"
        )
    return f"the sides have no feature in common: {_named(features)}. {SET_FEATURE}"


def _named(features: Mapping[str, Sequence[str]]) -> str:
    """What features which side has; of many, the first."""
    return "; ".join(f"{name} has {', '.join(some[:MOST_NAMED])}" for name, some in features.items())


def _look(baseline: Side, candidate: Side, judge: _Judge, plan: Plan) -> _Looked:
    series = judge.series
    if judge.absent:
        return _Looked(series, NOBODY, None, (), 0, judge.absent)
    strata = plan.segments_of(series.feature)
    if strata is None:
        strata = candidate.segments(series.feature) or baseline.segments(series.feature)
    keys = plan.slices or strata
    before, after = baseline.verdicts(series), candidate.verdicts(series)
    if LANGUAGE in keys:
        before, after = with_languages(baseline.c, before), with_languages(candidate.c, after)

    def by_request() -> tuple[matching.KeyOf, matching.KeyOf]:
        return matching.by_request(baseline.asked(before)), matching.by_request(candidate.asked(after))

    if plan.unpaired:
        votes = matching.groups(before, after, strata)
    else:
        live = not (baseline.of_file or candidate.of_file)
        votes = matching.votes(before, after, by_request, strata, live)
    whole = count(votes)
    parts = tuple(slices(votes, keys, whole))
    waiting = candidate.waiting.get((series.feature, series.judge), 0)
    known = keys_of(votes, plan.slices)
    return _Looked(series, whole, against(whole.compared, plan.margin), parts, waiting, keys=known)


def _results(looked: Sequence[_Looked], plan: Plan) -> list[GateResult]:
    adjusted = iter(holm([one.at_margin.p_worse for one in looked if one.at_margin]))
    return [_result(one, next(adjusted) if one.at_margin else None, plan.margin) for one in looked]


def _result(one: _Looked, p_worse: float | None, margin: float) -> GateResult:
    told = one.whole.told()
    reason = _reason(one, p_worse, margin)
    outcome = {Reason.NOT_WORSE: Outcome.PASS, Reason.WORSE: Outcome.FAIL}.get(reason, Outcome.UNDECIDED)
    result = GateResult(
        **told,
        feature=one.series.feature,
        judge=one.series.judge,
        judge_version=one.series.judge_version,
        outcome=outcome,
        reason=reason,
        missing_baseline=one.whole.missing_baseline,
        missing_candidate=max(one.whole.missing_candidate, one.waiting),
        worst=one.whole.worst,
        p_not_worse=one.at_margin.p_not_worse if one.at_margin else None,
        p_worse=p_worse,
        needed=None,
        needed_for=None,
        text="",
    )
    _explain(result, one.whole, margin)
    return result


def _reason(one: _Looked, p_worse: float | None, margin: float) -> Reason:
    if one.at_margin is None or p_worse is None:
        return one.absent or Reason.NO_VOTES
    if p_worse <= ALPHA:
        return Reason.WORSE
    if one.at_margin.p_worse <= ALPHA:
        return Reason.ONE_OF_SEVERAL
    if not one.at_margin.not_worse:
        return Reason.TOO_FEW
    hidden = one.waiting > 0 or (one.whole.worst is not None and one.whole.worst < -margin)
    return Reason.MISSING_VERDICTS if hidden else Reason.NOT_WORSE


def _explain(result: GateResult, counted: Counted, margin: float) -> None:
    """Says in words what was decided, and what it would take where nothing was."""
    result.text = wording.sentence(result, result.reason, counted, margin)
    if counted.matched_by:
        result.text += wording.unmatched(counted.missing_candidate, counted.missing_baseline)
        if result.outcome is Outcome.UNDECIDED and counted.missing_candidate + counted.missing_baseline:
            result.text += wording.UNPAIRED
    result.text += wording.mixed(counted)
    if result.reason is not Reason.TOO_FEW or result.difference is None:
        return
    worse = result.difference < -margin
    result.needed = votes_to_decide(counted.compared, margin, result.difference if worse else 0.0)
    if result.needed is not None:
        result.needed_for = Outcome.FAIL if worse else Outcome.PASS
        more = wording.needed(result.needed, result.needed_for, result.matched_by is not None, result.difference)
        result.text = f"{result.text} {more[0].upper()}{more[1:]}."


def _parts(looked: Sequence[_Looked], plan: Plan) -> list[GateSlice]:
    """All slices; those with nothing to say have no text."""
    every = list(chain.from_iterable(((one.series, part) for part in one.parts) for one in looked))
    tested = [(series, part, found) for series, part in every if (found := against(part.counted.compared, plan.margin))]
    adjusted = holm([found.p_worse for _, _, found in tested])
    return [
        _part(series, part, (found, p_worse), plan.margin)
        for (series, part, found), p_worse in zip(tested, adjusted, strict=True)
    ]


def _part(series: Series, part: Slice, found: tuple[Margin, float], margin: float) -> GateSlice:
    raw, p_worse = found[0].p_worse, found[1]
    reason = Reason.WORSE if p_worse <= ALPHA else Reason.ONE_OF_SEVERAL
    told = GateSlice(
        **part.counted.told(),
        feature=series.feature,
        judge=series.judge,
        key=part.key,
        value=part.value,
        outcome=Outcome.FAIL if reason is Reason.WORSE else Outcome.UNDECIDED,
        p_worse=p_worse,
        text="",
    )
    if raw <= ALPHA:
        told.text = wording.sentence(told, reason, part.counted, margin)
    return told
