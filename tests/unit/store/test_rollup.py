"""Votes: what counts, where it counts, and that counting in pieces equals counting anew."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from store import rollup
from store.records import Sample, Series, Status, Verdict
from store.rollup import Window
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.unit.store.counting import Bucket, Counts, buckets, count

TONE = Series(feature="support-chat", judge="tone", judge_version="v1")
DAY = (NOON - timedelta(days=30), NOON + timedelta(days=30))


def votes(store: Store, *verdicts: Verdict, segments: rollup.SegmentKeys | None = None) -> list[Bucket]:
    """Store the verdicts, bring the rollup up to date and read the buckets of the series `tone`."""
    store.append_verdicts(verdicts).result()
    store.run(lambda c: rollup.refresh(c, segments or {})).result()
    with store.read() as c:
        return buckets(c, TONE)


def test_votes_are_those_of_the_totals(store: Store) -> None:
    """How many votes a window holds is the same number whether its outcomes are asked for or not."""
    store.append_samples([make_sample(f"s{n}", latency_ms=n) for n in range(9)]).result()
    votes(store, *(make_verdict(f"s{n}", passed=None if n > 6 else n > 2) for n in range(9)))
    with store.read() as c:
        windows = [Window(series, *DAY) for series in rollup.series(c)]
        assert len(windows) > 3
        assert rollup.votes(c, windows) == [total.votes for total in rollup.totals(c, windows)]


def counted(store: Store) -> Counts:
    """Everything the rollup holds."""
    with store.read() as c:
        rates = [series for series in rollup.series(c) if series.metric == "pass_rate"]
        found = [(series, bucket) for series in rates for bucket in buckets(c, series)]
    return {(series, b.bucket, b.segment, b.sampling_class): b for series, b in found}


def bucket(**fields: Any) -> Bucket:
    plain = {"bucket": NOON, "segment": "", "hour_block": 2, "sampling_class": "default", "errors": 0.0}
    return Bucket(**{**plain, **fields})


def test_a_sample_without_a_session_is_a_vote(store: Store) -> None:
    """Two samples without a session are two votes."""
    found = votes(store, make_verdict("a"), make_verdict("b", passed=False))
    assert found == [bucket(votes=2.0, passes=1.0)]


def test_a_session_is_one_vote(store: Store) -> None:
    """A session's vote is the mean of its verdicts, in the bucket and class of the first."""
    late = NOON + timedelta(hours=7)
    found = votes(
        store,
        make_verdict("b", session_id="s", ts=late, passed=True, sampling_class="other"),
        make_verdict("c", session_id="s", ts=late, passed=False, sampling_class="other"),
        make_verdict("a", session_id="s", passed=True),
    )
    assert found == [bucket(votes=1.0, passes=2 / 3)]


def test_the_smaller_id_is_first_at_the_same_time(store: Store) -> None:
    """Of two verdicts on samples of the same time, the one with the smaller sample id decides the class."""
    found = votes(
        store,
        make_verdict("b", session_id="s", sampling_class="second"),
        make_verdict("a", session_id="s", sampling_class="first"),
    )
    assert found == [bucket(sampling_class="first", votes=1.0, passes=1.0)]


def test_an_id_used_again_is_another_vote(store: Store) -> None:
    """Without a session, the same id at another time is another sample: a vote in its own bucket, even when late."""
    quarter = timedelta(minutes=15)
    votes(store, make_verdict("a"), make_verdict("s", session_id="a"))
    found = votes(store, make_verdict("a", ts=NOON + quarter, passed=False))
    assert found == [bucket(votes=2.0, passes=2.0), bucket(bucket=NOON + quarter, votes=1.0, passes=0.0)]


def test_errors_are_counted_apart(store: Store) -> None:
    """A session with errors only is an error and no vote; beside an ok verdict its errors do not count."""
    found = votes(
        store,
        make_verdict("a", passed=None),
        make_verdict("b", passed=None, session_id="s"),
        make_verdict("c", passed=True, session_id="s"),
    )
    assert found == [bucket(votes=1.0, passes=1.0, errors=1.0)]


def test_skipped_samples_are_no_votes(store: Store) -> None:
    """A verdict "skipped" is neither vote nor error."""
    assert votes(store, make_verdict("a", passed=None, status=Status.SKIPPED)) == []


def test_buckets_begin_every_quarter(store: Store) -> None:
    """A bucket holds its first microsecond and not that of the next."""
    quarter = timedelta(minutes=15)
    found = votes(
        store,
        make_verdict("a", ts=NOON + quarter - timedelta(microseconds=1)),
        make_verdict("b", ts=NOON + quarter),
    )
    assert found == [bucket(votes=1.0, passes=1.0), bucket(bucket=NOON + quarter, votes=1.0, passes=1.0)]


def test_segments_come_from_the_samples_metadata(store: Store) -> None:
    """A vote's segment names the feature's keys; a value that is missing reads "-"."""
    store.append_samples([make_sample("a", metadata={"plan": "pro", "language": "de"}), make_sample("b")])
    keys = {"support-chat": ("plan", "language")}
    found = votes(store, make_verdict("a"), make_verdict("b"), make_verdict("unknown"), segments=keys)
    assert [(b.segment, b.votes) for b in found] == [("plan=-|language=-", 2.0), ("plan=pro|language=de", 1.0)]


def test_changed_segment_keys_count_the_feature_anew(store: Store) -> None:
    """Other keys, and no keys any more, take effect on old verdicts too, and only on that feature."""
    store.append_samples([make_sample("a", metadata={"plan": "pro"})])
    votes(store, make_verdict("a"), make_verdict("b", feature="other"))
    assert [b.segment for b in votes(store, segments={"support-chat": ("plan",)})] == ["plan=pro"]
    assert [b.segment for b in votes(store)] == [""]


def test_a_late_verdict_moves_the_sessions_vote(store: Store) -> None:
    """A verdict on an earlier sample takes the session's vote out of its old bucket."""
    hour = timedelta(hours=1)
    votes(store, make_verdict("b", session_id="s", ts=NOON + hour))
    found = votes(store, make_verdict("a", session_id="s", passed=False))
    assert found == [bucket(votes=1.0, passes=0.5)]


def test_refresh_without_news_does_nothing(store: Store) -> None:
    """Refreshing again counts nothing: it says how many buckets it counted."""
    store.append_verdicts([make_verdict("a")]).result()
    again = [store.run(lambda c: rollup.refresh(c, {})).result() for _ in range(2)]
    assert again == [1, 0]


def test_versions_are_never_mixed(store: Store) -> None:
    """Each judge version is a series of its own."""
    votes(store, make_verdict("a"), make_verdict("a", judge_version="v2", passed=False))
    with store.read() as c:
        assert [series.judge_version for series in rollup.series(c)] == ["v1", "v2"]


def test_totals_add_up_the_strata(store: Store) -> None:
    """Steps of a day hold the votes, passes and errors of all their buckets and strata."""
    hours = [make_verdict(f"h{n}", ts=NOON + timedelta(hours=n), sampling_class=str(n % 2)) for n in range(24)]
    votes(store, *hours, make_verdict("x", passed=None))
    with store.read() as c:
        [found] = rollup.steps(c, [Window(TONE, *DAY)], step_minutes=1440)
    midnight = NOON - timedelta(hours=12)
    assert [total[:4] for total in found] == [
        (midnight, 12.0, 12.0, 1.0),
        (midnight + timedelta(days=1), 12.0, 12.0, 0.0),
    ]


def test_steps_of_several_series(store: Store) -> None:
    """The counts come for every window at once, each in its place, oldest step first."""
    later = NOON + timedelta(days=1)
    votes(store, make_verdict("a"), make_verdict("b", ts=later, passed=False), make_verdict("c", judge="other"))
    other = Series(feature="support-chat", judge="other", judge_version="v1")
    with store.read() as c:
        found = rollup.steps(c, [Window(other, *DAY), Window(TONE, *DAY)], step_minutes=1440)
    midnight = NOON - timedelta(hours=12)
    assert [[total[:4] for total in totals] for totals in found] == [
        [(midnight, 1.0, 1.0, 0.0)],
        [(midnight, 1.0, 1.0, 0.0), (midnight + timedelta(days=1), 1.0, 0.0, 0.0)],
    ]


def test_errors_are_a_series_of_their_own(store: Store) -> None:
    """A judge that failed has an error rate: its votes are all it tried, its outcome the errors."""
    votes(store, make_verdict("a"), make_verdict("b"), make_verdict("x", passed=None))
    errors = Series(feature="support-chat", judge="tone", judge_version="v1", metric="judge_errors")
    with store.read() as c:
        assert errors in rollup.series(c)
        assert rollup.totals(c, [Window(errors, *DAY)])[0][1:3] == (3.0, 1.0)


def test_votes_carry_the_weight_of_what_was_left_out(store: Store) -> None:
    """A vote's weight is one over the probability that it was kept and judged; its sums are kept beside the votes."""
    store.append_samples([make_sample("a", sampling_probability=0.5)])
    votes(store, make_verdict("a", judge_probability=0.25), make_verdict("b", passed=False))
    with store.read() as c:
        [total] = rollup.totals(c, [Window(TONE, *DAY)])
    assert total[4:] == (5.0, 17.0, 4.0, 16.0, 16.0)


def test_windows_of_series(store: Store) -> None:
    """Each asked window is answered in its place: [start, end) of its series, zeros where nothing was counted."""
    hour = timedelta(hours=1)
    votes(store, *(make_verdict(f"h{n}", ts=NOON + n * hour) for n in range(5)), make_verdict("x", passed=None))
    nobody = Series(feature="support-chat", judge="nobody", judge_version="v1")
    windows = [
        Window(TONE, NOON + 3 * hour, NOON + 9 * hour),
        Window(nobody, NOON, NOON + hour),
        Window(TONE, NOON, NOON + 2 * hour),
    ]
    with store.read() as c:
        assert [total[1:4] for total in rollup.totals(c, windows)] == [
            (2.0, 2.0, 0.0),
            (0.0, 0.0, 0.0),
            (2.0, 2.0, 1.0),
        ]
        assert rollup.totals(c, []) == []


def test_changed_names_the_first_bucket_counted_anew(store: Store) -> None:
    """After a refresh, each touched series comes with its earliest changed bucket; others do not come."""
    votes(store, make_verdict("a"), make_verdict("b", judge="other"))
    store.append_verdicts([make_verdict(f"h{n}", ts=NOON + timedelta(hours=n)) for n in (3, 2)]).result()
    changed = store.run(lambda c: (rollup.refresh(c, {}), rollup.changed(c))[1]).result()
    assert changed == {("support-chat", "tone", "v1"): NOON + timedelta(hours=2)}


def traffic(rng: random.Random, n: int) -> tuple[list[Sample], list[Verdict]]:
    """Samples of three days with sessions that wander over buckets, features and classes, and verdicts on them."""
    samples, verdicts = [], []
    for number in range(n):
        plain: dict[str, Any] = {
            "ts": NOON + timedelta(seconds=rng.randrange(3 * 86_400)),
            "feature": rng.choice(["f", "g"]),
            "session_id": f"s{rng.randrange(n // 4)}" if rng.random() < 0.7 else None,
            "sampling_class": rng.choice(["default", "errors"]),
        }
        metadata = {"plan": rng.choice(["pro", "free"])} if rng.random() < 0.8 else {}
        samples.append(make_sample(f"x{number}", metadata=metadata, **plain))
        for judge in rng.sample(["j1", "j2"], rng.randint(0, 2)):
            status = rng.choices([Status.OK, Status.ERROR, Status.SKIPPED], [8, 1, 1])[0]
            passed = rng.random() < 0.8 if status is Status.OK else None
            verdicts.append(make_verdict(f"x{number}", judge=judge, status=status, passed=passed, **plain))
    rng.shuffle(verdicts)
    return samples, verdicts


@pytest.mark.parametrize("seed", range(4))
def test_counting_in_pieces_equals_the_definition(store: Store, seed: int) -> None:
    """Late, reordered, multi-session verdicts counted piece by piece give, to the last bit, the plain definition."""
    rng = random.Random(seed)
    samples, verdicts = traffic(rng, 200)
    store.append_samples(samples).result()
    segments = {"f": ("plan",)} if seed % 2 else {}
    while verdicts:
        piece, verdicts = verdicts[: (cut := rng.randint(1, 120))], verdicts[cut:]
        store.append_verdicts(piece)
        store.run(lambda c: rollup.refresh(c, segments)).result()
    _, all_verdicts = traffic(random.Random(seed), 200)
    assert counted(store) == count(samples, all_verdicts, segments)
