"""Feedback on its way through the service: redacted, durable, attached now or later, and what it keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from evaluator.feedback import Feedbacks
from evaluator.feedback.feedbacks import MAX_NAMES
from evaluator.intake.accept import Intake
from evaluator.intake.decode import Item
from evaluator.redact.redactor import Redactor
from evaluator.settings import FeatureSettings, FeatureTextSettings, SamplingSettings, Settings
from store import samples as sample_store
from store import verdicts
from store.errors import StoreUnavailable
from store.records import Outcome, Sample, Verdict
from store.store import Store
from tests.builders import NOON, make_sample
from tests.conftest import Clock

Make = Callable[..., Feedbacks]


@pytest.fixture
def counted() -> Counter[str]:
    """What became of how many."""
    return Counter()


@pytest.fixture
def make(store: Store, clock: Clock, counted: Counter[str]) -> Make:
    """The feedback of the test's store, with real redaction; keyword arguments are settings."""

    def made(**settings: Any) -> Feedbacks:
        tree = Settings(**settings)
        redactor = Redactor.build(tree.redaction, b"k" * 32)
        return Feedbacks(store, tree, clock, redactor, lambda outcome, n: counted.update({outcome: n}))

    return made


def items(*values: dict[str, Any]) -> list[Item]:
    return [Item(index, value) for index, value in enumerate(values)]


def keep(store: Store, *samples: Sample) -> None:
    store.append_samples(samples).result()


def given(store: Store, sample_id: str = "s1") -> list[Verdict]:
    with store.read() as c:
        return verdicts.of_samples(c, [sample_id])


async def test_a_body_has_a_result_per_item(make: Make, counted: Counter[str]) -> None:
    """Accepted, duplicate or rejected with the reason; a bad item never costs the others."""
    up = {"id": "a", "sample_id": "s1", "value": "up"}
    report = await make().accept(items(up, {"id": "b"}, up))
    assert [(one.id, one.outcome) for one in report.items] == [("a", "accepted"), ("b", "rejected"), ("a", "duplicate")]
    assert (report.accepted, report.duplicate, report.rejected) == (1, 1, 1)
    assert counted == {"accepted": 1, "duplicate": 1, "rejected": 1}
    assert "names no sample" in str(report.items[1].error)


async def test_the_verdict_is_there_at_once_when_the_sample_is(store: Store, make: Make) -> None:
    """After the answer nothing more has to happen."""
    keep(store, make_sample())
    await make().accept(items({"sample_id": "s1", "value": "down", "comment": "Wrong order."}))
    assert [(one.passed, one.explanation, one.judged_at) for one in given(store)] == [(False, "Wrong order.", NOON)]


async def test_a_reason_after_a_thumb_leaves_the_thumb(store: Store, make: Make, clock: Clock) -> None:
    """A word that is neither good nor bad never replaces one that is, in whichever order they come."""
    keep(store, make_sample(), make_sample("s2"))
    feedbacks, down, why = make(), {"value": "down", "comment": "Wrong."}, {"label": "billing"}
    for sample_id, said in (("s1", down), ("s2", why), ("s1", why), ("s2", down)):
        clock.advance(seconds=1)
        await feedbacks.accept(items({"sample_id": sample_id, **said}))
    assert [given(store, name)[0].passed for name in ("s1", "s2")] == [False, False]


async def test_feedback_waits_for_its_sample(store: Store, make: Make, clock: Clock) -> None:
    """Seconds or days: the next look after the sample's arrival makes the verdict."""
    feedbacks = make()
    await feedbacks.accept(items({"sample_id": "s1", "value": "up"}))
    assert (await feedbacks.attach(), given(store)) == (0, [])
    now = clock.advance(days=2)
    keep(store, make_sample(received_at=now))
    clock.advance(seconds=5)
    assert (await feedbacks.attach(), len(given(store))) == (1, 1)


async def test_a_sample_that_was_long_under_way_is_found(store: Store, make: Make, clock: Clock) -> None:
    """A sample stored now that arrived long ago is not among the recent; once an hour all are looked at."""
    feedbacks = make()
    await feedbacks.accept(items({"sample_id": "s1", "value": "up"}))
    await feedbacks.attach()
    clock.advance(minutes=50)
    keep(store, make_sample(received_at=NOON))
    assert await feedbacks.attach() == 0
    clock.advance(minutes=10)
    assert await feedbacks.attach() == 1


async def test_another_process_goes_on_where_one_stopped(store: Store, make: Make) -> None:
    """What waits is in the store: a new start looks for all of it everywhere."""
    await make().accept(items({"sample_id": "s1", "value": "up"}))
    keep(store, make_sample())
    assert await make().attach() == 1


async def test_redelivery_changes_nothing(store: Store, make: Make, clock: Clock) -> None:
    """Up, then down, then up and down again as a client's retries: the verdict stays down."""
    keep(store, make_sample())
    feedbacks, up, down = make(), {"sample_id": "s1", "value": "up"}, {"sample_id": "s1", "value": "down"}
    for item in (up, down, up, down, up):
        await feedbacks.accept(items(item))
        clock.advance(minutes=1)
    assert [one.passed for one in given(store)] == [False]


async def test_a_sample_that_never_comes_is_given_up(make: Make, clock: Clock, counted: Counter[str]) -> None:
    """After seven days feedback without a sample is dropped and counted."""
    feedbacks = make()
    await feedbacks.accept(items({"sample_id": "s1", "value": "up"}))
    clock.advance(days=6)
    await feedbacks.attach()
    clock.advance(days=1, seconds=1)
    await feedbacks.attach()
    assert counted == {"accepted": 1, "rejected": 0, "no_sample": 1}


async def test_comments_are_redacted_and_people_hashed(store: Store, make: Make) -> None:
    """Neither an address in a comment or a label nor a user's id reaches the file."""
    keep(store, make_sample())
    told = {"sample_id": "s1", "label": "a@b.example", "comment": "Write to jo@mail.example!", "user_id": "user-77"}
    await make().accept(items(told))
    with store.read() as c:
        rows = str(c.execute("SELECT * FROM feedback").fetchall())
    assert not [secret for secret in ("jo@mail.example", "a@b.example", "user-77") if secret in rows]
    assert [one.explanation for one in given(store)] == ["Write to <EMAIL_1>!"]


async def test_an_id_that_samples_have_hashed_is_found(store: Store, make: Make) -> None:
    """A sample id with an address in it is stored as a hash; feedback that names it finds the sample."""
    redactor = Redactor.build(Settings().redaction, b"k" * 32)
    kept = redactor.sample(make_sample("order-of-jo@mail.example"))
    keep(store, kept)
    await make().accept(items({"sample_id": "order-of-jo@mail.example", "value": "up"}))
    assert (kept.sample_id != "order-of-jo@mail.example", len(given(store, kept.sample_id))) == (True, 1)


async def test_where_no_text_is_kept_no_comment_is(store: Store, make: Make) -> None:
    """text.keep = none is about comments too; the vote stays."""
    keep(store, make_sample(), make_sample("s2", feature="other"))
    quiet = {"support-chat": FeatureSettings(text=FeatureTextSettings(keep="none"))}
    told = [{"sample_id": name, "feature": feature, "value": "down", "comment": "Hm."} for name, feature in
            (("s1", "support-chat"), ("s2", "other"))]  # fmt: skip
    await make(features=quiet).accept(items(*told))
    assert [(one.passed, one.explanation) for one in given(store)] == [(False, None)]
    assert [one.explanation for one in given(store, "s2")] == ["Hm."]


async def test_people_are_not_mixed_with_a_judge_of_that_name(store: Store, make: Make) -> None:
    """A name that a configured judge has gets an ending."""
    keep(store, make_sample())
    await make().accept(items({"sample_id": "s1", "value": "up", "name": "not_truncated"}))
    assert [one.judge for one in given(store)] == ["not_truncated_feedback"]


async def test_what_somebody_found_bad_is_kept_whatever_the_rate(store: Store, make: Make, clock: Clock) -> None:
    """Feedback first, its sample later: a bad one is kept in a class of its own, a good one is left to the sampler."""
    feedbacks = make()
    await feedbacks.accept(items({"sample_id": "bad", "value": "down"}, {"sample_id": "good", "value": "up"}))
    settings = Settings(sampling=SamplingSettings(rate=0.0))
    intake = Intake(store, settings, clock, lambda _: None, wanted=feedbacks.wants)
    report = await intake.accept([Item(0, {"id": "bad", "response": "x"}), Item(1, {"id": "good", "response": "y"})])
    with store.read() as c:
        kept = sample_store.get(c, "bad")
    assert [one.outcome for one in report.items] == ["accepted", "rate"]
    assert kept is not None
    assert (kept.sampling_class, kept.sampling_probability) == ("feedback", 1.0)
    assert await feedbacks.attach() == 1
    assert [(one.passed, one.sampling_class) for one in given(store, "bad")] == [(False, "feedback")]


@pytest.mark.parametrize("name", ["sample_id", "trace_id", "response_id"])
async def test_a_bad_one_is_known_by_each_of_its_names(make: Make, name: str) -> None:
    """Also after a restart, and until somebody takes it back."""
    await make().accept(items({name: "n", "value": "down"}))
    feedbacks = make()
    await feedbacks.attach()
    sample = make_sample(**({} if name == "sample_id" else {name: "n"})) if name != "sample_id" else make_sample("n")
    assert (feedbacks.wants(sample), feedbacks.wants(make_sample("other"))) == (True, False)
    await feedbacks.accept(items({name: "n", "value": "up", "timestamp": (NOON + timedelta(minutes=1)).isoformat()}))
    await feedbacks.attach()
    assert not feedbacks.wants(sample)


async def test_nothing_is_taken_that_cannot_be_stored(store: Store, make: Make) -> None:
    """With the store gone the sender is told to come again."""
    store.close()
    with pytest.raises(StoreUnavailable):
        await make().accept(items({"sample_id": "s1", "value": "up"}))


async def test_large_bodies_are_attached_whole(store: Store, make: Make) -> None:
    """More feedback than one write takes is attached all the same."""
    keep(store, *(make_sample(f"s{i}") for i in range(2100)))
    outcomes = (await make().accept(items(*({"sample_id": f"s{i}", "value": "up"} for i in range(2100))))).items
    with store.read() as c:
        attached = c.execute("SELECT count(*) FROM verdict WHERE kind = 'feedback'").fetchall()[0][0]
    assert ({one.outcome for one in outcomes}, attached) == ({Outcome.ACCEPTED}, 2100)


async def test_names_are_few(make: Make) -> None:
    """Every name is a watched series, so the hundred-and-first is refused with words, and known ones go on."""
    feedbacks = make()
    told = [{"sample_id": "s1", "name": f"thumb-{number}", "value": "up"} for number in range(MAX_NAMES + 1)]
    report = await feedbacks.accept([Item(index, one) for index, one in enumerate([*told, told[0]])])
    assert [item.outcome for item in report.items[-2:]] == ["rejected", "duplicate"]
    assert "names of feedback already" in (report.items[-2].error or "")
    assert (report.accepted, report.rejected) == (MAX_NAMES, 1)


async def test_names_are_known_after_a_restart(make: Make) -> None:
    """The names that there are count after a start as before it."""
    told = [{"sample_id": "s1", "name": f"thumb-{number}", "value": "up"} for number in range(MAX_NAMES)]
    await make().accept([Item(index, one) for index, one in enumerate(told)])
    report = await make().accept([Item(0, {"sample_id": "s1", "name": "another", "value": "up"})])
    assert report.rejected == 1
