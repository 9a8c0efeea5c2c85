"""History in the order in which it became known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from store import markers, replay
from store.records import Marker, MarkerKind
from store.replay import Feed
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock

MINUTE = timedelta(minutes=1)
STEP = 15 * MINUTE
ORIGIN = NOON + MINUTE
SPAN = (NOON - timedelta(days=1), NOON + timedelta(days=1))


@pytest.fixture
def scratch() -> Iterator[Store]:
    """Another store, that history is brought into."""
    with Store.open(None, clock=Clock()) as opened:
        yield opened


def keep(store: Store, name: str, *, at: float, arrives: float, judged: float | None = None, **fields: Any) -> None:
    """A sample of so many minutes after noon, when it arrived, and when it was judged."""
    sample = make_sample(name, ts=NOON + at * MINUTE, received_at=NOON + arrives * MINUTE, **fields)
    store.append_samples([sample]).result()
    if judged is not None:
        of = {"ts": sample.ts, "session_id": sample.session_id, "judged_at": NOON + judged * MINUTE}
        store.append_verdicts([make_verdict(name, **of)]).result()


def known(store: Store) -> tuple[set[str], set[str]]:
    """The ids of all samples and of all verdicts."""
    with store.read() as c:
        tables = (c.execute(f"SELECT sample_id FROM {table}").fetchall() for table in ("sample", "verdict"))
        samples, verdicts = ({name for (name,) in rows} for rows in tables)
    return samples, verdicts


def late(store: Store, minutes: tuple[float, float] = (-1440, 1440)) -> list[tuple[float, str]]:
    """The looks that something came too late for, in minutes after noon, with the judge it concerns."""
    with store.read() as c:
        found = replay.late(c, NOON + minutes[0] * MINUTE, NOON + minutes[1] * MINUTE, ORIGIN, STEP)
    return [((one.look - NOON) / MINUTE, one.judge) for one in found]


def test_a_verdict_is_known_when_its_sample_is(store: Store, scratch: Store) -> None:
    """Feedback may be given before its sample arrives: it is known from then on."""
    keep(store, "early", at=0, arrives=30, judged=5)
    keep(store, "plain", at=0, arrives=1, judged=10)
    with Feed(store, scratch, *SPAN, 0) as feed:
        seen = []
        for minutes in (9, 10, 29, 30):
            feed.bring(NOON + minutes * MINUTE)
            seen.append(known(scratch))
    assert seen == [
        ({"plain"}, set()),
        ({"plain"}, {"plain"}),
        ({"plain"}, {"plain"}),
        ({"plain", "early"}, {"plain", "early"}),
    ]


def test_verdicts_are_numbered_in_the_order_of_their_coming(store: Store, scratch: Store) -> None:
    """So that the scratch store's rollup sees what came since the last look."""
    for name, judged in (("a", 20.0), ("b", 10.0), ("c", 30.0)):
        keep(store, name, at=0, arrives=1, judged=judged)
    with Feed(store, scratch, *SPAN, 7) as feed:
        feed.bring(NOON + 60 * MINUTE)
    with scratch.read() as c:
        assert c.execute("SELECT sample_id FROM verdict WHERE seq > 7 ORDER BY seq").fetchall() == [
            ("b",), ("a",), ("c",),
        ]  # fmt: skip


def test_what_comes_in_its_own_quarter_hour_is_not_late(store: Store) -> None:
    """Nor what comes before the look a minute after its end, or at it."""
    keep(store, "a", at=0, arrives=14, judged=15.5)
    keep(store, "b", at=0, arrives=16, judged=16)
    assert late(store) == []


def test_what_comes_after_the_look_is_late(store: Store) -> None:
    """The last look before it came has to be taken without it, for the series it belongs to."""
    keep(store, "a", at=0, arrives=1, judged=16.1)
    keep(store, "b", at=0, arrives=1, judged=50)
    assert late(store) == [(16, "tone"), (46, "tone")]


def test_a_turn_is_late_for_its_sessions_first(store: Store) -> None:
    """A later turn changes the vote of the quarter hour in which its session began."""
    keep(store, "a", at=0, arrives=1, judged=2, session_id="s")
    keep(store, "b", at=40, arrives=41, judged=42, session_id="s")
    assert late(store) == [(31, ""), (31, "tone")]


def test_times_are_cut_into_pieces_without_loss(store: Store) -> None:
    """A piece has what became known in it, its end included and its beginning not."""
    keep(store, "a", at=0, arrives=1, judged=16.1)
    assert (late(store, (0, 16)), late(store, (16, 17)), late(store, (16.1, 99))) == ([], [(16, "tone")], [])


def test_firsts_and_the_start_of_history(store: Store) -> None:
    """When each kind of fact became known; nothing while there is none."""
    with store.read() as c:
        assert (replay.start(c), replay.firsts(c)) == (None, [])
    keep(store, "a", at=0, arrives=1, judged=3)
    keep(store, "b", at=0, arrives=2, judged=4)
    with store.read() as c:
        found = [(one.judge, (one.known_at - NOON) / MINUTE, one.kind) for one in replay.firsts(c)]
        assert (replay.start(c), found) == (NOON + MINUTE, [("", 1.0, ""), ("tone", 3.0, "check")])


def test_history_begins_with_the_first_fact_of_any_kind(store: Store) -> None:
    """Nothing is to replay in an empty store; a marker told before the first sample is."""
    with store.read() as c:
        assert replay.start(c) is None
    at = NOON - MINUTE
    marker = Marker(marker_id="m", ts=at, created_at=at, kind=MarkerKind.DEPLOY, name="v2", origin="api")
    store.run(lambda c: markers.append(c, [marker])).result()
    keep(store, "first", at=0, arrives=1)
    with store.read() as c:
        assert replay.start(c) == NOON - MINUTE
