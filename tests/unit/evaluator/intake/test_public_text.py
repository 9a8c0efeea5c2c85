"""What a public sample keeps of its text: bytes are left out, and no text at all is told apart from an empty answer."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.intake.public import read
from store.records import Sample, TextState
from tests.builders import NOON

BYTES = "iVBORw0KGgo" * 50
MESSAGE = {"type": "message", "content": [{"type": "text", "text": "Hi"}]}


def sample(**item: Any) -> Sample:
    return read({"id": "s", **item}, received_at=NOON)


def asked(*parts: dict[str, Any]) -> dict[str, Any]:
    """A request whose user message has these parts."""
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}]}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": BYTES}},
            {"type": "image", "source": {"type": "omitted", "media_type": "image/png"}},
        ),
        (
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BYTES}"}},
            {"type": "image", "source": {"type": "omitted", "media_type": "image/png"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": BYTES, "format": "wav"}},
            {"type": "audio", "source": {"type": "omitted"}},
        ),
        (
            {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{BYTES}", "filename": "a.pdf"}},
            {"type": "document", "source": {"type": "omitted", "media_type": "application/pdf"}},
        ),
    ],
)
def test_media_is_kept_without_its_bytes(part: dict[str, Any], block: dict[str, Any]) -> None:
    """Images, sounds and files of every dialect leave a block that says what was there."""
    (message,) = sample(request=asked(part), response="A cat.").request["messages"]
    assert message["content"] == [{"type": "text", "text": "What is it?"}, block]


def test_bytes_inside_a_tool_result_are_left_out() -> None:
    """Media is found at any depth."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": BYTES}}
    made = sample(request=asked({"type": "tool_result", "tool_use_id": "c", "content": [image]}), response="A cat.")
    assert BYTES not in str(made.request)


@pytest.mark.parametrize(
    ("item", "state"),
    [
        ({"response": "Hi"}, TextState.KEPT),
        ({"response": ""}, TextState.KEPT),
        ({"response": {"content": [], "stop_reason": "refusal"}}, TextState.KEPT),
        ({"request": "Hi?", "error": "timeout"}, TextState.KEPT),
        ({"request": "Hi?", "incomplete": "no_response"}, TextState.KEPT),
        ({"error": "timeout"}, TextState.MISSING),
        ({"incomplete": "not_sent"}, TextState.MISSING),
        ({"response": {"content": [], "stop_reason": "stop"}, "incomplete": "not_sent"}, TextState.MISSING),
        ({"response": {"type": "error", "error": {"type": "overloaded_error"}}}, TextState.MISSING),
    ],
)
def test_text_is_missing_only_when_neither_side_has_any(item: dict[str, Any], state: TextState) -> None:
    """An empty answer is what the model said; a call of which no text came is not judged."""
    assert sample(**item).text is state


def test_a_client_that_sends_no_text_says_so() -> None:
    """Without response and error, `incomplete` must say why, and then counts and model are kept."""
    made = sample(incomplete="not_sent", model="m-1", usage={"input_tokens": 3})
    assert (made.incomplete, made.model, made.input_tokens) == ("not_sent", "m-1", 3)
    with pytest.raises(InputError, match="response: missing"):
        sample(model="m-1", usage={"input_tokens": 3})


@pytest.mark.parametrize(
    ("response_id", "provider"),
    [("msg_013Zva2CMHLNnXjNJJKqJ2EF", "anthropic"), ("msg_bdrk_01", None), ("msg_vrtx_01", None), ("x", None)],
)
def test_the_provider_is_told_only_by_what_only_it_sends(response_id: str, provider: str | None) -> None:
    """Ids of Anthropic's own API name the provider; clouds and gateways with the same shape stay unknown."""
    made = sample(response={**MESSAGE, "id": response_id})
    assert (made.provider, made.response_id) == (provider, response_id)


def test_what_the_client_names_itself_wins() -> None:
    """Provider and response id beside the body win over those in it."""
    made = sample(response={**MESSAGE, "id": "msg_01"}, provider="proxy", response_id="r")
    assert (made.provider, made.response_id) == ("proxy", "r")


def test_an_error_body_of_openai_is_an_error() -> None:
    """The body of a failed call, given as the response, is its error in either dialect."""
    body = {"error": {"type": "invalid_request_error", "code": None, "message": "No such model", "param": None}}
    assert sample(response=body).error == "invalid_request_error: No such model"


def test_caches_of_gateways_are_split_from_the_input() -> None:
    """Chat completions that also tell Anthropic's cache counts include both in prompt_tokens."""
    counts = {"prompt_tokens": 2100, "cache_read_input_tokens": 2048, "cache_creation_input_tokens": 31}
    made = sample(response="x", usage=counts)
    assert (made.input_tokens, made.cache_read_tokens, made.cache_write_tokens) == (21, 2048, 31)


def test_reasoning_beside_the_content_is_thinking() -> None:
    """What servers that speak chat completions tell of the model's thoughts comes before its text."""
    message = {"role": "assistant", "content": "Hi", "reasoning_content": "Greet."}
    made = sample(response={"choices": [{"message": message, "finish_reason": "stop"}]})
    assert [block["type"] for block in made.response["content"]] == ["thinking", "text"]
