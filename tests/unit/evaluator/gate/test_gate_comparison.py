"""The comparison over stored verdicts: verdicts, reasons, slices, and what keeps it from deciding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evaluator.api.gate_shapes import GateReport, Outcome, Reason
from evaluator.errors import InputError
from evaluator.gate.comparison import Plan, compare
from evaluator.gate.sides import Side, stored
from store import segments
from store.records import Sample, Verdict
from store.sides import Chosen
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict

ASKED = {"messages": [{"role": "user", "content": "the same for all"}]}


def fill(store: Store, release: str, passes: list[bool | None], *, name: str = "", **fields: Any) -> None:
    """A sample and a verdict of `tone` for each outcome; `name` begins the samples' ids, else the release does."""
    samples, verdicts = list[Sample](), list[Verdict]()
    judge = {key: fields.pop(key) for key in ("judge", "judge_version") if key in fields}
    for n, passed in enumerate(passes):
        own = {key: value[n % len(value)] for key, value in fields.items()}
        sample_id = f"{name or release}-{n}"
        ts = {"1": make_sample().ts, "2": make_sample().ts.replace(hour=14)}[release]
        samples.append(make_sample(sample_id, ts=ts, release=release, ask=sample_id, **own))
        verdicts.append(make_verdict(sample_id, ts=ts, passed=passed, **judge))
    store.append_samples(samples).result()
    store.append_verdicts(verdicts).result()


def gate(store: Store, **plan: Any) -> GateReport:
    """Release 2 against release 1."""
    with store.read() as c:
        sides = [
            Side(name=f"release:{r}", chosen=stored(f"release:{r}", "support-chat") or Chosen(), c=c) for r in "12"
        ]
        return compare(*sides, Plan(**{"margin": 0.02, **plan}))


def outcomes(n: int, fails: int) -> list[bool | None]:
    """So many failed, spread evenly."""
    return [not (fails and index % (n // fails) == 0) for index in range(n)]


def test_a_worse_release_fails(store: Store) -> None:
    """20 points lower over 300 votes on each side is worse than 2 points."""
    fill(store, "1", outcomes(300, 15))
    fill(store, "2", outcomes(300, 75))
    report = gate(store)
    assert (report.outcome, report.results[0].reason, report.results[0].matched_by) == ("fail", "worse", None)
    assert report.results[0].difference == pytest.approx(-0.2)


def test_equal_ids_of_two_releases_are_pairs(store: Store) -> None:
    """A test set that is sent with each release under the same ids is compared pair by pair."""
    for release in "12":
        fill(store, release, outcomes(300, 15), name="case")
    report = gate(store)
    assert (report.outcome, report.results[0].matched_by, report.results[0].n_candidate) == ("pass", "id", 300)


def test_equal_requests_of_two_releases_are_pairs(store: Store) -> None:
    """Under other ids the questions tell which answers belong together."""
    for release in "12":
        asks = [f"question {n}" for n in range(300)]
        samples = [
            make_sample(f"{release}-{n}", ts=make_sample().ts.replace(hour=12 + int(release)), release=release, ask=ask)
            for n, ask in enumerate(asks)
        ]
        store.append_samples(samples).result()
        store.append_verdicts([make_verdict(one.sample_id, ts=one.ts) for one in samples]).result()
    assert gate(store).results[0].matched_by == "request"
    assert gate(store, unpaired=True).results[0].matched_by is None


def test_live_releases_whose_requests_repeat_are_two_groups(store: Store) -> None:
    """Requests that the candidate never got are no missing answers, and each answer has its vote."""
    for release, n, pool in (("1", 1200, 100), ("2", 900, 70)):
        ts = make_sample().ts.replace(hour=12 + int(release))
        samples = [make_sample(f"{release}-{i}", ts=ts, release=release, ask=f"question {i % pool}") for i in range(n)]
        store.append_samples(samples).result()
        store.append_verdicts([make_verdict(one.sample_id, ts=one.ts) for one in samples]).result()
    result = gate(store).results[0]
    assert (result.matched_by, result.reason, result.missing_candidate) == (None, "not_worse", 0)
    assert (result.n_baseline, result.n_candidate) == (1200, 900)


def test_too_few_votes_are_undecided_and_say_how_many_it_takes(store: Store) -> None:
    """Thirty votes cannot exclude 2 points."""
    for release in "12":
        fill(store, release, outcomes(30, 3))
    result = gate(store).results[0]
    assert (result.outcome, result.reason, result.needed_for) == ("undecided", "too_few", "pass")
    assert result.needed is not None
    assert f"{result.needed:,} votes on each side" in result.text


def test_a_pass_that_missing_verdicts_could_undo_is_undecided(store: Store) -> None:
    """Had the errors failed, the candidate would be worse than the margin."""
    fill(store, "1", [True] * 600, name="case")
    fill(store, "2", [*[True] * 570, *[None] * 30], name="case")
    report = gate(store)
    assert (report.outcome, report.results[0].reason) == (Outcome.UNDECIDED, Reason.MISSING_VERDICTS)
    assert report.results[0].missing_candidate == 30
    assert "--unpaired" in report.results[0].text


def test_a_candidate_that_is_not_judged_to_the_end_does_not_pass(store: Store) -> None:
    """While a judge owes verdicts, the good ones that are there prove nothing."""
    for release in "12":
        fill(store, release, [True] * 400, name="case")
    with store.read() as c:
        baseline, candidate = (Side(name=r, chosen=Chosen(release=r), c=c) for r in "12")
        waiting = replace(candidate, waiting={("support-chat", "tone"): 7})
        result = compare(baseline, waiting, Plan(margin=0.02)).results[0]
    assert (str(result.outcome), result.reason) == ("undecided", Reason.MISSING_VERDICTS)
    assert "not all of the candidate is judged yet" in result.text


def test_a_judge_that_never_saw_the_candidate_keeps_it_from_passing(store: Store) -> None:
    """A judge of the baseline with no verdict on the candidate is no pass."""
    for release in "12":
        fill(store, release, [True] * 400, name="case")
    fill(store, "1", [True] * 400, name="case", judge="other")
    report = gate(store)
    assert report.outcome is Outcome.UNDECIDED
    assert {one.judge: str(one.reason) for one in report.results} == {"tone": "not_worse", "other": "no_votes"}
    assert gate(store, judges=("tone",)).outcome is Outcome.PASS


def test_a_new_judge_is_told_and_not_compared(store: Store) -> None:
    """One that has judged only the candidate has no baseline."""
    for release in "12":
        fill(store, release, [True] * 400, name="case")
    fill(store, "2", [True] * 400, name="case", judge="new")
    report = gate(store)
    assert (report.outcome, [one.judge for one in report.results]) == (Outcome.PASS, ["tone"])
    assert report.notes == ["support-chat / new: not compared, it has no verdict on the baseline"]


def test_different_versions_of_a_judge_are_not_compared(store: Store) -> None:
    """They are different yardsticks: nothing to compare, and what to do."""
    fill(store, "1", [True] * 30)
    fill(store, "2", [True] * 30, judge_version="v2")
    with pytest.raises(InputError, match="different versions"):
        gate(store)


def test_of_two_common_versions_the_newer_counts(store: Store) -> None:
    """What was judged by both is compared by the one that judged last."""
    for release in "12":
        fill(store, release, [True] * 30, judge_version="v1")
        fill(store, release, [True] * 30, judge_version="v2")
    assert [one.judge_version for one in gate(store).results] == ["v2"]


def test_a_side_without_verdicts_is_an_error_that_names_it(store: Store) -> None:
    """Misspelt names are the likely cause."""
    fill(store, "1", [True] * 30)
    with pytest.raises(InputError, match="no verdict on release:2"):
        gate(store)


def test_a_fall_in_one_slice_fails_and_is_the_only_one_listed(store: Store) -> None:
    """The whole looks well, one language does not; the others are only counted."""
    langs = [{"lang": name} for name in ("de", "en", "fr", "it", "es")]
    fill(store, "1", outcomes(1000, 50), name="case", metadata=langs)
    fill(store, "2", [n % 5 != 2 or n % 2 == 0 for n in range(1000)], name="case", metadata=langs)
    report = gate(store, slices=("lang",), margin=0.2)
    assert (report.outcome, str(report.results[0].outcome)) == ("fail", "pass")
    assert [(one.key, one.value, str(one.outcome)) for one in report.slices] == [("lang", "fr", "fail")]
    assert report.slices_tested == 5


def test_many_slices_need_stronger_evidence(store: Store) -> None:
    """What would be a fail alone is only worth a look among many, and leaves the whole as it is."""
    cases = [{"case": str(n % 40)} for n in range(800)]
    fill(store, "1", [True] * 800, name="case", metadata=cases)
    fill(store, "2", [n % 40 != 7 or n > 280 for n in range(800)], name="case", metadata=cases)
    alone = gate(store, slices=("metadata.case",), margin=0.02)
    assert [(one.value, str(one.outcome)) for one in alone.slices] == [("7", "undecided")]
    assert (alone.slices_tested, str(alone.outcome)) == (40, "pass")


def test_small_slices_are_not_looked_at(store: Store) -> None:
    """Nor is one that holds everything."""
    metadata = [{"user": str(n), "all": "x"} for n in range(100)]
    for release in "12":
        fill(store, release, [True] * 100, name="case", metadata=metadata)
    assert gate(store, slices=("user", "all", "model", "language")).slices_tested == 0


def test_a_slice_that_no_vote_has_is_told(store: Store) -> None:
    """A misspelt key must not look like slices in which nothing fell."""
    for release in "12":
        fill(store, release, [True] * 40, name="case", metadata=[{"lang": "de"}])
    report = gate(store, slices=("nope", "lang", "metadata.lang", "model", "nope"))
    assert report.notes == ["no vote has the key nope: --slice nope looks at nothing"]


def test_chosen_segments_are_strata_and_slices(store: Store) -> None:
    """What the store chose to cut a feature by is what groups are compared within, and what is looked at."""
    store.run(lambda c: segments.choose(c, {"support-chat": ("plan",)}, NOON)).result()
    plans = [{"plan": "free"}, {"plan": "pro"}]
    fill(store, "1", [n % 2 == 0 or n % 4 == 1 for n in range(400)], metadata=[*plans])
    fill(store, "2", [n % 8 != 0 or n % 16 == 0 for n in range(400)], metadata=[plans[1], *[plans[0]] * 7])
    report = gate(store, segments_of=lambda _: None)
    assert (report.slices_tested, "mix of 2 segments" in report.results[0].text) == (2, True)
    assert report.results[0].baseline == pytest.approx(7 / 8 + 1 / 16)


def test_slices_by_language_look_at_the_question(store: Store) -> None:
    """German and English questions are told apart by their text."""
    asks = ["Wo ist meine Bestellung geblieben?", "Where has my order been all this time?"]
    for release in "12":
        samples = [
            make_sample(
                f"case-{n}", ts=make_sample().ts.replace(hour=12 + int(release)), release=release, ask=asks[n % 2]
            )
            for n in range(60)
        ]
        store.append_samples(samples).result()
        wrong = {one.sample_id for one in samples[::2] if release == "2"}
        store.append_verdicts(
            [make_verdict(one.sample_id, ts=one.ts, passed=one.sample_id not in wrong) for one in samples]
        ).result()
    report = gate(store, slices=("language",))
    assert report.slices_tested == 2
    assert [(one.key, one.value) for one in report.slices] == [("language", "de")]


def test_samples_kept_for_bad_feedback_have_no_vote(store: Store) -> None:
    """They were chosen by their outcome."""
    for release in "12":
        fill(store, release, [True] * 30)
    bad = make_sample("bad", ts=make_sample().ts.replace(hour=14), release="2", sampling_class="feedback")
    store.append_samples([bad]).result()
    store.append_verdicts([make_verdict("bad", ts=bad.ts, passed=False, sampling_class="feedback")]).result()
    assert gate(store).results[0].n_candidate == 30


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("release:", "names nothing"),
        ("2026-11-08..2026-11-01", "start before its end"),
        ("..", "start before its end"),
        ("2026-11-01T10:00:00..2026-11-02", "no time zone"),
        ("yesterday..today", "no date or time"),
        ("0001-01-01T00:00:00+14:00..", "years 1970 and 9000"),
    ],
)
def test_words_that_name_no_side_say_why(word: str, why: str) -> None:
    """Each message says what to write."""
    with pytest.raises(InputError, match=why):
        stored(word, "chat")


@pytest.mark.parametrize("word", ["a.jsonl", "./release:1", "../x.jsonl", "C:\\a..b"])
def test_other_words_are_files(word: str) -> None:
    """A path is never taken for a stored side."""
    assert stored(word, None) is None
