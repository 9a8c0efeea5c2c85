"""A session as one sample, however its client sends the turns."""

from __future__ import annotations

from datetime import timedelta

from evaluator.conversation import whole
from store.records import Sample
from tests.builders import NOON, make_sample

ASKED = ["Where is it?", "When will it come?", "Thank you."]
ANSWERED = ["On its way.", "Tomorrow.", "You are welcome."]


def turn(number: int, *, history: bool) -> Sample:
    """The call that asks for one answer, with what was said before or without it."""
    messages: list[dict[str, str]] = []
    for place in range(0 if history else number, number):
        messages += [{"role": "user", "content": ASKED[place]}, {"role": "assistant", "content": ANSWERED[place]}]
    messages.append({"role": "user", "content": ASKED[number]})
    request = {"system": "Be kind.", "messages": messages}
    return make_sample(f"s{number}", ts=NOON + timedelta(minutes=number), request=request, text=ANSWERED[number])


def said(sample: Sample) -> list[str]:
    """Every text of the conversation before the last answer."""
    contents = [message["content"] for message in sample.request["messages"]]
    return [content if isinstance(content, str) else content[0]["text"] for content in contents]


WHOLE = [text for pair in zip(ASKED, ANSWERED, strict=True) for text in pair][:-1]


def test_calls_with_their_history_tell_it_once() -> None:
    """The last call holds the whole conversation, so nothing is added to it."""
    assert said(whole([turn(number, history=True) for number in range(3)])) == WHOLE


def test_calls_without_history_are_put_in_a_row() -> None:
    """Where each call brings only what is new, questions and answers follow each other."""
    assert said(whole([turn(number, history=False) for number in range(3)])) == WHOLE


def test_a_history_that_begins_late_is_whole_all_the_same() -> None:
    """A client that starts to send its history in the middle repeats nothing."""
    assert said(whole([turn(0, history=False), turn(1, history=False), turn(2, history=True)])) == WHOLE


def test_a_history_of_the_last_turns_is_told_once() -> None:
    """A client that sends a window of turns overlaps with what it sent before; nothing comes twice."""
    turns = []
    for number in range(8):
        window = range(max(0, number - 2), number + 1)
        messages = [{"role": "user", "content": f"Question {place}"} for place in window]
        turns.append(make_sample(f"s{number}", ts=NOON + timedelta(minutes=number), request={"messages": messages}))
    asked = [message["content"] for message in whole(turns).request["messages"] if message["role"] == "user"]
    assert asked == [f"Question {number}" for number in range(8)]


def test_the_verdict_belongs_to_the_last_sample() -> None:
    """Id, time and answer are the last turn's; the system prompt is the session's first."""
    found = whole([turn(number, history=False) for number in range(3)])
    assert (found.sample_id, found.ts, found.request["system"]) == ("s2", NOON + timedelta(minutes=2), "Be kind.")
    assert found.response["content"][0]["text"] == ANSWERED[2]


def test_one_turn_is_a_conversation() -> None:
    """A session of one sample is that sample."""
    assert whole([turn(0, history=True)]) == turn(0, history=True)
