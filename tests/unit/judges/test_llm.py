"""The LLM judge from sample to judgement, through the real SDK against a server on loopback."""

from __future__ import annotations

import re

import pytest

from judges.client import ClaudeClient
from judges.errors import JudgeConfigError, Stopped, Unavailable
from judges.judge import Judge
from judges.llm import LlmJudge
from judges.rubric import shipped
from store.records import Status
from tests.builders import make_sample
from tests.fakes import (
    MALFORMED,
    MARKER,
    OVERLOADED,
    REFUSES,
    TRUNCATED,
    UNAUTHORIZED,
    FakeClaude,
    Reply,
    decides,
    fails,
    says,
)
from tests.judging import resources

HAIKU = "claude-haiku-5-5"


@pytest.fixture
def judge(client: ClaudeClient) -> LlmJudge:
    """The shipped smell test on Haiku."""
    return LlmJudge(shipped("smell_test"), resources(client), rate=0.01, model=HAIKU)


def test_it_is_a_judge(judge: Judge) -> None:
    """Name, kind, features, rate and a version of 12 hex digits, as every judge has."""
    assert (judge.name, judge.kind, judge.features, judge.rate) == ("smell_test", "llm", ("*",), 0.01)
    assert re.fullmatch(r"[0-9a-f]{12}", judge.version)


async def test_a_good_answer_passes(judge: LlmJudge) -> None:
    """A pass has score 1, its label, the judge's explanation and the model that answered."""
    found = await judge.judge(make_sample())
    assert (found.status, found.passed, found.score, found.label, found.model) == (Status.OK, True, 1.0, "PASS", HAIKU)
    assert found.explanation == "It answers the request and contradicts nothing."


@pytest.mark.parametrize("text", [f"Well {MARKER}", "I'm sorry, but I can't help with that.", ""])
async def test_a_bad_answer_fails(judge: LlmJudge, text: str) -> None:
    """A fail has score 0 and says why."""
    found = await judge.judge(make_sample(text=text))
    assert (found.status, found.passed, found.score, found.label) == (Status.OK, False, 0.0, "FAIL")
    assert found.explanation


async def test_tokens_and_cost_are_those_of_the_call(judge: LlmJudge, claude: FakeClaude) -> None:
    """What the provider counted is stored, and priced by tier and cache."""
    verdict = '{"explanation": "e", "verdict": "PASS"}'
    claude.then(says(verdict, input_tokens=200, output_tokens=60, cache_read_input_tokens=1_000))
    found = await judge.judge(make_sample())
    assert (found.input_tokens, found.output_tokens, found.cache_read_tokens) == (200, 60, 1_000)
    written = found.cache_write_tokens or 0
    assert found.cost_usd == pytest.approx((200 * 0.10 + 60 * 0.50 + 1_000 * 0.01 + written * 0.125) / 1e6)


async def test_the_rubric_is_read_from_the_cache_the_second_time(judge: LlmJudge) -> None:
    """The first call writes the shared prefix, the next one reads it."""
    first, second = await judge.judge(make_sample()), await judge.judge(make_sample(text="Another answer."))
    assert first.cache_write_tokens
    assert first.cache_write_tokens == second.cache_read_tokens


@pytest.mark.parametrize(
    ("reply", "reason"), [(REFUSES, "refusal"), (TRUNCATED, "truncated"), (MALFORMED, "malformed")]
)
async def test_an_unusable_answer_is_an_error_with_its_cost(
    judge: LlmJudge, claude: FakeClaude, reply: Reply, reason: str
) -> None:
    """Refusal, truncation and malformed output are errors by name, never a fail; what they cost is kept."""
    claude.then(reply, reply)
    found = await judge.judge(make_sample())
    assert (found.status, found.reason, found.passed, found.score) == (Status.ERROR, reason, None, None)
    assert found.cost_usd
    assert found.output_tokens


@pytest.mark.parametrize(
    "text",
    [
        '{"explanation": "Great.", "verdict": "GREAT"}',
        '{"explanation": "It says {}", "verdict": ""}',
        '{"verdict": "PASS"}',
        '{"explanation": "p", "verdict": "PASS"} {"explanation": "f", "verdict": "FAIL"}',
    ],
)
async def test_a_verdict_outside_the_schema_is_an_error(judge: LlmJudge, claude: FakeClaude, text: str) -> None:
    """A label the rubric does not have, or two that disagree, decide nothing."""
    claude.then(says(text), says(text))
    found = await judge.judge(make_sample())
    assert (found.status, found.reason, found.label) == (Status.ERROR, "malformed", None)


async def test_a_server_that_ignores_the_schema_is_understood(judge: LlmJudge, claude: FakeClaude) -> None:
    """Local servers may wrap the JSON in words; the prompt asks for it, and it is found."""
    claude.then(says('Sure!\n```json\n{"explanation": "It is empty.", "verdict": "FAIL"}\n```'))
    assert (await judge.judge(make_sample())).label == "FAIL"


async def test_thinking_is_not_mistaken_for_the_answer(judge: LlmJudge, claude: FakeClaude) -> None:
    """Blocks are picked by type, wherever they stand."""
    thought = {"type": "thinking", "thinking": '{"explanation": "t", "verdict": "FAIL"}', "signature": "s"}
    text = {"type": "text", "text": '{"explanation": "e", "verdict": "PASS"}'}
    claude.then(says("", content=[thought, text]))
    assert (await judge.judge(make_sample())).label == "PASS"


@pytest.mark.parametrize("model", [HAIKU, "claude-haiku-4-5-20251001", "claude-opus-5-5"])
async def test_every_supported_model_works_the_same(client: ClaudeClient, model: str) -> None:
    """Each model gets only the parameters it takes, so none of them answers 400."""
    judge = LlmJudge(shipped("smell_test"), resources(client), rate=1.0, model=model)
    found = await judge.judge(make_sample())
    assert (found.status, found.model, found.cost_usd is None) == (Status.OK, model, False)


async def test_a_model_without_a_price_has_no_cost(client: ClaudeClient) -> None:
    """A judge on a local model costs None, not 0."""
    judge = LlmJudge(shipped("smell_test"), resources(client), rate=1.0, model="qwen3:8b")
    found = await judge.judge(make_sample())
    assert (found.status, found.cost_usd) == (Status.OK, None)


def test_an_alias_is_refused(client: ClaudeClient) -> None:
    """The judge is not built on a model that may change under it."""
    with pytest.raises(JudgeConfigError, match="claude-haiku-4-5-20251001"):
        LlmJudge(shipped("smell_test"), resources(client), rate=1.0, model="claude-haiku-4-5")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"error": "timeout", "response": {}}, "request_error"),
        ({"error": "timeout", "response": {"content": []}}, "request_error"),
        ({"response": {}}, "no_content"),
    ],
)
async def test_what_cannot_be_judged_is_skipped_for_free(
    judge: LlmJudge, claude: FakeClaude, fields: dict[str, object], reason: str
) -> None:
    """A failed request or content that was not recorded is no fail of the model, and costs no call."""
    found = await judge.judge(make_sample(**fields))
    assert (found.status, found.reason, found.passed, claude.asked) == (Status.SKIPPED, reason, None, [])


async def test_an_empty_response_is_judged(judge: LlmJudge) -> None:
    """Nothing said, without an error, is what the smell test looks for."""
    assert (await judge.judge(make_sample(response={"content": []}))).passed is False


@pytest.mark.parametrize(("status", "reason"), [(400, "bad_request"), (413, "too_large"), (422, "bad_request")])
async def test_a_request_that_is_not_taken_is_an_error(
    judge: LlmJudge, claude: FakeClaude, status: int, reason: str
) -> None:
    """Trying the same again would not help, so the sample gets an error verdict after one call."""
    await judge.judge(make_sample(text="Another answer."))
    claude.then(fails(status, "invalid_request_error"))
    found = await judge.judge(make_sample())
    assert (found.status, found.reason, len(claude.asked)) == (Status.ERROR, reason, 2)


async def test_a_server_that_never_took_a_request_marks_no_sample(judge: LlmJudge, claude: FakeClaude) -> None:
    """Some servers answer 400 to a wrong model or key: until the first answer, that is no fault of the sample."""
    claude.then(fails(400, "invalid_request_error"))
    with pytest.raises(Unavailable, match=r"check judge\.model") as caught:
        await judge.judge(make_sample())
    assert caught.value.reason == "bad_request"


async def test_a_wrong_setting_costs_few_calls(judge: LlmJudge, claude: FakeClaude) -> None:
    """From the third sample on that is refused before there was any answer, the judge rests, not each sample."""
    claude.then(*[fails(400, "invalid_request_error")] * 3)
    told = []
    for number in range(3):
        with pytest.raises(Unavailable) as caught:
            await judge.judge(make_sample(text=f"Answer {number}."))
        told.append(caught.value.everyone)
    assert told == [False, False, True]


async def test_an_outage_leaves_the_sample_pending(judge: LlmJudge, claude: FakeClaude) -> None:
    """When every attempt fails there is no verdict at all, so that the work is done later."""
    claude.then(*[OVERLOADED] * 4)
    with pytest.raises(Unavailable):
        await judge.judge(make_sample())


async def test_a_refused_key_stops_the_judge(judge: LlmJudge, claude: FakeClaude) -> None:
    """No sample is marked as judged because a setting is wrong."""
    claude.then(UNAUTHORIZED)
    with pytest.raises(Stopped):
        await judge.judge(make_sample())


async def test_a_cut_sample_is_marked(judge: LlmJudge) -> None:
    """The verdict says that the judge did not see everything."""
    found = await judge.judge(make_sample(text="word " * 20_000))
    assert re.search(r"about \d+ characters cut from its middle", found.explanation or "")


async def test_a_long_explanation_is_bounded(judge: LlmJudge, claude: FakeClaude) -> None:
    """A judge that does not stop talking cannot fill the store."""
    claude.then(decides("PASS", "because " * 1_000))
    assert len((await judge.judge(make_sample())).explanation or "") <= 2_000


async def test_every_call_has_a_new_code(judge: LlmJudge, claude: FakeClaude) -> None:
    """A code seen in one verdict is of no use against the next."""
    for number in range(3):
        await judge.judge(make_sample(text=f"Answer {number}."))
    codes = [re.findall(r"sample ([0-9a-f]{32}) begins", asked.user)[0] for asked in claude.asked]
    assert len(set(codes)) == 3
