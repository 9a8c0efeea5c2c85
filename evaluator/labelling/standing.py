"""How a judge stands beside people on one feature, from all that they said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from evaluator.api.label_shapes import AgreementView, ConfusionView, Estimate, PeopleView
from evaluator.drift.beside_people import Pair, alike, beside_people
from evaluator.drift.calibration import Labels
from evaluator.labelling.horizon import Horizon, horizon
from evaluator.labelling.lacking import lacking
from evaluator.monitors.levels import interval
from store import labels
from store.labels import Judged, Label, LabelFilter, Target
from store.verdicts import MOMENT

if TYPE_CHECKING:
    from evaluator.drift.beside_people import Estimate as Told
    from store.database import Connection

SEED = 20261130
"""Intervals are drawn, and the same labels give the same interval."""
MOST_PASSED_OVER = 2000


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sample that people labelled: the verdict, and what those who could say said, the first one first."""

    judged: Judged
    words: tuple[bool, ...]


def standing(c: Connection, target: Target, window: timedelta, now: datetime) -> AgreementView:
    """All that labels tell of this judge version on this feature; without labels, what there is to label."""
    said = labels.find(c, LabelFilter(**target._asdict(), history=True))
    found = samples_of(said)
    # What was judged at this very moment is part of it.
    seen = horizon_of(c, target, found, window, now + MOMENT)
    n, passes, unequal = labels.judged_between(c, target, seen.start, seen.end)
    counted = [one for one in found if seen.counts(one.judged)]
    table = table_of(counted)
    last = {(one.sample_id, one.ts, one.labeller.casefold()): one for one in reversed(said)}
    return AgreementView(
        **target._asdict(),
        start=seen.start,
        end=seen.end,
        judge_rate=interval(n, passes),
        unequal=unequal,
        labelled=len(found),
        counted=sum(bool(one.words) for one in counted),
        skipped=sum(not one.words for one in counted),
        corrected=sum(one.revision > 1 for one in last.values()),
        labellers=dict(Counter(one.labeller for one in last.values()).most_common()),
        confusion=ConfusionView(**{name: int(value) for name, value in asdict(table).items()}),
        people=people_of(counted, passes, n),
        lacking=lacking(table, passes, n),
        **estimates(table, counted, passes, n),
    )


def samples_of(said: Sequence[Label]) -> list[Labelled]:
    """The samples, from everything that was ever said of them: each person's last word, in the order of their first."""
    by_sample: dict[tuple[str, datetime], dict[str, bool | None]] = {}
    judged: dict[tuple[str, datetime], Judged] = {}
    # From the oldest on: a person keeps the place of their first word, and it takes the value of their last.
    for one in sorted(said, key=lambda one: (one.labelled_at, one.revision)):
        by_sample.setdefault((one.sample_id, one.ts), {})[one.labeller.casefold()] = one.passed
        judged[one.sample_id, one.ts] = one.judged
    return [
        Labelled(judged[key], tuple(word for word in words.values() if word is not None))
        for key, words in by_sample.items()
    ]


def horizon_of(c: Connection, target: Target, found: Sequence[Labelled], window: timedelta, now: datetime) -> Horizon:
    """Which of the labels count; without any, the time that they would tell of now."""
    drawn = [one.judged for one in found]
    if not drawn:
        return horizon([], [], window, now)
    last = tuple(max((one.place for one in drawn if one.verdict is side), default=0.0) for side in (True, False))
    since = min(one.judged_at for one in drawn) - window
    over = labels.passed_over(c, target, since, (last[0], last[1]), MOST_PASSED_OVER)
    # More than that is told of up to the last that is known.
    return horizon(drawn, over, window, over[-1].judged_at if len(over) == MOST_PASSED_OVER else now)


def table_of(counted: Sequence[Labelled]) -> Labels:
    """Verdicts beside the word of the first person who could say."""
    cells = Counter((one.judged.verdict, one.words[0]) for one in counted if one.words)
    return Labels(cells[True, True], cells[True, False], cells[False, True], cells[False, False])


def estimates(table: Labels, counted: Sequence[Labelled], passes: int, n: int) -> dict[str, Estimate | float | None]:
    """The rate that people would give and what it says of the judge; all null while nobody knows."""
    names = ("rate", "agreed", "kappa", "tpr", "tnr")
    found = beside_people(table, passes, n, np.random.default_rng(SEED))
    told = {name: view(getattr(found, name)) if found else None for name in names}
    unsure = Counter(one.judged.verdict for one in counted if not one.words)
    if not found or not unsure:
        return {**told, "worst": None, "best": None}
    failed = Labels(table.pass_pass, table.pass_fail + unsure[True], table.fail_pass, table.fail_fail + unsure[False])
    passed = Labels(table.pass_pass + unsure[True], table.pass_fail, table.fail_pass + unsure[False], table.fail_fail)
    worst, best = (beside_people(one, passes, n, np.random.default_rng(SEED)) for one in (failed, passed))
    return {**told, "worst": worst.rate.value if worst else None, "best": best.rate.value if best else None}


def people_of(counted: Sequence[Labelled], passes: int, n: int) -> PeopleView:
    """The first two people who could say beside each other, where there were two."""
    tables: Mapping[bool, Counter[Pair]] = {True: Counter(), False: Counter()}
    for one in counted:
        if len(one.words) > 1:
            tables[one.judged.verdict][one.words[0], one.words[1]] += 1
    found = alike(tables, passes, n, np.random.default_rng(SEED))
    both = sum(table.total() for table in tables.values())
    return PeopleView(n=both, agreed=view(found.agreed) if found else None, kappa=view(found.kappa) if found else None)


def view(told: Told | None) -> Estimate | None:
    """An estimate as JSON has it."""
    return Estimate(value=told.value, lo=told.lo, hi=told.hi) if told else None
