"""Parts of calls in the store: added in groups, found when due, remembered when settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from store import parts
from store.parts import PartRow, Patience, Settled
from store.records import TextState
from store.samples import get
from store.store import Store
from tests.builders import NOON, make_sample

WHEN = Patience(
    now=NOON,
    settled_before=NOON - timedelta(seconds=10),
    open_before=NOON - timedelta(seconds=60),
    longest_before=NOON - timedelta(seconds=300),
)


def row(part_id: str, /, *, ago: float = 20, **fields: Any) -> PartRow:
    """A call's part that arrived `ago` seconds before noon."""
    plain: dict[str, Any] = {
        "group_id": "t:1",
        "received_at": NOON - timedelta(seconds=ago),
        "kind": "call",
        "body": f"body of {part_id}",
        "span_id": part_id,
        "ended_at": NOON - timedelta(seconds=ago),
    }
    return PartRow(part_id=part_id, **plain | fields)


def due(store: Store, *rows: PartRow) -> list[str]:
    store.append_parts(rows).result()
    with store.read() as c:
        return [group.group_id for group in parts.due(c, WHEN, 100)]


@pytest.mark.parametrize(
    ("rows", "is_due"),
    [
        ([row("a")], True),
        ([row("a"), row("b", ago=5)], False),
        ([row("a", parent_id="lost")], False),
        ([row("a", parent_id="r"), row("r", kind="context")], True),
        ([row("a", parent_id="r"), row("r", kind="context", parent_id="lost")], False),
        ([row("a", parent_id="lost", ago=61)], True),
        ([row("a", ended_at=None)], False),
        ([row("a", ended_at=None), row("a2", span_id="a")], True),
        ([row("a", parent_id="lost", ago=301), row("b", ago=1)], True),
        ([row("r", kind="context")], False),
        ([row("1", kind="content", ago=12)], True),
        ([row("1", kind="content", ago=30)], False),
        ([row("1", kind="content", ago=400, expires_at=NOON)], True),
    ],
    ids=lambda value: "" if isinstance(value, bool) else "+".join(f"{one.kind}{one.part_id}" for one in value),
)
def test_when_a_group_is_due(store: Store, rows: list[PartRow], is_due: bool) -> None:
    """Quiet and nothing open, open for long, waiting longest; text alone when it is new and when it is given up."""
    assert due(store, *rows) == (["t:1"] if is_due else [])


def test_groups_that_wait_longest_come_first(store: Store) -> None:
    """Groups are told in the order of their first part, with their number and size."""
    assert due(store, row("a"), row("b", group_id="t:0", ago=50)) == ["t:0", "t:1"]
    with store.read() as c:
        assert parts.due(c, WHEN, 1) == [("t:0", 1, len("body of b"), len("body of b"))]


def test_parts_are_read_and_deleted_by_row(store: Store) -> None:
    """A part that came twice is two rows; deleting those that were read leaves what came meanwhile."""
    store.append_parts([row("a"), row("a")]).result()
    with store.read() as c:
        read = parts.load(c, ["t:1"], NOON)
    store.append_parts([row("a")])
    store.run(lambda c: parts.delete(c, [one.seq for one in read])).result()
    with store.read() as c:
        assert ([one.body for one in read], parts.waiting(c)) == (["body of a"] * 2, (1, row("a").received_at))


def test_numbers_are_not_given_twice(store: Store) -> None:
    """Parts and verdicts share growing numbers, so that a row is never taken for another."""
    for _ in range(2):
        store.append_parts([row("a"), row("b")]).result()
    with store.read() as c:
        assert len({one.seq for one in parts.load(c, ["t:1"], NOON)}) == 4


def test_of_a_large_group_calls_come_first(store: Store) -> None:
    """When a group is too large to be read whole, calls and what lies above them do not crowd one another out."""
    store.append_parts([row("r", kind="context"), row("1", kind="content"), row("a"), row("b")]).result()
    with store.read() as c:
        read = parts.load_some(c, "t:1", NOON, 2)
    assert [one.body for one in read] == ["body of a", "body of b", "body of r"]


def test_settled_names_are_known_until_they_are_pruned(store: Store) -> None:
    """A remembered name leads to its sample; old ones, and old spans above calls, are forgotten."""
    old: datetime = NOON - timedelta(hours=48)
    store.run(lambda c: parts.remember(c, [Settled(1, "s1", NOON)], NOON))
    store.run(lambda c: parts.remember(c, [Settled(2, "s2", NOON)], old - timedelta(seconds=1)))
    store.append_parts([row("r", kind="context", expires_at=NOON), row("a", expires_at=None)])
    store.run(lambda c: parts.prune(c, NOON, old)).result()
    with store.read() as c:
        assert parts.known(c, [1, 2, 3]) == {1: ("s1", NOON)}
        assert [one.body for one in parts.load(c, ["t:1"], NOON)] == ["body of a"]


def test_a_sample_without_text_can_gain_it(store: Store) -> None:
    """The text of a stored sample is replaced, and what goes with it; the rest stays."""
    store.append_samples([replace(make_sample("s1"), request={}, response={}, text=TextState.MISSING)]).result()
    told = make_sample("s1", text="Here it is.", incomplete="truncated", text_hash="h", feature="other")
    store.run_numbered(lambda c, after: (parts.give_text(c, [told], after), after + 1)).result()
    with store.read() as c:
        sample = get(c, "s1")
    assert sample is not None
    assert (sample.response, sample.text, sample.incomplete) == (told.response, TextState.KEPT, "truncated")
    assert (sample.feature, sample.text_hash) == ("support-chat", "h")
