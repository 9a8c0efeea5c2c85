"""What the service tells, as the facts that causes look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from evaluator.api.judge_shapes import CoverageView, JudgeView
from evaluator.api.shapes import Finding, IntakeView
from evaluator.causes import judges, traffic
from evaluator.causes.samples import Work
from evaluator.causes.traffic import Traffic
from store.feedback import KIND as FEEDBACK
from store.records import Outcome


def findings(views: Sequence[JudgeView], coverage: CoverageView, arriving: IntakeView) -> Iterator[Finding]:
    """Why there are no verdicts: what keeps all judges from judging, then each judge's own first cause."""
    seen = _traffic(views, coverage, arriving)
    common = traffic.first(seen)
    if common:
        yield common
    for view in views:
        if view.kind != FEEDBACK:
            work = _work(view, seen, coverage, arriving)
            yield judges.first(work, own_only=common is not None or work.of_earlier > 0)


def _traffic(views: Sequence[JudgeView], coverage: CoverageView, arriving: IntakeView) -> Traffic:
    features = sorted({row.feature for row in coverage.traffic if row.outcome != Outcome.REJECTED})
    features += sorted({source.feature for source in arriving.sources} - set(features))
    return Traffic(
        features=features,
        not_kept=_not_kept(coverage, {row.feature for row in coverage.traffic}),
        kept=sum(source.samples for source in arriving.sources),
        without_text=sum(source.without_text for source in arriving.sources),
        text_hint=_text_hint(arriving, features),
        judges=len(views),
        looked_at=[feature for feature in features if any(_names(view, feature) for view in views)],
    )


def _work(view: JudgeView, seen: Traffic, coverage: CoverageView, arriving: IntakeView) -> Work:
    rows = [row for row in coverage.days if row.judge == view.name]
    features = [feature for feature in seen.features if _names(view, feature)]
    kept = sum(row.kept for row in rows) if rows else _kept(coverage, features)
    arrived = sum(source.samples for source in arriving.sources if source.feature in features)
    return Work(
        judge=view,
        arriving=seen.features,
        features=features,
        not_kept=_not_kept(coverage, features),
        kept=kept,
        no_text=_sums(row.no_text for row in rows),
        text_hint=_text_hint(arriving, features),
        applies=sum(row.applies for row in rows),
        chosen=sum(row.chosen for row in rows),
        expected=sum(row.expected for row in rows),
        ok=sum(row.ok for row in rows),
        errors=_sums(row.errors for row in rows),
        skipped=_sums(row.skipped for row in rows),
        of_earlier=0 if kept else arrived,
    )


def _names(view: JudgeView, feature: str) -> bool:
    return any(fnmatchcase(feature, glob) for glob in view.features)


def _kept(coverage: CoverageView, features: Collection[str]) -> int:
    return sum(row.n for row in coverage.traffic if row.feature in features and row.outcome == Outcome.ACCEPTED)


def _not_kept(coverage: CoverageView, features: Collection[str]) -> Counter[str]:
    rows = [row for row in coverage.traffic if row.feature in features and row.outcome != Outcome.ACCEPTED]
    return _sums({row.outcome: row.n} for row in rows)


def _text_hint(arriving: IntakeView, features: Collection[str]) -> str:
    """What to switch on at the busiest client of these features that sends no text."""
    lacking = [one for one in arriving.sources if one.feature in features and one.without_text and one.hints]
    lacking.sort(key=lambda one: -one.without_text)
    return lacking[0].hints[0].partition(": ")[2] if lacking else ""


def _sums(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    found = Counter[str]()
    for one in counts:
        found.update(one)
    return found
