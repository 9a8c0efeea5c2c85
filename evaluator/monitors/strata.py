"""Which strata votes are compared in: segment x hour block x sampling class, the sparse ones taken together.

A stratum of the baseline with fewer than 20 votes says little about its own rate. Its hours are pooled first (one
stratum per segment and class); a segment that is still sparse joins the others of its class. Strata that the baseline
has never seen stay apart while there is room: a new kind of traffic must not look like a fall of the old one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from store.cells import Stratum

FEWEST_VOTES = 20.0
MOST_STRATA = 40
REST = "*"
"""The segment that stands for several, the hour block -1 for all."""
ANY_HOUR = -1


def grouped(
    baseline: Mapping[Stratum, float], seen: Mapping[Stratum, float], *, by_hour: bool
) -> dict[Stratum, Stratum]:
    """The stratum that each one belongs to; `baseline` and `seen` (later votes) are votes by stratum.

    >>> votes = {("a", 0, "x"): 90.0, ("a", 1, "x"): 15.0, ("a", 2, "x"): 15.0, ("b", 0, "x"): 3.0}
    >>> found = grouped(votes, {}, by_hour=True)
    >>> [found[one] for one in votes]
    [('a', 0, 'x'), ('a', -1, 'x'), ('a', -1, 'x'), ('*', -1, 'x')]
    """
    own = {stratum: stratum if by_hour else _whole_day(stratum) for stratum in {**baseline, **seen}}
    for pool in (_whole_day, _rest):
        votes = _votes(baseline, own)
        own = {stratum: pool(target) if 0 < votes[target] < FEWEST_VOTES else target for stratum, target in own.items()}
    return _few(own, baseline, seen)


def _few(
    own: dict[Stratum, Stratum], baseline: Mapping[Stratum, float], seen: Mapping[Stratum, float]
) -> dict[Stratum, Stratum]:
    """Beyond so many strata, those with the fewest votes are taken together."""
    votes = _votes(baseline, own) + _votes(seen, own)
    kept = sorted(set(own.values()), key=lambda target: (-votes[target], target))[:MOST_STRATA]
    return {stratum: target if target in kept else _rest(target) for stratum, target in own.items()}


def _votes(votes: Mapping[Stratum, float], own: Mapping[Stratum, Stratum]) -> Counter[Stratum]:
    found: Counter[Stratum] = Counter()
    for stratum, n in votes.items():
        found[own[stratum]] += n  # type: ignore[assignment]
    return found


def _whole_day(stratum: Stratum) -> Stratum:
    return (stratum[0], ANY_HOUR, stratum[2])


def _rest(stratum: Stratum) -> Stratum:
    return (REST, ANY_HOUR, stratum[2])
