"""From verdicts to votes: which samples of both sides are the same item, and what has one vote together.

What shares a session or a name (an id, or the request it is matched by) has one vote: the mean of its items. So a
conversation counts once, and so does a test case that was asked several times.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from store.samples import Key
from store.sides import Said

LEAST_SHARE = 0.5
"""Of the smaller side's items, this share must be found again on the other side before pairs are compared."""
NEARLY_ALL = 0.9
"""Of the larger side's requests, this share must match one to one before live traffic is taken for one set."""
CONTENT_ID = re.compile(r"h-[0-9a-f]{32}(-\d+)?")
"""What evaluator.intake.public.content_id and Repeats make."""
KeyOf = Callable[[Said], str | None]
Rows = Mapping[str, Sequence[Said]]


class Vote(NamedTuple):
    """A mean of verdicts in [0, 1], None when no judge decided; `first` is the sample that says what it is sliced by.

    Of a pair, `before` is the baseline's part and `after` the candidate's.
    """

    before: float | None
    after: float | None
    first: Said


@dataclass(frozen=True, slots=True)
class Votes:
    """All votes: `pairs` when items were matched (by id or request), else each side's own.

    Of the latter, only those with the same values of the metadata keys `strata` are compared with each other.
    """

    matched_by: str | None = None
    pairs: Sequence[Vote] = ()
    baseline: Sequence[Vote] = ()
    candidate: Sequence[Vote] = ()
    strata: Sequence[str] = ()


def votes(
    before: Sequence[Said],
    after: Sequence[Said],
    asked: Callable[[], tuple[KeyOf, KeyOf]],
    strata: Sequence[str] = (),
    live: bool = False,
) -> Votes:
    """Pairs by id, else by what `asked` names items by, else two groups.

    `live` says that both sides may be live traffic, in which some requests come again and again, and others once.
    """
    if found := paired(before, after, (by_id, by_id), overlap):
        return Votes("id", found)
    if found := paired(before, after, asked(), one_to_one if live else overlap):
        return Votes("request", found)
    return groups(before, after, strata)


def groups(before: Sequence[Said], after: Sequence[Said], strata: Sequence[str] = ()) -> Votes:
    """Each side's votes by itself."""
    return Votes(baseline=grouped(before, 0), candidate=grouped(after, 1), strata=strata)


def paired(
    before: Sequence[Said], after: Sequence[Said], keys: tuple[KeyOf, KeyOf], alike: Callable[[Rows, Rows], bool]
) -> list[Vote] | None:
    """The votes of both sides by item; None when their items are not alike enough."""
    found = _by_key(before, keys[0]), _by_key(after, keys[1])
    if not alike(*found):
        return None
    together = _Together()
    for side, rows in enumerate(found):
        for key, some in rows.items():
            together.add(key, ((side, one.session_id) for one in some if one.session_id is not None))
    return [vote for items in together.groups() if (vote := _pair(items, *found))]


def overlap(before: Rows, after: Rows) -> bool:
    """Whether enough of the smaller side's items are on the other, too."""
    common = len(before.keys() & after.keys())
    return common > 0 and common >= LEAST_SHARE * min(len(before), len(after))


def one_to_one(before: Rows, after: Rows) -> bool:
    """Whether nearly every item of both sides came on the other, and as often."""
    equal = sum(len(some) == len(after.get(name, ())) for name, some in before.items())
    return equal > 0 and equal >= NEARLY_ALL * max(len(before), len(after))


def grouped(said: Sequence[Said], side: int) -> list[Vote]:
    """The votes of one side by itself."""
    rows, together = _by_key(said, lambda one: one.sample_id), _Together()
    for key, some in rows.items():
        together.add(key, (one.session_id for one in some if one.session_id is not None))
    return [_alone([one for item in items for one in rows[item]], side) for items in together.groups()]


def by_id(said: Said) -> str | None:
    """An item's name: its sample's id, unless that was made of its content, answer and all.

    Those would match where the answers are equal, and nowhere else.
    """
    return None if CONTENT_ID.fullmatch(said.sample_id) else said.sample_id


def by_request(asked: Mapping[Key, str]) -> KeyOf:
    """An item's name by what was asked."""
    return lambda said: asked.get((said.sample_id, said.ts))


def _by_key(said: Iterable[Said], key: KeyOf) -> dict[str, list[Said]]:
    rows: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        name = key(one)
        if name is not None:
            rows[name].append(one)
    return rows


def _pair(items: Sequence[str], before: Mapping[str, list[Said]], after: Mapping[str, list[Said]]) -> Vote | None:
    """The vote of items that belong together, over those that are decided on both sides, if any is."""
    parts = {item: (mean(before.get(item, ())), mean(after.get(item, ()))) for item in items}
    both = [item for item, (one, other) in parts.items() if one is not None and other is not None]
    used = both or items
    first = next((one for item in used for one in (*after.get(item, ()), *before.get(item, ()))), None)
    if first is None:
        return None
    return Vote(_mean(parts[item][0] for item in used), _mean(parts[item][1] for item in used), first)


def _alone(said: Sequence[Said], side: int) -> Vote:
    vote = mean(said)
    return Vote(None if side else vote, vote if side else None, said[0])


def mean(said: Iterable[Said]) -> float | None:
    """The share of decided samples that passed; None when none is decided."""
    return _mean(None if one.passed is None else float(one.passed) for one in said)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


class _Together:
    """Items that share a mark, directly or through others, form a group."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._marked: dict[Hashable, str] = {}

    def add(self, item: str, marks: Iterable[Hashable]) -> None:
        self._parent.setdefault(item, item)
        for mark in marks:
            other = self._marked.setdefault(mark, item)
            self._parent[self._root(other)] = self._root(item)

    def groups(self) -> list[list[str]]:
        """The groups, in the order in which their first items came."""
        found: dict[str, list[str]] = defaultdict(list)
        for item in self._parent:
            found[self._root(item)].append(item)
        return list(found.values())

    def _root(self, item: str) -> str:
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item
