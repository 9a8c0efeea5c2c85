"""Samples in and out of the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from store import samples
from store.records import Sample
from store.samples import SampleFilter
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict

FULL = Sample(
    sample_id="req_1",
    ts=NOON,
    received_at=NOON + timedelta(seconds=1, microseconds=7),
    feature="support-chat",
    request={"system": "Be kind.", "messages": [{"role": "user", "content": "Grüße 🙂"}], "tools": []},
    response={
        "content": [{"type": "tool_use", "name": "t", "input": {"a": [1, None, 1.5]}}],
        "stop_reason": "tool_use",
    },
    environment="staging",
    session_id="s1",
    user_id="u1",
    model="claude-sonnet-5-5",
    prompt_version="v7",
    release="2026.11.1",
    stop_reason="tool_use",
    error="overloaded",
    input_tokens=21,
    output_tokens=180,
    cache_read_tokens=2048,
    cache_write_tokens=0,
    latency_ms=812.5,
    reference="the right answer",
    metadata={"plan": "pro", "language": "de"},
    source="file",
    sampling_class="errors",
    sampling_probability=0.25,
    sampling_u=0.125,
)


def test_every_field_comes_back(store: Store) -> None:
    """A sample with every field set is read back equal."""
    store.append_samples([FULL]).result()
    with store.read() as c:
        assert samples.get(c, "req_1") == FULL


def test_a_bare_sample_comes_back(store: Store) -> None:
    """A sample with nothing optional is read back equal: None stays None, empty stays empty."""
    bare = Sample(sample_id="bare", ts=NOON, received_at=NOON, feature="f")
    store.append_samples([bare]).result()
    with store.read() as c:
        assert samples.get(c, "bare") == bare


def test_times_come_back_as_utc(store: Store) -> None:
    """A time of another zone is stored as the same instant and comes back in UTC."""
    berlin = datetime(2026, 11, 20, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    store.append_samples([make_sample("s", ts=berlin)]).result()
    with store.read() as c:
        found = samples.get(c, "s")
    assert found is not None
    assert (found.ts, found.ts.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("nul \x00 inside", "nul \x00 inside"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("'; DROP TABLE sample; --", "'; DROP TABLE sample; --"),
        ("x" * 3_000_000, "x" * 3_000_000),
        ("", ""),
    ],
    ids=["nul", "surrogate", "sql", "huge", "empty"],
)
def test_hostile_text_is_stored(store: Store, given: str, stored: str) -> None:
    """Text of any kind is kept; only a lone surrogate, which no database takes, is replaced."""
    sample = make_sample("s", text=given, error=given, reference=given, metadata={given[:20]: given})
    store.append_samples([sample]).result()
    with store.read() as c:
        assert samples.get(c, "s") == make_sample(
            "s", text=stored, error=stored, reference=stored, metadata={stored[:20]: stored}
        )


def test_a_hostile_id_finds_its_sample(store: Store) -> None:
    """An id with a lone surrogate is looked up as it was stored."""
    store.append_samples([make_sample("id \ud800")]).result()
    with store.read() as c:
        assert samples.get(c, "id \ud800") is not None


def test_get_knows_no_stranger(store: Store) -> None:
    """An id that was never stored gives None."""
    with store.read() as c:
        assert samples.get(c, "nobody") is None


def test_get_takes_the_newest(store: Store) -> None:
    """An id that was used at two times gives the later sample."""
    store.append_samples([make_sample("s", ts=NOON + timedelta(days=1)), make_sample("s")]).result()
    with store.read() as c:
        found = samples.get(c, "s")
    assert found is not None
    assert found.ts == NOON + timedelta(days=1)


def test_newest_times_of_many_ids(store: Store) -> None:
    """Many ids are looked up at once: each with its latest time, strangers left out."""
    later = NOON + timedelta(days=1)
    store.append_samples([make_sample("a", ts=later), make_sample("a"), make_sample("b")]).result()
    with store.read() as c:
        assert samples.newest_times(c, ["a", "b", "nobody"]) == {"a": later, "b": NOON}


def test_load_keeps_the_order_of_the_keys(store: Store) -> None:
    """Samples come in the order they were asked for; a key that is not stored is left out."""
    store.append_samples([make_sample(name) for name in "abc"]).result()
    with store.read() as c:
        found = samples.load(c, [("c", NOON), ("nobody", NOON), ("a", NOON)])
    assert [sample.sample_id for sample in found] == ["c", "a"]


def test_search_is_newest_first_within_its_bounds(store: Store) -> None:
    """A search gives the newest samples of [start, end) of one feature, at most `limit`."""
    hours = [make_sample(f"h{n}", ts=NOON + timedelta(hours=n)) for n in range(5)]
    store.append_samples([*hours, make_sample("other", feature="other", ts=NOON + timedelta(hours=3))]).result()
    wanted = SampleFilter(
        feature="support-chat", start_at=NOON + timedelta(hours=1), end_at=NOON + timedelta(hours=4), limit=2
    )
    with store.read() as c:
        assert [sample.sample_id for sample in samples.search(c, wanted)] == ["h3", "h2"]


def test_search_by_verdict(store: Store) -> None:
    """A search by verdict gives the samples that failed one judge version, each once."""
    store.append_samples([make_sample(name) for name in "abc"]).result()
    store.append_verdicts(
        [
            make_verdict("a", passed=False),
            make_verdict("a", passed=False, judge="other"),
            make_verdict("b", passed=True),
            make_verdict("c", passed=False, judge_version="old"),
        ]
    ).result()
    with store.read() as c:
        failing = samples.search(c, SampleFilter(judge="tone", judge_version="v1", passed=False))
        failing_any = samples.search(c, SampleFilter(passed=False))
    assert [[sample.sample_id for sample in found] for found in (failing, failing_any)] == [["a"], ["a", "c"]]


def test_features_are_listed_by_name(store: Store) -> None:
    """Every feature that has a sample is listed once, by name."""
    store.append_samples([make_sample("1", feature="b"), make_sample("2", feature="a"), make_sample("3", feature="b")])
    store.append_samples([]).result()
    with store.read() as c:
        assert samples.features(c) == ["a", "b"]
