"""How much there is to judge: counted and measured on what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from evaluator.rubrics import names
from evaluator.rubrics.cost import Counted, price
from evaluator.rubrics.estimate import Span
from evaluator.rubrics.workload import ANSWER_TOKENS, ESCALATED, Asked, Workload, measure
from evaluator.sampler import position
from evaluator.settings import SamplingRule, SamplingSettings, Settings
from judges.rubric import parse
from store.records import Opinion, Sample, Status, TextState
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict

MINIMAL = 'name = "mine"\nquestion = "Is it?"\n[labels]\nPASS = "yes"\nFAIL = "no"\n'


def asked(text: str = MINIMAL, rate: float | None = 0.1, **settings: Any) -> Asked:
    known = Settings(**settings)
    return Asked(meant=names.drafted(known, parse(text, source="x")), sampling=known.sampling, rate=rate)


def traffic(n: int, *, every: timedelta = timedelta(minutes=30), kept: float = 1.0, **fields: Any) -> list[Sample]:
    """Sessions of one sample each, the last of them at noon; of them those below the rate at which they are kept."""
    found = []
    for number in range(n):
        name, u = f"s{number}", position(None, f"s{number}")
        ts = fields.get("ts", NOON - number * every)
        if u < kept:
            found.append(make_sample(name, **{**fields, "ts": ts}, sampling_u=u, sampling_probability=kept))
    return found


def measured(store: Store, wanted: Asked, days: float = 7.0) -> Workload:
    with store.read() as c:
        return measure(c, wanted, now=NOON + timedelta(minutes=1), days=days)


def test_whole_days_are_counted_apart(store: Store) -> None:
    """48 samples a day for three days: as many on the quietest day as on the busiest."""
    store.append_samples(traffic(144)).result(10)
    load = measured(store, asked(rate=0.5))
    assert load.judgements is not None
    assert load.judgements == pytest.approx((24, 24, 24), abs=0.6 + 24 * 0.15)
    assert (load.eligible, len(load.day_counts)) == (144, 2)


def test_only_the_days_before_the_last_sample_count(store: Store) -> None:
    """Of a history of ten days, three are looked at, whenever it was brought in."""
    store.append_samples([replace(sample, received_at=NOON) for sample in traffic(480)]).result(10)
    load = measured(store, asked(), days=3)
    assert (load.eligible, load.days, load.day_counts) == (144, 3.0, (48, 48, 48))


def test_samples_that_the_judge_is_not_for_do_not_count(store: Store) -> None:
    """Other features, other fields, and samples whose text is not there."""
    others = [
        make_sample("a", feature="other"),
        make_sample("b", metadata={"plan": "free"}),
        make_sample("c", text=TextState.WITHHELD, request={}, response={}),
        make_sample("d", incomplete="truncated", metadata={"plan": "pro"}),
    ]
    store.append_samples([*others, make_sample("e", metadata={"plan": "pro"})]).result(10)
    text = 'applies_to = { "metadata.plan" = "pro", feature = "support-*" }\n' + MINIMAL
    assert measured(store, asked(text)).eligible == 1


def test_of_kept_sessions_the_judge_takes_more_than_its_rate(store: Store) -> None:
    """Where a tenth of the sessions is kept, a judge of 5 % of all takes half of the kept ones."""
    store.append_samples(traffic(4_000, kept=0.1, every=timedelta(minutes=1))).result(10)
    load = measured(store, asked(rate=0.05, sampling=SamplingSettings(rate=0.1)))
    assert load.share == pytest.approx(0.5)


def test_the_rates_of_sampling_rules_hold_for_the_judge(store: Store) -> None:
    """A rule may have errors judged always; without --rate these rates are the judge's."""
    rule = SamplingRule(name="errors", when={"error": "*"}, rate=1.0, judges={"mine": 1.0})
    store.append_samples(traffic(100, sampling_class="errors")).result(10)
    wanted = asked(rate=None, sampling=SamplingSettings(rules=(rule,)))
    assert wanted.rates() == {"default": 0.01, "errors": 1.0}
    assert measured(store, wanted).share == 1.0


def test_no_more_prompts_than_asked_for_are_built(store: Store) -> None:
    """A few hundred prompts tell the mean; they are those of sessions that the judge would take."""
    store.append_samples(traffic(1_000, every=timedelta(minutes=1))).result(10)
    load = measured(store, asked(rate=0.5))
    assert 100 < len(load.prompts) <= 200
    assert "It is on its way." in load.prompts[0]


def test_what_lacks_what_the_rubric_needs_costs_nothing(store: Store) -> None:
    """Half of the samples have a system prompt to be faithful to: only those are asked about."""
    plain = traffic(40)
    held = [replace(s, request={**s.request, "system": "We open at 9."}) for s in plain[::2]]
    store.append_samples([*plain[1::2], *held]).result(10)
    load = measured(store, asked('needs = ["context"]\n' + MINIMAL, rate=1.0))
    assert (load.askable, len(load.prompts)) == (0.5, 20)


def test_a_conversation_is_judged_once(store: Store) -> None:
    """Sessions of four samples are one judgement each, and the last sample shows the whole."""
    turns = [make_sample(f"t{n}", session_id=f"c{n // 4}", ts=NOON - timedelta(minutes=n)) for n in range(40)]
    store.append_samples(turns).result(10)
    load = measured(store, asked("conversation = true\n" + MINIMAL, rate=1.0))
    assert (load.eligible, len(load.prompts)) == (10, 10)


def test_without_history_of_the_judge_its_habits_are_assumed(store: Store) -> None:
    """And the report says so."""
    store.append_samples(traffic(10)).result(10)
    load = measured(store, asked())
    assert (load.answers, load.escalated, load.reused) == (ANSWER_TOKENS, ESCALATED, 0.0)
    told = price(asked(), load, repeat_rate=0.0).sources
    assert any("answers: assumed" in source for source in told)


def test_past_verdicts_tell_the_length_of_answers(store: Store) -> None:
    """Single answers and votes are measured, verdicts that sum up several calls are not."""
    single = [make_verdict(f"s{n}", judge="mine", via="call", output_tokens=100 + n % 3) for n in range(30)]
    votes = tuple(Opinion(status=Status.OK, output_tokens=101) for _ in range(3))
    summed = make_verdict("v", judge="mine", via="call", output_tokens=303, votes=3, opinions=votes)
    reused = [make_verdict(f"r{n}", judge="mine", via="cache") for n in range(10)]
    store.append_verdicts([*single, summed, *reused]).result(10)
    load = measured(store, asked())
    assert load.answers.likely == pytest.approx(101)
    assert (load.habits.answers, load.habits.verdicts, load.reused) == (33, 41, 10 / 41)


def test_an_empty_store_has_no_workload(store: Store) -> None:
    """No samples: no judgements, no quotes, and a sentence that says why."""
    load = measured(store, asked())
    found = price(asked(), load, repeat_rate=0.0)
    assert (load.judgements, found.judgements, found.quotes) == (None, None, [])
    assert "nothing is stored" in found.sources[0]


def test_the_rubrics_own_model_comes_first(store: Store) -> None:
    """Then those it could have; one without a price is listed as such."""
    store.append_samples(traffic(100)).result(10)
    wanted = asked('model = "llama3"\n' + MINIMAL)
    quotes = price(wanted, measured(store, wanted), repeat_rate=0.0).quotes
    assert [quote.model for quote in quotes][:2] == ["llama3", "claude-haiku-5-5"]
    assert (quotes[0].live, quotes[1].live is None) == (None, False)


def test_counted_tokens_take_the_place_of_estimates(store: Store) -> None:
    """What the provider counted has no span of its own; prompts still differ from each other."""
    store.append_samples(traffic(100)).result(10)
    found = price(asked(), measured(store, asked()), repeat_rate=0.0, counted=Counted(700, [90, 100, 110]))
    assert found.prefix_tokens.model_dump() == Span(700, 700, 700)._asdict()
    assert found.sample_tokens is not None
    assert found.sample_tokens.model_dump() == Span(90, 100, 110)._asdict()
