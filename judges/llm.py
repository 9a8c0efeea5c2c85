"""A judge that asks a language model to decide by a rubric."""

from __future__ import annotations

import secrets
from dataclasses import replace

from judges.answer import Answer, read
from judges.client import ClaudeClient, Completion, Request
from judges.cost import cost_usd
from judges.errors import Rejected
from judges.judge import Judgement, decided, errored, skipped
from judges.models import require_pinned
from judges.prompt import TEMPLATE, build
from judges.rubric import PASS, Rubric
from store.records import Sample

MAX_EXPLANATION = 2_000
UNUSABLE = {
    "refusal": ("refusal", "The judge's model refused to judge this sample."),
    "max_tokens": ("truncated", "The judge's answer was cut off before its verdict could be relied on."),
    "model_context_window_exceeded": ("truncated", "The sample and the answer do not fit the judge's model."),
}
MALFORMED = ("malformed", "The judge's answer holds no single verdict of the rubric's labels.")


class LlmJudge:
    """Judges by one rubric with one pinned model."""

    kind = "llm"

    def __init__(
        self,
        rubric: Rubric,
        client: ClaudeClient,
        *,
        features: tuple[str, ...] = ("*",),
        rate: float,
        model: str,
        incomplete: bool = False,
    ) -> None:
        self.rubric = rubric
        self.model = require_pinned(model)
        self.name = rubric.name
        self.version = rubric.version(model=self.model, template=TEMPLATE)
        self.features = features
        self.rate = rate
        self.incomplete = incomplete
        self._client = client

    async def judge(self, sample: Sample) -> Judgement:
        """PASS or FAIL with an explanation; Unavailable and Stopped come from the client."""
        if (missing := _missing(sample)) is not None:
            return missing
        prompt = build(self.rubric, sample, boundary=secrets.token_hex(16))
        request = Request(
            model=self.model,
            system=prompt.system,
            user=prompt.user,
            answer=Answer,
            effort=self.rubric.effort,
        )
        try:
            completion = await self._client.complete(request)
        except Rejected as error:
            return errored(error.reason, str(error))
        return _judgement(completion, prompt.cut)


def _missing(sample: Sample) -> Judgement | None:
    content = sample.response.get("content")
    if sample.error and not content:
        return skipped("request_error", "The request failed, so there is no response to judge.")
    if content is None:
        return skipped("no_content", "The response's content was not recorded, so there is nothing to judge.")
    return None


def _judgement(completion: Completion, cut: int) -> Judgement:
    answer = None if completion.stop_reason in UNUSABLE else read(completion.text)
    if answer is None:
        return _charged(errored(*UNUSABLE.get(completion.stop_reason or "", MALFORMED)), completion)
    note = f" (Judged on a sample with about {cut} characters cut from its middle.)" if cut else ""
    explanation = answer.explanation[:MAX_EXPLANATION] + note
    return _charged(decided(answer.verdict == PASS, explanation, label=answer.verdict), completion)


def _charged(judgement: Judgement, completion: Completion) -> Judgement:
    usage = completion.usage
    return replace(
        judgement,
        model=completion.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cost_usd=cost_usd(completion.model, usage),
    )
