"""What labels tell of a judge: whose word counts, what was skipped, and how many are lacking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evaluator.drift.calibration import Labels
from evaluator.labelling.lacking import lacking
from evaluator.labelling.standing import Labelled, estimates, people_of, samples_of, table_of
from store.labels import Judged, Label
from tests.builders import NOON

PASS, FAIL = Judged(0.1, NOON, True), Judged(0.1, NOON, False)


def word(by: str, passed: bool | None, minute: int, **fields: Any) -> Label:
    """What somebody said of sample s so many minutes after noon."""
    plain: dict[str, Any] = {"label_id": "l", "sample_id": "s", "feature": "f", "judge": "j", "judge_version": "v"}
    plain |= {"revision": 1, "label": None, "note": None, "place": 0.1, "judged_at": NOON, "verdict": True}
    at = NOON + timedelta(minutes=minute)
    return Label(**{**plain, "ts": NOON, "labelled_at": at, "labeller": by, "passed": passed, **fields})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([word("Ana", True, 1), word("Ben", False, 2)], (True, False)),
        ([word("Ana", True, 1), word("Ben", False, 2), word("ana", False, 3, revision=2)], (False, False)),
        ([word("Ana", None, 1), word("Ben", False, 2)], (False,)),
        ([word("Ana", True, 1), word("Ana", None, 2, revision=2)], ()),
    ],
)
def test_whose_word_counts(said: list[Label], words: tuple[bool, ...]) -> None:
    """The first person's who could say, with what they said last; a correction does not change who was first."""
    assert [one.words for one in samples_of(said)] == [words]


def test_the_first_word_stands_beside_the_verdict() -> None:
    """One count for each sample, however many people spoke; none where nobody could say."""
    found = [Labelled(PASS, (True, False)), Labelled(PASS, (False,)), Labelled(FAIL, (True,)), Labelled(FAIL, ())]
    assert table_of(found) == Labels(1, 1, 1, 0)


def test_what_nobody_could_say_widens_the_rate() -> None:
    """From where all of it fails to where all of it passes, each verdict with its own weight."""
    found = [Labelled(PASS, (True,))] * 9 + [Labelled(PASS, ())] + [Labelled(FAIL, (False,))] * 10
    told = estimates(table_of(found), found, 80, 100)
    assert (told["worst"], told["best"]) == pytest.approx((0.72, 0.8))


def test_nothing_is_known_of_a_verdict_without_labels() -> None:
    """Then there is no rate, not a wrong one."""
    found = [Labelled(PASS, (True,))] * 9
    assert set(estimates(table_of(found), found, 80, 100).values()) == {None}


def test_two_people_are_weighed_as_the_traffic_is() -> None:
    """They agree on all passes and on no fail, of which there is one in ten."""
    found = [Labelled(PASS, (True, True))] * 8 + [Labelled(FAIL, (True, False))] * 8
    told = people_of(found, 90, 100)
    assert told.agreed is not None
    assert (told.n, told.agreed.value) == (16, pytest.approx(0.9))


@pytest.mark.parametrize(
    ("labels", "passes", "n", "needed"),
    [
        (Labels(0, 0, 0, 0), 0, 0, None),
        (Labels(0, 0, 0, 0), 950, 1000, 176),
        (Labels(10, 0, 0, 3), 10, 13, 0),
        (Labels(19, 0, 0, 200), 500, 1000, 1),
        (Labels(120, 5, 3, 122), 900, 1000, 0),
    ],
)
def test_how_many_labels_are_lacking(labels: Labels, passes: int, n: int, needed: int | None) -> None:
    """None of what was never judged, 0 when all is labelled or it is enough; both verdicts are wanted."""
    assert lacking(labels, passes, n) == needed
