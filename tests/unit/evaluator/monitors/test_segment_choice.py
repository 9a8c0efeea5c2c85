"""Which metadata keys cut a feature into segments by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from evaluator.monitors.segments import chosen
from store import rollup, segments
from store.segments import KeyValue
from store.store import Store
from tests.builders import NOON, make_sample

ALL = KeyValue("", "", 1000, 500)
DAY = timedelta(days=1)


def key(name: str, *shares: int, early: int | None = None) -> list[KeyValue]:
    """A key with so many samples of each value, half of them early."""
    return [KeyValue(name, f"v{at}", n, n // 2 if early is None else early) for at, n in enumerate(shares)]


def test_few_steady_values_make_segments() -> None:
    """A plan with two values and a language with three are fit, the one with more values first."""
    assert chosen([*key("plan", 300, 700), *key("language", 400, 300, 300), ALL]) == ("language", "plan")


@pytest.mark.parametrize(
    "found",
    [
        key("constant", 1000),
        key("user", *[10] * 100),
        key("rare", 980, 20),
        key("seldom", 300, 300),
        [KeyValue("release", "1", 500, 500), KeyValue("release", "2", 500, 0)],
    ],
    ids=lambda found: found[0].key,
)
def test_other_keys_are_not_fit(found: list[KeyValue]) -> None:
    """One value, many, rare ones, a key that few samples have, and values that come and go make no segments."""
    assert chosen([*found, ALL]) == ()


@pytest.mark.parametrize("name", ["a\nb", "a\x1fb", "a|b", "a=b", "a\u202eb", "k" * 101])
def test_hostile_names_are_not_chosen(name: str) -> None:
    """A key whose name could not be told apart in a segment's name, or would break a line, is left alone."""
    assert chosen([*key(name, 300, 700), ALL]) == ()


@pytest.mark.parametrize("value", ["a\nplan=pro", "a\x1fb", "a|b", "\x1b[2J", "v" * 101])
def test_hostile_values_are_not_chosen(value: str) -> None:
    """Nor is one with such a value."""
    assert chosen([KeyValue("plan", value, 500, 250), KeyValue("plan", "b", 500, 250), ALL]) == ()


def test_a_hostile_key_does_not_hide_the_fit_one(store: Store) -> None:
    """An empty key is not taken for the total, and newlines in names break no other key; the votes are cut by plan."""
    store.append_samples(
        [
            make_sample(
                f"s{n}",
                ts=NOON + timedelta(minutes=n),
                metadata={"": "", "a\nb": str(n % 2), "plan": ["pro", "free"][n // 2 % 2]},
            )
            for n in range(100)
        ]
    ).result()
    with store.read() as c:
        found = chosen(segments.values(c, "support-chat", NOON, NOON + timedelta(minutes=100)))
    assert found == ("plan",)
    store.run(lambda c: segments.choose(c, {"support-chat": found}, NOON)).result()
    with store.read() as c:
        assert segments.chosen(c) == {"support-chat": ("plan",)}
    store.run(lambda c: rollup.refresh(c, {"support-chat": found})).result()
    with store.read() as c:
        cut = c.execute("SELECT DISTINCT segment FROM rollup_value ORDER BY ALL").fetchall()
    assert cut == [("plan=free",), ("plan=pro",)]
