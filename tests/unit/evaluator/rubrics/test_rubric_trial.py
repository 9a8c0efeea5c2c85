"""A rubric tried on labelled samples: every sample once, errors apart, and no more money than was given."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from evaluator.rubrics.labelled import Labelled
from evaluator.rubrics.trial import SPENT, Trial, estimate_usd, report
from judges.budget import Budgets, Limit
from judges.client import ClaudeClient, ClientSettings
from judges.errors import Stopped, Unavailable
from judges.llm import LlmJudge, Resources
from judges.rubric import Rubric, parse, shipped
from tests.builders import make_sample
from tests.conftest import Clock
from tests.fakes import MALFORMED, OVERLOADED, REFUSES, UNAUTHORIZED, FakeClaude, decides, marked

REFUSAL = shipped("refusal")


async def _no_sleep(_: float) -> None:
    """Time does not pass in these tests."""


@pytest.fixture
async def claude() -> AsyncIterator[FakeClaude]:
    """A server that answers with the label that the response is marked with."""
    async with FakeClaude(rule=marked) as server:
        yield server


@pytest.fixture
async def client(claude: FakeClaude) -> AsyncIterator[ClaudeClient]:
    """The real client of it, which tries once."""
    settings = ClientSettings(api_key="k", base_url=claude.url, max_attempts=1)
    opened = ClaudeClient(settings, rng=random.Random(1), sleep=_no_sleep)
    yield opened
    await opened.close()


def judge(client: ClaudeClient, rubric: Rubric = REFUSAL, usd: float | None = None, **fields: Any) -> LlmJudge:
    budgets = Budgets(Limit(usd_per_week=usd), {}, Clock())
    return LlmJudge(
        rubric, Resources(model=client, budgets=budgets), rate=1.0, model=fields.get("model", "claude-haiku-5-5")
    )


def labelled(*labels: tuple[str | bool, str]) -> list[Labelled]:
    """Samples by (what a person says, what the judge will say)."""
    return [
        Labelled(row, f"a.jsonl:{row}", make_sample(f"s{row}", text=f"{row} [[is {said}]]"), person)
        for row, (person, said) in enumerate(labels, 1)
    ]


async def tried(judge: LlmJudge, samples: list[Labelled], concurrency: int = 4) -> Trial:
    trial = Trial(judge, concurrency, sleep=_no_sleep)
    await trial.run(samples)
    return trial


async def test_labels_are_compared_one_by_one(client: ClaudeClient) -> None:
    """Agreement, confusion and both rates are those of the pairs."""
    samples = labelled(("full", "full"), ("none", "none"), ("partial", "full"), ("none", "partial"))
    found = report((await tried(judge(client), samples)).cases, REFUSAL)
    rates = found.agreement
    assert (rates.n, dict(rates.confusion)[("partial", "full")]) == (4, 1)
    assert [rates.tpr and rates.tpr.rate, rates.tnr and rates.tnr.rate] == [0.5, 1.0]
    assert [case.labelled.where for case in found.disagreements] == ["a.jsonl:3", "a.jsonl:4"]


async def test_true_and_false_compare_only_the_side(client: ClaudeClient) -> None:
    """With one boolean among the labels, all are compared as pass or fail."""
    samples = labelled((False, "partial"), (True, "none"), ("full", "partial"))
    found = report((await tried(judge(client), samples)).cases, REFUSAL)
    assert (found.sides, found.disagreements) == (True, [])
    assert dict(found.agreement.confusion) == {("fail", "fail"): 2, ("pass", "pass"): 1}


async def test_a_scale_has_a_weighted_kappa(client: ClaudeClient) -> None:
    """A step off is a smaller disagreement than four."""
    rubric = shipped("helpfulness")
    samples = labelled(("5", "4"), ("1", "2"), ("3", "3"), ("4", "5"), ("2", "2"))
    rates = report((await tried(judge(client, rubric), samples)).cases, rubric).agreement
    assert rates.kappa is not None
    assert rates.weighted is not None
    assert rates.weighted.value > rates.kappa.value
    assert rates.labels == ("1", "2", "3", "4", "5")


async def test_errors_and_skips_are_no_disagreements(client: ClaudeClient, claude: FakeClaude) -> None:
    """A judge that refuses to judge, or says nothing of use, is counted by its reason."""
    claude.then(REFUSES, MALFORMED, MALFORMED)
    found = report((await tried(judge(client), labelled(*[("none", "none")] * 4), 1)).cases, REFUSAL)
    assert (found.agreement.n, found.errors) == (2, {"refusal": 1, "malformed": 1})
    skipped = report((await tried(judge(client, shipped("tool_use")), labelled((True, "correct")))).cases, REFUSAL)
    assert (skipped.agreement.n, skipped.skipped) == (0, {"no_tools": 1})


async def test_the_first_sample_goes_alone(client: ClaudeClient, claude: FakeClaude) -> None:
    """So that the provider has the prefix in its cache before all the others come."""
    await tried(judge(client), labelled(*[("none", "none")] * 5))
    trial = await tried(judge(client), labelled(*[("none", "none")] * 5))
    reads = [case.judgement.cache_read_tokens or 0 for case in trial.cases]
    assert all(read > 0 for read in reads)
    assert len(claude.asked) == 10


async def test_cost_is_summed_and_told_per_thousand(client: ClaudeClient) -> None:
    """Over what was paid for; equal samples are asked about once and the second one is free."""
    same = [Labelled(row, "x", make_sample(f"s{row}", text="[[is none]]"), "none") for row in (1, 2)]
    found = report((await tried(judge(client), [*same, *labelled(("none", "none"))])).cases, REFUSAL)
    assert found.usd is not None
    assert found.usd_per_1000 == pytest.approx(found.usd / 2 * 1000)
    assert found.reused == 1


async def test_a_model_without_a_price_has_no_cost(client: ClaudeClient) -> None:
    """No data is None, never 0."""
    unpriced = judge(client, model="llama3")
    found = report((await tried(unpriced, labelled(("none", "none")))).cases, REFUSAL)
    assert (found.usd, found.usd_per_1000, estimate_usd(unpriced, labelled(("none", "none")))) == (None, None, None)


async def test_a_spent_budget_ends_the_trial(client: ClaudeClient, claude: FakeClaude) -> None:
    """What was judged until then stands, the rest is counted, and not more than the limit is spent."""
    samples = labelled(*[("none", "none")] * 60)
    estimate = estimate_usd(judge(client), samples)
    assert estimate is not None
    trial = await tried(judge(client, usd=estimate / 6), samples)
    found = report(trial.cases, REFUSAL)
    assert trial.stopped == SPENT
    assert 10 <= len(trial.cases) < 60
    assert trial.unjudged == {SPENT: 60 - len(trial.cases)}
    assert (found.usd or 0) <= estimate / 6


async def test_an_outage_is_told_and_not_counted(client: ClaudeClient, claude: FakeClaude) -> None:
    """A sample that could not be asked about is no error of the judge."""
    claude.then(decides("none"), OVERLOADED)
    trial = await tried(judge(client), labelled(*[("none", "none")] * 3), 1)
    assert (len(trial.cases), trial.unjudged) == (2, {"overloaded": 1})


async def test_a_refused_key_is_an_error_at_once(client: ClaudeClient, claude: FakeClaude) -> None:
    """The first sample finds out, and nobody else is asked."""
    claude.rule = lambda _: UNAUTHORIZED
    with pytest.raises(Stopped, match="ANTHROPIC_API_KEY"):
        await tried(judge(client), labelled(*[("none", "none")] * 9))
    assert len(claude.asked) == 1


async def test_a_key_that_is_refused_on_the_way_ends_the_trial(client: ClaudeClient, claude: FakeClaude) -> None:
    """What was judged before it stays, and is reported."""
    claude.then(decides("none"), UNAUTHORIZED)
    trial = await tried(judge(client), labelled(*[("none", "none")] * 9), 1)
    assert (len(trial.cases), len(claude.asked)) == (1, 2)
    assert "ANTHROPIC_API_KEY" in str(trial.stopped)


class FullLimit:
    """A model whose rate limit is full for a while."""

    def __init__(self, model: ClaudeClient, refusals: int, seconds: float) -> None:
        self.model, self.refusals, self.seconds = model, refusals, seconds

    async def complete(self, request: Any) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("full", reason="rate_limited", retry_after_seconds=self.seconds, everyone=True)
        return await self.model.complete(request)


@pytest.mark.parametrize(("seconds", "judged"), [(20.0, 3), (86_400.0, 0)])
async def test_a_short_wait_is_waited_and_a_long_one_is_not(client: ClaudeClient, seconds: float, judged: int) -> None:
    """A rate limit that resets soon delays the trial; a provider that is away for a day ends it."""
    full = Resources(model=FullLimit(client, 2, seconds), budgets=Budgets(Limit(), {}, lambda: datetime.now(UTC)))
    trial = await tried(LlmJudge(REFUSAL, full, rate=1.0, model="claude-haiku-5-5"), labelled(*[("none", "none")] * 3))
    assert (len(trial.cases), trial.stopped is None) == (judged, judged == 3)


async def test_the_estimate_counts_votes_and_escalations(client: ClaudeClient) -> None:
    """Three votes cost three times as much, and a tenth of the samples is taken to escalate."""
    text = 'name = "x"\nquestion = "Is it?"\n[labels]\nPASS = "yes"\nFAIL = "no"\n'
    once = estimate_usd(judge(client, parse(text, source="x")), labelled((True, "PASS")))
    thrice = estimate_usd(judge(client, parse("votes = 3\n" + text, source="x")), labelled((True, "PASS")))
    strong = parse(text + '[escalation]\nmodel = "claude-opus-5-5"\n', source="x")
    more = estimate_usd(judge(client, strong), labelled((True, "PASS")))
    assert once is not None
    assert thrice == pytest.approx(3 * once)
    assert more is not None
    assert more > 2 * once
