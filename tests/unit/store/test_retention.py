"""Texts that are deleted are gone: from the tables, from what quotes them, and from the file."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from evaluator.retention import Retention, Swept
from evaluator.settings import Settings
from store import alerts, labels, retention, samples, verdicts
from store.labels import Label
from store.records import Alert, Sample, TextState
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock

SECRET = "wormwood"
JUDGES = (("tone", "v1"), ("schema", "v2"))


def sweeper(store: Store, clock: Clock, **settings: object) -> Retention:
    """A sweep with these settings; two judges want every sample."""
    return Retention(store, Settings.model_validate(settings), clock, lambda _: JUDGES)


def found(store: Store, sample_id: str) -> Sample:
    with store.read() as c:
        sample = samples.get(c, sample_id)
    assert sample is not None
    return sample


def explanation(store: Store, sample_id: str) -> str | None:
    with store.read() as c:
        return verdicts.of_samples(c, [sample_id])[0].explanation


def alert_about(sample: Sample) -> Alert:
    """An alert that quotes the sample."""
    example = {"sample_id": sample.sample_id, "ts": "2026-11-20T12:00:00Z", "link": "x"}
    quotes = dict.fromkeys(retention.QUOTED, SECRET)
    return Alert(
        alert_id="a1", monitor_id="m", state="firing", fired_at=NOON, resolved_at=None,
        evidence={"drop": 1, "examples": [example | quotes]},
    )  # fmt: skip


def label_of(sample_id: str, **fields: Any) -> Label:
    """What somebody said of a sample of noon."""
    plain: dict[str, Any] = {"label_id": sample_id, "ts": NOON, "feature": "support-chat", "judge": "tone"}
    plain |= {"judge_version": "v1", "labeller": "Ana", "revision": 1, "labelled_at": NOON, "label": None, "note": None}
    return Label(**{**plain, "place": 0.5, "judged_at": NOON, "verdict": True, **fields}, sample_id=sample_id)


def files_with(text: str, folder: Path) -> list[str]:
    """The files that hold the text as it is."""
    return [file.name for file in folder.iterdir() if text.encode() in file.read_bytes()]


async def test_an_old_text_goes_and_its_verdict_stays(store: Store, clock: Clock) -> None:
    """After text.days, request, response, reference and the explanation are gone; sample, error and verdict stay."""
    store.append_samples([make_sample("s", text=SECRET, reference=SECRET, error="overloaded")])
    store.append_verdicts([make_verdict("s", explanation=SECRET)]).result()
    clock.advance(days=8)
    assert await sweeper(store, clock, text={"days": 7}).sweep() == Swept(expired=1)
    sample = found(store, "s")
    assert (sample.request, sample.response, sample.reference, sample.text) == ({}, {}, None, TextState.EXPIRED)
    assert (sample.error, explanation(store, "s")) == ("overloaded", None)


async def test_a_young_text_stays(store: Store, clock: Clock) -> None:
    """Before text.days have passed nothing is touched."""
    sample = make_sample("s", text=SECRET)
    store.append_samples([sample]).result()
    clock.advance(days=6.9)
    assert (await sweeper(store, clock, text={"days": 7}).sweep()).total == 0
    assert found(store, "s") == sample


async def test_days_count_from_arrival(store: Store, clock: Clock) -> None:
    """A text of last year that was loaded today is as young as any."""
    store.append_samples([make_sample("s", ts=NOON - timedelta(days=300), received_at=NOON)]).result()
    clock.advance(days=6)
    assert (await sweeper(store, clock, text={"days": 7}).sweep()).total == 0


async def test_a_feature_has_its_own_days(store: Store, clock: Clock) -> None:
    """Each feature's texts go after its own time."""
    store.append_samples([make_sample("long", feature="long"), make_sample("short", feature="short")]).result()
    clock.advance(days=3)
    await sweeper(store, clock, features={"short": {"text": {"days": 2}}}).sweep()
    assert [found(store, name).text for name in ("long", "short")] == [TextState.KEPT, TextState.EXPIRED]


async def test_a_late_explanation_goes_in_its_time(store: Store, clock: Clock) -> None:
    """What a judge says after the text is gone goes as many days after it was said."""
    store.append_samples([make_sample("s")]).result()
    await sweeper(store, clock.__class__(clock.advance(days=8)), text={"days": 7}).sweep()
    store.append_verdicts([make_verdict("s", judged_at=clock.now, explanation=SECRET)]).result()
    retaining = sweeper(store, clock, text={"days": 7})
    assert ((await retaining.sweep()).total, explanation(store, "s")) == (0, SECRET)
    clock.advance(days=7.1)
    assert ((await retaining.sweep()).explanations, explanation(store, "s")) == (1, None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([{"passed": True}, {"passed": True}], False),
        ([{"passed": True}, {"passed": False}], True),
        ([{"passed": True}, {"passed": None}], True),
        ([{"passed": True}], True),
    ],
    ids=["all passed", "one failed", "one could not judge", "one is still to come"],
)
async def test_only_failures_keep_their_text(
    store: Store, clock: Clock, given: list[dict[str, bool | None]], kept: bool
) -> None:
    """With keep = failures, a text goes as soon as every judge that wants it has judged it and none failed it."""
    store.append_samples([make_sample("s")])
    store.append_verdicts(
        [
            make_verdict("s", judge=name, judge_version=version, **fields)
            for (name, version), fields in zip(JUDGES, given, strict=False)
        ]
    ).result()
    await sweeper(store, clock, text={"keep": "failures"}).sweep()
    assert found(store, "s").text is (TextState.KEPT if kept else TextState.WITHHELD)


async def test_an_unjudged_text_waits_an_hour(store: Store, clock: Clock) -> None:
    """With keep = failures, a text that its judges do not get to is deleted an hour after it came."""
    store.append_samples([make_sample("s")]).result()
    retaining = sweeper(store, clock, text={"keep": "failures"})
    clock.advance(minutes=59)
    assert (await retaining.sweep()).passed == 0
    clock.advance(minutes=1)
    assert ((await retaining.sweep()).passed, found(store, "s").text) == (1, TextState.WITHHELD)


@pytest.mark.parametrize("named", ["sample_id", "trace_id", "response_id"])
async def test_what_somebody_found_bad_keeps_its_text(store: Store, clock: Clock, named: str) -> None:
    """With keep = failures, negative feedback keeps the text, also before it is attached to its sample."""
    store.append_samples([make_sample("s", trace_id="t", response_id="r"), make_sample("other")])
    name = {"sample_id": "s", "trace_id": "t", "response_id": "r"}[named]
    store.run(
        lambda c: c.execute(
            f"INSERT INTO feedback (feedback_id, received_at, given_at, judge, source, passed, {named}) "
            "VALUES ('f', $now, $now, 'thumbs', 'end_user', FALSE, $name)",
            {"now": NOON.replace(tzinfo=None), "name": name},
        )
    ).result()
    clock.advance(hours=2)
    await sweeper(store, clock, text={"keep": "failures"}).sweep()
    assert [found(store, one).text for one in ("s", "other")] == [TextState.KEPT, TextState.WITHHELD]


async def test_none_takes_what_an_earlier_setting_kept(store: Store, clock: Clock) -> None:
    """When a feature changes to none, its stored texts go at the next sweep."""
    store.append_samples([make_sample("s", feature="health")]).result()
    swept = await sweeper(store, clock, features={"health": {"text": {"keep": "none"}}}).sweep()
    assert (swept.withheld, found(store, "s").text) == (1, TextState.WITHHELD)


async def test_an_alert_no_longer_quotes_what_is_gone(store: Store, clock: Clock) -> None:
    """The excerpts in an alert's evidence are emptied with the text; its figures and links stay."""
    sample = make_sample("s", text=SECRET)
    store.append_samples([sample])
    store.run(partial(alerts.save, alert=alert_about(sample))).result()
    clock.advance(days=91)
    assert (await sweeper(store, clock).sweep()).alerts == 1
    with store.read() as c:
        evidence = alerts.find(c)[0].evidence
    assert SECRET not in str(evidence)
    assert (evidence["drop"], evidence["examples"][0]["sample_id"]) == (1, "s")


async def test_a_second_sweep_finds_nothing(store: Store, clock: Clock) -> None:
    """Sweeping again changes nothing, alerts included."""
    sample = make_sample("s")
    store.append_samples([sample])
    store.run(partial(alerts.save, alert=alert_about(sample))).result()
    clock.advance(days=91)
    retaining = sweeper(store, clock)
    await retaining.sweep()
    assert (await retaining.sweep()).total == 0


async def test_many_texts_go_in_pieces(store: Store, clock: Clock) -> None:
    """More texts than fit into one write all go in one sweep, those that must stay between them notwithstanding."""
    store.append_samples([make_sample(f"s{n:04}") for n in range(2300)])
    store.append_verdicts([make_verdict(f"s{n:04}", passed=n % 3 != 0) for n in range(2300)]).result()
    clock.advance(hours=2)
    swept = await sweeper(store, clock, text={"keep": "failures"}).sweep()
    assert swept.passed == sum(n % 3 != 0 for n in range(2300))


async def test_deleted_texts_are_gone_from_the_file(tmp_path: Path, clock: Clock) -> None:
    """After a sweep and a scrub, the bytes of deleted texts are neither in the file nor in its log."""
    path = tmp_path / "a.duckdb"
    with Store.open(path, clock=clock) as store:
        # Stored as it is: compressed bytes could be there without being seen.
        store.run(lambda c: c.execute("ALTER TABLE payload ADD COLUMN plain VARCHAR USING COMPRESSION uncompressed"))
        store.append_samples([make_sample(f"s{n}", text=f"{SECRET} {n} " * 200) for n in range(300)]).result()
        store.run(lambda c: c.execute("UPDATE payload SET plain = response")).result()
        store.checkpoint()
        assert files_with(SECRET, tmp_path) == ["a.duckdb"]
        clock.advance(days=91)
        store.run(lambda c: c.execute("UPDATE payload SET plain = NULL")).result()
        retaining = sweeper(store, clock)
        assert (await retaining.sweep()).expired == 300
        assert await retaining.scrub() > 0
        assert files_with(SECRET, tmp_path) == []


async def test_what_people_said_stays_without_their_notes(store: Store, clock: Clock) -> None:
    """A label's note may quote the text, and goes with it; what was decided stays."""
    store.append_samples([make_sample("s", text=SECRET)])
    store.append_verdicts([make_verdict("s")]).result()
    store.run(lambda c: labels.append(c, [label_of("s", passed=True, note=SECRET)])).result()
    clock.advance(days=8)
    await sweeper(store, clock, text={"days": 7}).sweep()
    with store.read() as c:
        (kept,) = labels.find(c, labels.LabelFilter())
    assert (kept.passed, kept.note) == (True, None)


async def test_a_text_that_a_person_failed_stays_where_failures_do(store: Store, clock: Clock) -> None:
    """With keep = failures, what the judge passed and a person did not is a failure too: their last word counts."""
    names = ("bad", "good", "mended", "worse")
    store.append_samples([make_sample(name) for name in names])
    store.append_verdicts(
        [make_verdict(name, judge=judge, judge_version=version) for name in names for judge, version in JUDGES]
    ).result()
    given = [label_of("bad", passed=False), label_of("good", passed=True)]
    for name, last in (("mended", True), ("worse", False)):
        first = label_of(name, passed=not last)
        given += [first, replace(first, label_id=f"{name} 2", labeller="ANA", revision=2, passed=last)]
    store.run(lambda c: labels.append(c, given)).result()
    clock.advance(hours=2)
    await sweeper(store, clock, text={"keep": "failures"}).sweep()
    kept = [found(store, name).text is TextState.KEPT for name in names]
    assert kept == [True, False, False, True]
