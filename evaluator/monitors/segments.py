"""By which metadata keys a feature is cut into segments when nobody said: few keys with few, stable values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from store.segments import KeyValue

MOST_KEYS = 2
MOST_VALUES = 6
MOST_SEGMENTS = 8
SMALLEST_SHARE = 0.03
"""A value with less of the traffic makes a stratum that says nothing."""
LEAST_COVERED = 0.98
"""Share of samples that carry the key."""
LONGEST = 100
"""Characters of a key and its value."""
STEADY = 0.5
"""A value's share in either half of the window is at least this part of its share in the whole."""


def chosen(values: Sequence[KeyValue]) -> tuple[str, ...]:
    """The keys to cut by, those with more values first; () when none is fit.

    A key is fit when nearly every sample has it, with two to six values, none of them rare and all of them there in
    both halves of the window: a key whose values come and go says when, not who. Its name and values are short and
    can be told apart in a segment's name, `key=value|key=value`.

    >>> plan = [KeyValue("plan", value, n, n // 2) for value, n in (("pro", 300), ("free", 700))]
    >>> user = [KeyValue("user", f"u{i}", 1, i % 2) for i in range(1000)]
    >>> chosen([*plan, *user, KeyValue("", "", 1000, 500)])
    ('plan',)
    """
    total = next((one for one in values if not one.key), None)
    if total is None or not 0 < total.early < total.n:
        return ()
    by_key: dict[str, list[KeyValue]] = defaultdict(list)
    for one in values:
        if one.key:
            by_key[one.key].append(one)
    fit = {key: found for key, found in by_key.items() if _is_fit(found, total)}
    ranked = sorted(fit, key=lambda key: (-len(fit[key]), key))
    pairs = [pair for pair in combinations(ranked, MOST_KEYS) if len(fit[pair[0]]) * len(fit[pair[1]]) <= MOST_SEGMENTS]
    return pairs[0] if pairs else tuple(ranked[:1])


def _is_fit(found: Sequence[KeyValue], total: KeyValue) -> bool:
    if not all(_is_plain(one) for one in found):
        return False
    if not 2 <= len(found) <= MOST_VALUES or sum(one.n for one in found) < LEAST_COVERED * total.n:
        return False
    return all(one.n >= SMALLEST_SHARE * total.n and _is_steady(one, total) for one in found)


def _is_plain(one: KeyValue) -> bool:
    text = one.key + one.value
    return text.isprintable() and "|" not in text and "=" not in one.key and len(text) <= LONGEST


def _is_steady(one: KeyValue, total: KeyValue) -> bool:
    share = one.n / total.n
    early, late = one.early / total.early, (one.n - one.early) / (total.n - total.early)
    return min(early, late) >= STEADY * share
