"""cut_off_heuristic and not_repeating: responses that break off, or never end."""

from __future__ import annotations

import pytest

from store.records import Status
from tests.builders import make_sample
from tests.judging import judged

CUT = [
    "Your parcel left on Monday. It should arrive at your",
    "First, open the settings. Then choose Privacy and the",
    "Das Paket ist unterwegs. Es kommt voraussichtlich am Freitag bei Ihnen an und der",
    "Le colis est parti lundi. Il devrait arriver chez vous avant la fin de",
    "Here are the three steps:",
    "Steps:\n1. Open the lid.\n2. Fill in water.\n3.",
    "Steps:\n- Open the lid.\n- Fill in water up to the upper line and then close",
    "```python\ndef f():\n    return",
    '{"items": [{"id": 1}, {"id',
    '[\n  {"id": 1},\n',
    "We sell apples, pears, plums and cherries, grapes,",
]
WHOLE = [
    "It is on its way.",
    "Capital: Tokyo",
    "(A). All or most of the time",
    "Paris",
    "Best regards,\nThe support team of the Example Company",
    "- apples\n- pears\n- plums from the garden behind our house",
    "1. Dune by Frank Herbert\n2. The Left Hand of Darkness by Ursula K. Le Guin",
    "See the manual. It is at https://example.com/a/very/long-path",
    "```python\nprint(1)\n```",
    '{"items": []}',
    "[No]",
    "i like it . do you like that kind of music too",
    "| a | b |\n|---|---|\n| 1 | the last cell of the table |",
    "The area is\n$$ a = b c $$",
    "我们已经收到您的订单。",
    "Done! 🎉",
    'He said "it is fine."',
    "# A heading that is quite long and has no full stop",
]


@pytest.mark.parametrize("text", CUT)
async def test_a_cut_shows(text: str) -> None:
    """An open sentence, list, block or JSON is called cut off, and the label says that it is a guess."""
    judgement = await judged(text, "cut_off_heuristic")
    assert (judgement.passed, judgement.label) == (False, "heuristic: cut off")


@pytest.mark.parametrize("text", WHOLE)
async def test_a_whole_answer_passes(text: str) -> None:
    """Answers that need no full stop are not called cut off."""
    judgement = await judged(text, "cut_off_heuristic")
    assert (judgement.passed, judgement.label) == (True, "heuristic: PASS"), judgement.explanation


async def test_the_stop_reason_counts() -> None:
    """A response that ended at a token limit is cut off however it looks."""
    assert (await judged(make_sample(text="Done.", stop_reason="length"), "cut_off_heuristic")).passed is False


async def test_a_text_before_a_tool_call_is_not_cut_off() -> None:
    """A response that goes on in a tool call may end its text anywhere."""
    content = [{"type": "text", "text": "Let me look that up:"}, {"type": "tool_use", "name": "find", "input": {}}]
    assert (await judged(make_sample(response={"content": content}), "cut_off_heuristic")).passed is True


async def test_an_empty_text_is_skipped() -> None:
    """Without text there is no ending to look at."""
    judgement = await judged("  ", "cut_off_heuristic")
    assert (judgement.status, judgement.reason) == (Status.SKIPPED, "no_text")


@pytest.mark.parametrize(
    ("text", "passed"), [("So: " + "I will check that now. " * 12, False), ("I will check that.", True)]
)
async def test_a_loop_fails(text: str, passed: bool) -> None:
    """not_repeating fails a response that is caught in a loop, and says what it repeats."""
    judgement = await judged(text, "not_repeating")
    assert judgement.passed is passed
    assert passed or judgement.explanation == "The response repeats 'I will check that now.' 12 times."
