"""Several calls for one verdict: votes, escalation, repeats on purpose, repair, reuse, and money."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from judges.budget import Limit
from judges.client import ClaudeClient
from judges.errors import Stopped, Unavailable
from judges.judge import Judgement
from judges.llm import LlmJudge
from judges.rubric import Rubric, shipped
from store.records import Status
from tests.builders import make_sample
from tests.fakes import MALFORMED, OVERLOADED, REFUSES, UNAUTHORIZED, FakeClaude, Reply, decides, fails, says
from tests.judging import resources

HAIKU, SONNET = "claude-haiku-5-5", "claude-sonnet-5-5"


def a_judge(client: ClaudeClient, *, rubric: dict[str, Any] | None = None, **shared: Any) -> LlmJudge:
    """The shipped smell test with some things changed."""
    changed = Rubric.model_validate(shipped("smell_test").model_dump() | (rubric or {}))
    return LlmJudge(changed, resources(client, **shared), rate=1.0, model=HAIKU)


def says_unsure(verdict: str) -> Reply:
    """A verdict of a judge that does not trust itself."""
    return says(f'{{"explanation": "Hard to say.", "certainty": "uncertain", "verdict": "{verdict}"}}')


def says_sure(verdict: str) -> Reply:
    """A verdict of a judge that does."""
    return says(f'{{"explanation": "Clearly.", "certainty": "certain", "verdict": "{verdict}"}}')


async def test_votes_are_asked_independently(client: ClaudeClient, claude: FakeClaude) -> None:
    """Three votes are three calls; their share of passes is the score, and each is kept."""
    claude.then(decides("PASS"), decides("FAIL"), decides("PASS"))
    found = await a_judge(client, rubric={"votes": 3}).judge(make_sample())
    assert (found.passed, found.score, found.votes, len(claude.asked)) == (True, pytest.approx(2 / 3), 3, 3)
    assert sorted(str(one.label) for one in found.opinions) == ["FAIL", "PASS", "PASS"]


async def test_paid_votes_outlive_an_outage(client: ClaudeClient, claude: FakeClaude) -> None:
    """When one vote cannot be had, the others wait in memory, and only the missing one is asked later."""
    claude.rule = lambda asked: decides("PASS") if len(claude.asked) <= 2 else OVERLOADED
    judge = a_judge(client, rubric={"votes": 3})
    with pytest.raises(Unavailable):
        await judge.judge(make_sample())
    claude.rule, before = lambda _: decides("PASS"), len(claude.asked)
    found = await judge.judge(make_sample())
    assert (found.votes, len(claude.asked) - before) == (3, 1)


async def test_paid_votes_outlive_two_outages(client: ClaudeClient, claude: FakeClaude) -> None:
    """The last vote that is missing may fail as well: the others still wait."""
    judge = a_judge(client, rubric={"votes": 3})
    claude.rule = lambda asked: decides("PASS") if len(claude.asked) <= 2 else UNAUTHORIZED
    for _ in range(2):
        with pytest.raises(Stopped):
            await judge.judge(make_sample())
    claude.rule, before = lambda _: decides("PASS"), len(claude.asked)
    assert ((await judge.judge(make_sample())).votes, len(claude.asked) - before) == (3, 1)


async def test_what_was_paid_for_judging_again_is_told(client: ClaudeClient, claude: FakeClaude) -> None:
    """Nobody asks for the rest, so the failure tells the cost, and the next judgement begins anew."""
    judge = a_judge(client, rubric={"votes": 3})
    claude.rule = lambda asked: decides("PASS") if len(claude.asked) <= 2 else OVERLOADED
    with pytest.raises(Unavailable) as caught:
        await judge.again(make_sample())
    assert caught.value.paid_usd
    claude.rule, before = lambda _: decides("PASS"), len(claude.asked)
    assert ((await judge.again(make_sample())).votes, len(claude.asked) - before) == (3, 3)


async def test_a_repeat_in_part_is_paid_for(client: ClaudeClient, claude: FakeClaude) -> None:
    """Of a repeat that broke off the answers stand beside the verdict, with their cost; it says nothing of noise."""
    judge = a_judge(client, rubric={"votes": 3}, repeat_rate=1.0)
    claude.rule = lambda asked: decides("PASS") if len(claude.asked) <= 4 else OVERLOADED
    found = await judge.judge(make_sample())
    assert (found.status, found.flipped, [one.role for one in found.opinions]) == (
        Status.OK,
        None,
        ["vote", "vote", "vote", "repeat"],
    )
    assert found.cost_usd == pytest.approx(sum(one.cost_usd or 0 for one in found.opinions))


ESCALATES = {"escalation": {"model": SONNET}}


@pytest.mark.parametrize(("first", "asked"), [(says_unsure("PASS"), 2), (says_sure("PASS"), 1)])
async def test_an_unsure_judge_asks_a_stronger_one(
    client: ClaudeClient, claude: FakeClaude, first: Reply, asked: int
) -> None:
    """Only an uncertain verdict goes to the stronger model, whose word then counts; both are kept and paid."""
    claude.then(first, says_sure("FAIL"))
    found = await a_judge(client, rubric=ESCALATES).judge(make_sample())
    assert [request.body["model"] for request in claude.asked] == [HAIKU, SONNET][:asked]
    assert (found.passed, found.escalated, len(found.opinions)) == ((False, True, 2) if asked == 2 else (True, None, 0))


async def test_split_votes_go_to_a_stronger_one(client: ClaudeClient, claude: FakeClaude) -> None:
    """Disagreement among the votes is doubt, too."""
    claude.then(says_sure("PASS"), says_sure("FAIL"), says_sure("PASS"), says_sure("FAIL"))
    found = await a_judge(client, rubric={**ESCALATES, "votes": 3}).judge(make_sample())
    assert (found.passed, found.escalated, found.disagreement) == (False, True, pytest.approx(1 / 3))


@pytest.mark.parametrize(("when", "status"), [(["error"], Status.OK), (["split"], Status.ERROR)])
async def test_a_refusing_judge_may_be_escalated(
    client: ClaudeClient, claude: FakeClaude, when: list[str], status: Status
) -> None:
    """Errors go to the stronger model only where the rubric asks for it."""
    claude.then(REFUSES, says_sure("PASS"))
    found = await a_judge(client, rubric={"escalation": {"model": SONNET, "when": when}}).judge(make_sample())
    assert found.status is status


async def test_an_outage_of_the_stronger_model_asks_the_first_no_more(client: ClaudeClient, claude: FakeClaude) -> None:
    """The paid first answer waits in memory until the stronger model is back."""
    claude.then(says_unsure("PASS"), *[OVERLOADED] * 4, says_sure("FAIL"))
    judge = a_judge(client, rubric=ESCALATES)
    with pytest.raises(Unavailable):
        await judge.judge(make_sample())
    found = await judge.judge(make_sample())
    assert (found.passed, [one.body["model"] for one in claude.asked].count(HAIKU)) == (False, 1)


async def test_some_samples_are_judged_twice(client: ClaudeClient, claude: FakeClaude) -> None:
    """With a repeat rate of one every sample is; the flip is noted and the first verdict stands."""
    claude.then(decides("PASS"), decides("FAIL"))
    found = await a_judge(client, repeat_rate=1.0).judge(make_sample())
    assert (found.passed, found.flipped, len(claude.asked)) == (True, True, 2)


async def test_which_samples_are_repeated_is_no_matter_of_luck(client: ClaudeClient) -> None:
    """A hash of the sample decides: about the rate of them, the same ones in every process."""
    judge = a_judge(client, repeat_rate=0.1)
    chosen = [judge.repeats(make_sample(f"s{number}")) for number in range(5_000)]
    assert 400 < sum(chosen) < 600
    assert chosen == [a_judge(client, repeat_rate=0.1).repeats(make_sample(f"s{number}")) for number in range(5_000)]


async def test_a_repeat_that_fails_costs_no_verdict(client: ClaudeClient, claude: FakeClaude) -> None:
    """The first judgement is stored, only the measurement is missing."""
    claude.then(decides("PASS"), *[OVERLOADED] * 4)
    found = await a_judge(client, repeat_rate=1.0).judge(make_sample())
    assert (found.passed, found.flipped) == (True, None)


async def test_malformed_output_gets_one_repair(client: ClaudeClient, claude: FakeClaude) -> None:
    """A server that does not enforce the schema is shown its answer once; both calls are paid for."""
    claude.then(MALFORMED, decides("PASS"))
    found = await a_judge(client).judge(make_sample())
    turns = [message["role"] for message in claude.asked[1].body["messages"]]
    assert (found.passed, turns) == (True, ["user", "assistant", "user"])
    assert (found.output_tokens or 0) > 20


async def test_a_repair_that_is_refused_keeps_the_cost_of_the_first(client: ClaudeClient, claude: FakeClaude) -> None:
    """The verdict stays malformed, and what the first answer cost is told."""
    judge = a_judge(client)
    await judge.judge(make_sample(text="Another."))
    claude.then(MALFORMED, fails(413, "request_too_large"))
    found = await judge.judge(make_sample())
    assert (found.reason, found.cost_usd is None, bool(found.output_tokens)) == ("malformed", False, True)


async def test_each_call_of_a_repair_has_its_own_tier(client: ClaudeClient, claude: FakeClaude) -> None:
    """Two prompts below 100,000 tokens are not priced as one above it."""
    claude.then(says("no JSON", input_tokens=60_000, output_tokens=0, cache_creation_input_tokens=0))
    claude.then(says('{"explanation": "e", "verdict": "PASS"}', input_tokens=60_000, output_tokens=0))
    found = await a_judge(client).judge(make_sample())
    assert (found.cost_usd or 0) < 0.02


async def test_a_refusal_is_not_asked_twice_on_purpose(client: ClaudeClient, claude: FakeClaude) -> None:
    """Without a first verdict there is no noise to measure."""
    claude.then(REFUSES)
    assert (await a_judge(client, repeat_rate=1.0).judge(make_sample())).reason == "refusal"
    assert len(claude.asked) == 1


async def test_an_answer_that_comes_too_late_may_have_its_price(client: ClaudeClient, claude: FakeClaude) -> None:
    """The estimate of a call that timed out stays booked; one that was refused is free."""
    judge = a_judge(client, limit=Limit(usd_per_day=1.0))
    claude.then(*[fails(408, "timeout_error")] * 4)
    with pytest.raises(Unavailable):
        await judge.judge(make_sample())
    assert judge._shared.budgets.left("smell_test")[0].usd < 1.0


async def test_estimates_allow_for_the_fallback_model(client: ClaudeClient) -> None:
    """A call may end at a dearer model than the judge's, and also when that one has no price at all."""
    plain, dear = a_judge(client), a_judge(client, fallback_model="claude-opus-5-5")
    prepared = plain.prepare(make_sample())
    assert not isinstance(prepared, Judgement)
    assert (dear.estimate_usd(prepared.request) or 0) > 10 * (plain.estimate_usd(prepared.request) or 0)


async def test_paid_votes_are_told_when_the_sample_is_given_up(client: ClaudeClient, claude: FakeClaude) -> None:
    """The failure carries what the answers so far have cost, so that giving up does not hide it."""
    claude.rule = lambda asked: decides("PASS") if len(claude.asked) <= 2 else OVERLOADED
    with pytest.raises(Unavailable) as caught:
        await a_judge(client, rubric={"votes": 3}).judge(make_sample())
    assert caught.value.paid_usd


async def test_a_cut_is_noted_once(client: ClaudeClient) -> None:
    """A verdict that is learnt from the store has its note already."""
    judge, sample = a_judge(client), make_sample(text="word " * 20_000)
    first = await judge.judge(sample)
    told = {"judge_version": judge.version, "passed": True, "explanation": first.explanation}
    judge._shared.reuse.learn([{**told, "content_hash": first.content_hash}])
    assert (await judge.judge(sample)).explanation == first.explanation


async def test_equal_content_is_judged_once(client: ClaudeClient, claude: FakeClaude) -> None:
    """The second sample with the same text gets the same verdict, marked and free."""
    judge = a_judge(client)
    first, second = await judge.judge(make_sample("s1")), await judge.judge(make_sample("s2"))
    assert (first.via, second.via, second.cost_usd, len(claude.asked)) == ("call", "cache", 0.0, 1)
    assert (second.label, second.explanation) == (first.label, first.explanation)


async def test_equal_content_at_once_is_judged_once(client: ClaudeClient, claude: FakeClaude) -> None:
    """A burst of a canned answer waits for the first verdict instead of buying each."""
    judge = a_judge(client)
    found = await asyncio.gather(*(judge.judge(make_sample(f"s{number}")) for number in range(10)))
    assert (len(claude.asked), sum(one.via == "cache" for one in found)) == (1, 9)


@pytest.mark.parametrize("change", [{"text": "Other."}, {"ask": "Other?"}, {"reference": "42"}])
async def test_other_content_is_judged_anew(client: ClaudeClient, claude: FakeClaude, change: dict[str, str]) -> None:
    """Whatever the judge sees counts, not the response alone."""
    judge = a_judge(client)
    await judge.judge(make_sample())
    assert (await judge.judge(make_sample(**change))).via == "call"


async def test_another_judge_version_judges_anew(client: ClaudeClient) -> None:
    """A verdict is reused only where it would be given by the same rubric and model."""
    shared = resources(client)
    rubric = shipped("smell_test")
    changed = rubric.model_copy(update={"question": "Is it fine?"})
    judges = [LlmJudge(one, shared, rate=1.0, model=HAIKU) for one in (rubric, changed)]
    found = [await judge.judge(make_sample()) for judge in judges]
    assert [one.via for one in found] == ["call", "call"]


async def test_an_error_is_never_reused(client: ClaudeClient, claude: FakeClaude) -> None:
    """A refusal is asked about again: only verdicts are worth keeping."""
    claude.then(REFUSES)
    judge = a_judge(client)
    assert (await judge.judge(make_sample("s1"))).reason == "refusal"
    assert (await judge.judge(make_sample("s2"))).passed is True


async def test_no_call_beyond_the_budget(client: ClaudeClient, claude: FakeClaude) -> None:
    """Once the money is spent nothing is asked, and the refusal says when it goes on."""
    judge = a_judge(client, limit=Limit(usd_per_day=0.0006))

    async def judge_all() -> None:
        for number in range(100):
            await judge.judge(make_sample(text=f"Answer {number}."))

    with pytest.raises(Unavailable, match="2026-11-21 00:00 UTC") as caught:
        await judge_all()
    assert (caught.value.reason, caught.value.everyone) == ("budget", True)
    assert 1 <= len(claude.asked) < 10


async def test_a_failed_call_is_not_booked(client: ClaudeClient, claude: FakeClaude) -> None:
    """What the provider did not do costs nothing of the budget."""
    judge = a_judge(client, limit=Limit(usd_per_day=1.0))
    claude.then(fails(413, "request_too_large"))
    assert (await judge.judge(make_sample())).reason == "too_large"
    assert judge._shared.budgets.left("smell_test")[0].usd == 1.0
