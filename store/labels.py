"""Labels: what people said of samples by a judge's criterion, and whom to ask about which sample next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries, rows

if TYPE_CHECKING:
    from store.database import Connection
    from store.samples import Key

AMONG = 1000
ALL = 1_000_000_000


class Target(NamedTuple):
    """Whose criterion samples of which feature are labelled by."""

    feature: str
    judge: str
    judge_version: str


class Judged(NamedTuple):
    """A verdict on its way to people: its place in their order in [0, 1), when it was given, and whether it passed."""

    place: float
    judged_at: datetime
    verdict: bool


class JudgedSum(NamedTuple):
    """How many samples a judge decided on, how many passed, and whether some were likelier to be judged than others."""

    n: int
    passes: int
    unequal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What one person said of one sample; `passed` None: they could not say. Their highest `revision` counts.

    `label` is the rubric's, where it has some. `place`, `judged_at` and `verdict` are the judge's (see Judged); `key`
    begins the hash of the API key that was used.
    """

    label_id: str
    sample_id: str
    ts: datetime
    feature: str
    judge: str
    judge_version: str
    labeller: str
    revision: int
    labelled_at: datetime
    passed: bool | None
    label: str | None
    note: str | None
    place: float
    judged_at: datetime
    verdict: bool
    key: str | None = None

    @property
    def target(self) -> Target:
        """What it is a label for."""
        return Target(self.feature, self.judge, self.judge_version)

    @property
    def judged(self) -> Judged:
        """The verdict beside it."""
        return Judged(self.place, self.judged_at, self.verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFilter:
    """Which labels to find; None asks for nothing. With `history` also those that their authors changed later."""

    feature: str | None = None
    judge: str | None = None
    judge_version: str | None = None
    labeller: str | None = None
    sample_id: str | None = None
    history: bool = False
    limit: int = ALL


def append(c: Connection, labels: Sequence[Label]) -> None:
    """Add these. For Store.run."""
    rows.insert(c, "insert_labels", map(asdict, labels))


def find(c: Connection, wanted: LabelFilter) -> list[Label]:
    """The labels that match, newest first."""
    names = [field.name for field in fields(Label)]
    found = queries.rows(c, "find_labels", **asdict(wanted))
    return [Label(**{name: row[name] for name in names}) for row in found]


def targets(c: Connection, judge: str | None = None, feature: str | None = None) -> list[Target]:
    """What there are labels for."""
    return [Target(**row) for row in queries.rows(c, "labelled_targets", judge=judge, feature=feature)]


def newest_version(c: Connection, judge: str, feature: str) -> str | None:
    """The version of the judge that decided on this feature last; None when none did."""
    version: str | None = queries.rows(c, "newest_version", judge=judge, feature=feature)[0]["judge_version"]
    return version


def judged_features(c: Connection, judge: str) -> list[str]:
    """The features that the judge ever decided on."""
    return [row["feature"] for row in queries.rows(c, "judged_features", judge=judge)]


def verdict_on(c: Connection, key: Key, judge: str, judge_version: str | None) -> tuple[Target, Judged] | None:
    """The judge's newest decision on this sample, of this version where one is named; None: it did not decide."""
    found = queries.rows(c, "verdict_to_label", sample_id=key[0], ts=key[1], judge=judge, judge_version=judge_version)
    if not found:
        return None
    target = Target(found[0]["feature"], judge, found[0]["judge_version"])
    return target, Judged(found[0]["place"], found[0]["judged_at"], found[0]["verdict"])


def fresh(c: Connection, target: Target, since: datetime, elsewhere: Sequence[str]) -> Key | None:
    """The next sample that nobody labelled, judged since then and with its text there; not one of those `elsewhere`."""
    parameters = {**target._asdict(), "since": since, "elsewhere": list(elsewhere)}
    # Nearly always one of the first has its text; to look at all of them takes twice as long.
    for among in (AMONG, ALL):
        if found := queries.rows(c, "fresh_to_label", **parameters, among=among):
            return found[0]["sample_id"], found[0]["ts"]
    return None


def second(c: Connection, target: Target, labeller: str, share: float, elsewhere: Sequence[str]) -> Key | None:
    """A sample that one other person labelled, of the `share` that a second one labels too, or could not label."""
    parameters = {"labeller": labeller, "share": share, "elsewhere": list(elsewhere)}
    found = queries.rows(c, "second_to_label", **target._asdict(), **parameters)
    return (found[0]["sample_id"], found[0]["ts"]) if found else None


def passed_over(c: Connection, target: Target, since: datetime, last: tuple[float, float], limit: int) -> list[Judged]:
    """Verdicts since then that nobody labelled, though their places lie before the `last` passed and failed one's.

    Oldest first. They came after those behind them were labelled, or wait for somebody.
    """
    parameters = {"since": since, "last_pass": last[0], "last_fail": last[1], "limit": limit}
    return [Judged(**row) for row in queries.rows(c, "passed_over", **target._asdict(), **parameters)]


def judged_between(c: Connection, target: Target, start_at: datetime, end_at: datetime) -> JudgedSum:
    """What the judge decided on in [start_at, end_at)."""
    [row] = queries.rows(c, "judged_between", **target._asdict(), start_at=start_at, end_at=end_at)
    return JudgedSum(**row)
