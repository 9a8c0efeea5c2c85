"""Coverage as the API tells it: from what arrived to what was judged, and why each of the rest was not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import groupby

from evaluator.api import shown
from evaluator.api.judge_shapes import CoverageDay, CoverageRow, CoverageView, JudgeCoverage
from evaluator.lane import Lane
from evaluator.service import Service
from store import coverage as coverage_store
from store import verdicts as verdict_store
from store.coverage import DAY_MINUTES, Fate, FateRow, TrafficRow
from store.database import Connection
from store.records import Outcome

NO_TEXT = (Fate.MISSING, Fate.WITHHELD, Fate.EXPIRED, Fate.INCOMPLETE)
NOT_CHOSEN = (Fate.RATE, Fate.BUDGET, Fate.TALKING)
Place = tuple[str, datetime]
"""A feature and a day."""


def view(service: Service, start: datetime, end: datetime, *, by_day: bool) -> CoverageView:
    """What became of the traffic from `start` to `end`; `by_day` tells it by feature, judge and day too."""
    with service.store.read() as c:
        traffic = coverage_store.traffic(c, start, end)
        found = totals(c, traffic, start, end)
    live = [lane for lane in service.pipeline.lanes if lane.live]
    waiting = [oldest for lane in live if (oldest := shown.pending(service, lane)[1])]
    return found.model_copy(
        update={
            "oldest_pending_seconds": (service.clock() - min(waiting)).total_seconds() if waiting else None,
            "days": _days(service, traffic, start, end) if by_day else [],
        }
    )


def totals(c: Connection, traffic: Sequence[TrafficRow], start: datetime, end: datetime) -> CoverageView:
    """The traffic, and the verdicts on samples of that time, without what waits: to look for that takes longest."""
    sums = Counter[tuple[str, str]]()
    for row in traffic:
        sums[row.feature, row.outcome] += row.n
    return CoverageView(
        traffic=[CoverageRow(feature=feature, outcome=how, n=n) for (feature, how), n in sorted(sums.items())],
        judges=[
            JudgeCoverage(
                feature=r.feature, judge=r.judge, judge_version=r.judge_version, status=r.status, reason=r.reason, n=r.n
            )
            for r in verdict_store.counts(c, start, end)
        ],
        oldest_pending_seconds=None,
    )


def days(service: Service, start: datetime, end: datetime) -> list[CoverageDay]:
    """One row for each feature, judge and day with traffic that the judge's features name."""
    with service.store.read() as c:
        traffic = coverage_store.traffic(c, start, end)
    return _days(service, traffic, start, end)


def _days(service: Service, traffic: Sequence[TrafficRow], start: datetime, end: datetime) -> list[CoverageDay]:
    not_kept: dict[Place, dict[str, int]] = defaultdict(dict)
    for row in traffic:
        not_kept[row.feature, row.start_at].update({row.outcome: row.n} if row.outcome != Outcome.ACCEPTED else {})
    found: list[CoverageDay] = []
    with service.store.read() as c:
        fates = shown.fates(service, c, service.pipeline.lanes, (start, end), DAY_MINUTES)
    for lane, rows in fates:
        # What was not kept are samples: they are left out where conversations are counted.
        found += _of_lane(lane, rows, not_kept if lane.quiet is None else {})
    return sorted(found, key=lambda row: (row.feature, row.judge, row.day))


def _of_lane(lane: Lane, fates: Iterable[FateRow], not_kept: Mapping[Place, dict[str, int]]) -> Iterator[CoverageDay]:
    kept = {place: list(rows) for place, rows in groupby(fates, key=lambda row: (row.feature, row.start_at))}
    for place in kept.keys() | not_kept.keys():
        if any(fnmatchcase(place[0], glob) for glob in lane.judge.features):
            yield _row(lane, place, kept.get(place, []), not_kept.get(place, {}))


def _row(lane: Lane, place: Place, fates: Sequence[FateRow], not_kept: Mapping[str, int]) -> CoverageDay:
    n = Counter[str]()
    for row in fates:
        n[row.fate] += row.n
    no_text, not_chosen = _some(n, NO_TEXT), _some(n, NOT_CHOSEN)
    with_text = n.total() - sum(no_text.values())
    applies = with_text - n[Fate.OTHER]
    return CoverageDay(
        day=place[1].date(),
        feature=place[0],
        judge=lane.judge.name,
        judge_version=lane.judge.version,
        kind=lane.judge.kind,
        arrived=n.total() + sum(not_kept.values()),
        not_kept=dict(not_kept),
        kept=n.total(),
        no_text=no_text,
        with_text=with_text,
        applies=applies,
        not_chosen=not_chosen,
        chosen=applies - sum(not_chosen.values()),
        ok=n[Fate.OK],
        errors=_reasons(fates, Fate.ERROR),
        skipped=_reasons(fates, Fate.SKIPPED),
        waiting=n[Fate.WAITING],
        overdue=n[Fate.OVERDUE],
        expected=sum(row.expected for row in fates if row.fate not in (*NO_TEXT, Fate.OTHER)),
    )


def _some(n: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    return {str(name): n[name] for name in names if n[name]}


def _reasons(fates: Iterable[FateRow], fate: Fate) -> dict[str, int]:
    found = Counter[str]()
    for row in fates:
        if row.fate is fate:
            found[row.reason or ""] += row.n
    return dict(found.most_common())
