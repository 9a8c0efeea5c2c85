"""Labels in the store: whom to ask about which sample next, and what was said."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from store import labels, retention
from store.labels import Judged, Label, LabelFilter, Target
from store.records import TextState
from store.samples import Key
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict

TARGET = Target("support-chat", "tone", "v1")


def judge(store: Store, **passed: bool | None) -> None:
    """Samples with these ids and verdicts."""
    store.append_samples([make_sample(name) for name in passed]).result()
    store.append_verdicts([make_verdict(name, passed=told) for name, told in passed.items()]).result()


def say(store: Store, sample_id: str, by: str = "Ana", passed: bool | None = True, **fields: Any) -> Label:
    """Somebody's word, as the queue would keep it."""
    with store.read() as c:
        about = labels.verdict_on(c, (sample_id, NOON), TARGET.judge, None)
    assert about is not None
    plain = {
        "label_id": f"{sample_id}-{by}",
        "ts": NOON,
        "labelled_at": NOON,
        "revision": 1,
        "label": None,
        "note": None,
    }
    said = Label(
        **{**plain, **about[0]._asdict(), **about[1]._asdict(), **fields},
        sample_id=sample_id,
        labeller=by,
        passed=passed,
    )
    store.run(lambda c: labels.append(c, [said])).result()
    return said


def upcoming(store: Store, since: datetime = NOON, elsewhere: tuple[str, ...] = ()) -> str | None:
    with store.read() as c:
        return _id(labels.fresh(c, TARGET, since, elsewhere))


def second(store: Store, by: str, share: float = 1.0) -> str | None:
    with store.read() as c:
        return _id(labels.second(c, TARGET, by, share, ()))


def _id(key: Key | None) -> str | None:
    return key and key[0]


def order(store: Store) -> list[tuple[str, bool]]:
    """Every sample in the order in which people are asked, with what the judge said."""
    asked = []
    while sample_id := upcoming(store):
        asked.append((sample_id, say(store, sample_id).verdict))
    return asked


def test_places_are_those_of_the_mixer(store: Store) -> None:
    """MurmurHash3's last step, written out anew: places of any version of the database are the same."""

    def mixed(h: int) -> int:
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
            h = (h ^ h >> shift) * factor & 0xFFFFFFFF
        return h ^ h >> 16

    with store.read() as c:
        found = c.execute("SELECT seq, place_of(seq) FROM range(1, 5000) AS t(seq)").fetchall()
    assert found == [(seq, mixed(seq) / 2**32) for seq, _ in found]


def test_places_look_random(store: Store) -> None:
    """Even over [0, 1), and nothing to do with the place before, nor with the part that decides on a second person."""
    with store.read() as c:
        found = np.array([place for (place,) in c.execute("SELECT place_of(r) FROM range(100000) AS t(r)").fetchall()])
    counts = np.histogram(found, bins=100, range=(0, 1))[0]
    low = found * 65536 % 1
    assert ((counts - 1000) ** 2 / 1000).sum() < 149  # chi-square, 99 degrees of freedom, p = .001
    assert abs(np.corrcoef(found[1:], found[:-1])[0, 1]) < 0.01
    assert abs(np.corrcoef(found, low)[0, 1]) < 0.01


def test_passes_and_fails_come_half_and_half_and_in_no_pattern(store: Store) -> None:
    """Of 20 fails and 180 passes both kinds are asked about alike at first; in turn would give the verdict away."""
    judge(store, **{f"s{i}": i % 10 > 0 for i in range(200)})
    first = "".join("p" if passed else "f" for _, passed in order(store)[:24])
    assert 7 <= first.count("f") <= 17
    assert {"pp", "ff"} <= {first[i : i + 2] for i in range(23)}


def test_each_is_asked_about_once_and_errors_never(store: Store) -> None:
    """What the judge decided is asked about, what it could not judge or another version judged is not."""
    judge(store, a=True, b=False, c=None)
    store.append_samples([make_sample("d")]).result()
    store.append_verdicts([make_verdict("d", judge_version="v0")]).result()
    assert sorted(order(store)) == [("a", True), ("b", False)]


@pytest.mark.parametrize("state", [TextState.EXPIRED, TextState.WITHHELD, TextState.MISSING])
def test_nobody_is_asked_about_a_text_that_is_not_there(store: Store, state: TextState) -> None:
    """Without its text a sample cannot be labelled."""
    judge(store, a=True)
    store.run(lambda c: retention.delete_texts(c, [("a", NOON)], state)).result()
    assert upcoming(store) is None


def test_what_is_too_old_or_in_other_hands_is_passed_by(store: Store) -> None:
    """The next one is of what was judged since then, and not among those that others hold."""
    judge(store, a=True, b=True)
    first = upcoming(store)
    assert {first, upcoming(store, elsewhere=(str(first),))} == {"a", "b"}
    assert upcoming(store, elsewhere=("a", "b")) is None
    assert upcoming(store, since=NOON + timedelta(seconds=1)) is None


def test_chosen_for_bad_feedback_is_no_sample_of_the_traffic(store: Store) -> None:
    """Such a sample is not asked about, and is no verdict that labels can be compared with."""
    store.append_samples([make_sample("a", sampling_class="feedback")]).result()
    store.append_verdicts([make_verdict("a", sampling_class="feedback")]).result()
    assert upcoming(store) is None
    with store.read() as c:
        assert labels.verdict_on(c, ("a", NOON), "tone", None) is None
        assert labels.judged_between(c, TARGET, NOON, NOON + timedelta(days=1)) == (0, 0, False)


def test_a_second_person_gets_another_persons_samples_only(store: Store) -> None:
    """Once two have labelled it, or it is one's own, it is nobody's second; names are the same in any case."""
    judge(store, a=True)
    assert second(store, "Ben") is None
    say(store, "a", "Ana")
    assert (second(store, "Ben"), second(store, "ANA"), second(store, "Ben", share=0.0)) == ("a", None, None)
    say(store, "a", "Ben")
    assert second(store, "Caro") is None


def test_what_one_could_not_say_goes_to_a_second_person_in_any_case(store: Store) -> None:
    """Whatever the share."""
    judge(store, a=True)
    say(store, "a", passed=None)
    assert second(store, "Ben", share=0.0) == "a"


def test_a_fifth_goes_to_a_second_person(store: Store) -> None:
    """The share is that of the samples, passes and fails alike."""
    judge(store, **{f"s{i}": i % 2 > 0 for i in range(400)})
    for i in range(400):
        say(store, f"s{i}")
    given: Counter[bool] = Counter()
    while sample_id := second(store, "Ben", share=0.2):
        given[say(store, sample_id, "Ben").verdict] += 1
    assert 20 <= given[True] <= 62
    assert 20 <= given[False] <= 62


def test_the_last_word_counts_and_the_history_is_there(store: Store) -> None:
    """Of each person and sample the highest revision."""
    judge(store, a=True)
    say(store, "a", passed=False)
    say(store, "a", "ana", passed=True, revision=2, labelled_at=NOON + timedelta(minutes=1))
    say(store, "a", "Ben", passed=None)
    with store.read() as c:
        last = labels.find(c, LabelFilter(**TARGET._asdict()))
        every = labels.find(c, LabelFilter(history=True))
        bens = labels.find(c, LabelFilter(labeller="ben"))
    assert sorted((one.labeller, one.passed) for one in last) == [("Ben", None), ("ana", True)]
    assert (len(every), len(bens)) == (3, 1)


def test_what_was_passed_over(store: Store) -> None:
    """Verdicts whose places lie before those that were labelled, and that nobody labelled; those behind are not."""
    judge(store, **{f"s{i}": True for i in range(10)})
    with store.read() as c:
        places = {f"s{i}": (labels.verdict_on(c, (f"s{i}", NOON), "tone", None) or ())[1].place for i in range(10)}
    ranked = sorted(places, key=lambda name: places[name])
    for name in (ranked[0], ranked[3]):
        say(store, name)
    with store.read() as c:
        found = labels.passed_over(c, TARGET, NOON, (places[ranked[3]], 0.0), 100)
    assert sorted(found) == [Judged(places[name], NOON, True) for name in ranked[1:3]]


@pytest.mark.parametrize("state", [TextState.KEPT, TextState.EXPIRED, TextState.WITHHELD])
def test_what_nobody_can_read_any_more_was_passed_over_too(store: Store, state: TextState) -> None:
    """Were it left out, passes whose text is kept for an hour would leave the order, and fails would not."""
    judge(store, **{f"s{i}": True for i in range(10)})
    first = str(upcoming(store))
    for name in {f"s{i}" for i in range(10)} - {first}:
        say(store, name)
    store.run(lambda c: retention.delete_texts(c, [(first, NOON)], state)).result()
    with store.read() as c:
        assert len(labels.passed_over(c, TARGET, NOON, (1.0, 1.0), 100)) == 1


@pytest.mark.parametrize("other", [0.5, 0.1])
def test_it_is_known_whether_all_were_as_likely_to_be_judged(store: Store, other: float) -> None:
    """Where some kinds of samples are judged at another rate, the share of passes is not that of the traffic."""
    given = [make_verdict("a", judge_probability=0.5), make_verdict("b", judge_probability=other)]
    store.append_verdicts(given).result()
    with store.read() as c:
        assert labels.judged_between(c, TARGET, NOON, NOON + timedelta(days=1)) == (2, 2, other < 0.5)
