"""The smell heuristic: empty, refusing, self-repeating responses."""

from __future__ import annotations

import pytest

from store.records import Sample
from tests.builders import make_sample
from tests.judging import judged

REFUSALS = [
    "I'm sorry, but I can’t help with that.",
    "I cannot provide instructions on how to do this.",
    "As an AI language model, I am unable to answer this.",
    "**I must decline** this request.",
    "It is not appropriate to talk about this.",
    "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
    "Leider kann ich diese Frage nicht beantworten.",
    "Je suis désolé, mais je ne peux pas vous aider avec cela.",
    "Je ne suis pas en mesure de répondre à cette question.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "No me es posible responder a esa pregunta.",
    "Mi dispiace, ma non posso aiutarti.",
    "Desculpe, mas não posso ajudar com isso.",
    "抱歉，我无法回答这个问题。",
    "申し訳ありませんが、お手伝いできません。",
]
ANSWERS = [
    "Sorry to hear that! I can't find your order, what is its number?",
    "I can't help but smile at this story.",
    "It is appropriate to send it back within 14 days.",
    "Es tut mir leid, dass das Paket noch nicht da ist. Wir helfen gern.",
    "Ihre Bestellung kann noch nicht verschickt werden. Damit wir helfen, nennen Sie uns die Nummer.",
    "Désolé pour le retard, votre colis arrive demain.",
    "Lo siento mucho por el retraso. Puedo ayudarle con su pedido.",
    "Here is a table:\n| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | 2 |\n| 1 | 2 |\n| 1 | 2 |",
    "Title\n" + "=" * 300,
    "\n".join(f"{n}. Row number {n} of the list has {n * n} items." for n in range(60)),
]


async def label_of(response: str | Sample) -> str | None:
    """The label of the heuristic."""
    return (await judged(response, "smell_heuristic")).label


@pytest.mark.parametrize("text", REFUSALS)
async def test_a_refusal_fails(text: str) -> None:
    """A response that begins like a refusal fails, in each of the languages that are known."""
    assert await label_of(text) == "heuristic: refusal"


@pytest.mark.parametrize("text", ANSWERS)
async def test_an_answer_passes(text: str) -> None:
    """An apology, a negation, a table or a list alone is neither a refusal nor a loop."""
    assert await label_of(text) == "heuristic: PASS"


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\ufeff"])
async def test_an_empty_response_fails(text: str) -> None:
    """Nothing, blanks, or characters that show nothing are an empty response."""
    assert await label_of(text) == "heuristic: empty"


async def test_a_tool_call_is_not_empty() -> None:
    """A response without text that calls a tool is a response."""
    assert await label_of(make_sample(response={"content": [{"type": "tool_use", "name": "t"}]})) == "heuristic: PASS"


async def test_thinking_alone_is_empty() -> None:
    """Thinking is not shown to the user, so a response of nothing else is empty."""
    assert await label_of(make_sample(response={"content": [{"type": "thinking", "thinking": "Hm."}]})) == (
        "heuristic: empty"
    )


@pytest.mark.parametrize("stop_reason", ["refusal", "content_filter"])
async def test_a_refusal_by_the_provider_fails(stop_reason: str) -> None:
    """A response that the model or the provider's filter stopped is a refusal, whatever text it has."""
    assert await label_of(make_sample(text="Well,", stop_reason=stop_reason)) == "heuristic: refusal"


@pytest.mark.parametrize(
    "text",
    [
        "Let me check. " * 12,
        "Let me see. " + "Let me check that for you now. " * 8 + "Let me ch",
        "哈哈哈" * 60,
        "Intro.\n" + "Thank you for your patience!\n" * 5 + "Bye.",
    ],
)
async def test_a_loop_fails(text: str) -> None:
    """A text that ends in a loop, cut short or not, or mostly consists of one line, repeats itself."""
    assert await label_of(text) == "heuristic: repetition"


async def test_every_verdict_says_that_it_is_a_heuristic() -> None:
    """Pass or fail, label and explanation begin with the word, so that nobody takes it for a judgement."""
    for text in ("Fine.", "", REFUSALS[0]):
        judgement = await judged(text, "smell_heuristic")
        assert judgement.label is not None
        assert judgement.explanation is not None
        assert judgement.label.startswith("heuristic: ")
        assert judgement.explanation.startswith("heuristic: ")


async def test_a_loop_at_the_end_of_a_megabyte_is_found() -> None:
    """Only the end of a text is searched for loops, so a long one costs no more than a short one."""
    assert await label_of("Fine. " * 200_000 + "And so on and on. " * 400) == "heuristic: repetition"
