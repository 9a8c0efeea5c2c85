"""Each field of a captured call: whether the client carried it, and whether what was read is the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from evaluator.intake.stop_reasons import normalised
from judges.text import text_of
from store.records import Sample
from tests.acceptance.captures import Seen, Truth


class Field(NamedTuple):
    """`carried` by the client's payload, by the flags of the truth; `read` rightly."""

    carried: Callable[[Truth], bool]
    read: Callable[[Truth, Seen], bool]


def flag(*names: str) -> Callable[[Truth], bool]:
    """Whether the payload has it; where it was not looked up, whether there was anything to carry."""

    def carried(truth: Truth) -> bool:
        return any(truth["carried"].get(name) for name in names) if "carried" in truth else True

    return carried


def both(*conditions: Callable[[Truth], Any]) -> Callable[[Truth], bool]:
    return lambda truth: all(condition(truth) for condition in conditions)


def answered(truth: Truth) -> bool:
    return truth.get("response") is not None


def blocks(content: Any, kind: str) -> list[Mapping[str, Any]]:
    return [block for block in content if block.get("type") == kind] if isinstance(content, list) else []


def user_text(messages: Sequence[Mapping[str, Any]]) -> str:
    """The last text of the user's; a tool's result is none."""
    texts = [text_of(message["content"]) for message in messages if message["role"] == "user"]
    return next((text for text in reversed(texts) if text), "")


def raw_stop_reason(seen: Seen) -> str | None:
    return seen.stop_reason_raw if isinstance(seen, Sample) else seen.stop_reason


def tools(given: Sequence[Mapping[str, Any]] | None) -> list[tuple[str, list[str]]]:
    """Name and arguments of each tool; what schemas say beyond that, clients rewrite."""
    return [(tool["name"], sorted(tool["input_schema"]["properties"])) for tool in given or ()]


def _same_calls(truth: Truth, seen: Seen) -> bool:
    calls = [(block["name"], block["input"]) for block in blocks(truth["response"]["content"], "tool_use")]
    return [(block["name"], block["input"]) for block in blocks(seen.response.get("content"), "tool_use")] == calls


def _same_thoughts(truth: Truth, seen: Seen) -> bool:
    thoughts = [block["thinking"] for block in blocks(truth["response"]["content"], "thinking")]
    return [block["thinking"] for block in blocks(seen.response.get("content"), "thinking")] == thoughts


def _about_error(part: str) -> Callable[[Truth, Seen], bool]:
    return lambda truth, seen: truth["error"][part] in (seen.error or "")


def _metadata(key: str) -> Callable[[Truth, Seen], bool]:
    return lambda truth, seen: seen.metadata.get(key) == truth["metadata"][key]


def _stop(truth: Truth) -> list[str]:
    told: list[str] = truth["carried"]["stop_reason_raw"] if "carried" in truth else []
    return told


def _tags(truth: Truth, seen: Seen) -> bool:
    return seen.metadata.get("tags") == ",".join(truth["tags"])


FIELDS: dict[str, Field] = {
    "system": Field(
        both(flag("system"), lambda truth: truth["request"]["system"]),
        lambda truth, seen: seen.request.get("system") == text_of(truth["request"]["system"]),
    ),
    "user text": Field(
        flag("last_user_text"),
        lambda truth, seen: user_text(seen.request.get("messages", ())) == user_text(truth["request"]["messages"]),
    ),
    "answer": Field(
        both(answered, flag("response_text"), lambda truth: truth["response"]["text"]),
        lambda truth, seen: text_of(seen.response.get("content")) == truth["response"]["text"],
    ),
    "tool call": Field(
        both(answered, flag("tool_call_input"), lambda truth: blocks(truth["response"]["content"], "tool_use")),
        _same_calls,
    ),
    "thinking": Field(
        both(answered, flag("thinking"), lambda truth: blocks(truth["response"]["content"], "thinking")),
        _same_thoughts,
    ),
    "tools": Field(
        both(flag("tool_definitions"), lambda truth: truth["request"]["tools"]),
        lambda truth, seen: tools(seen.request.get("tools")) == tools(truth["request"]["tools"]),
    ),
    "tokens in": Field(
        both(flag("usage_input"), lambda truth: truth["usage"]),
        lambda truth, seen: seen.input_tokens == truth["usage"]["input_tokens"],
    ),
    "cache": Field(
        lambda truth: "cache_read_input_tokens" in (truth["usage"] or {}) and flag("usage_output")(truth),
        lambda truth, seen: (
            (seen.input_tokens, seen.cache_read_tokens)
            == (truth["usage"]["input_tokens"], truth["usage"]["cache_read_input_tokens"])
        ),
    ),
    "tokens out": Field(
        both(flag("usage_output"), lambda truth: truth["usage"]),
        lambda truth, seen: seen.output_tokens == truth["usage"]["output_tokens"],
    ),
    "stop raw": Field(both(answered, _stop), lambda truth, seen: raw_stop_reason(seen) in _stop(truth)),
    "stop": Field(
        both(answered, lambda truth: "carried" not in truth or _stop(truth)),
        lambda truth, seen: normalised(seen.stop_reason) == normalised(truth["response"]["stop_reason"]),
    ),
    "max_tokens": Field(
        flag("max_tokens_param"),
        lambda truth, seen: seen.request.get("max_tokens") == truth["request"]["params"]["max_tokens"],
    ),
    "model": Field(
        flag("usage_output"),
        lambda truth, seen: seen.model in (None, truth["response_model"], truth["request_model"]),
    ),
    "session": Field(
        both(flag("session_id", "session_id_on_parent_span"), lambda truth: truth["session_id"]),
        lambda truth, seen: seen.session_id == truth["session_id"],
    ),
    "user": Field(
        both(flag("user_id", "user_id_on_parent_span"), lambda truth: truth["user_id"]),
        lambda truth, seen: seen.user_id == truth["user_id"],
    ),
    "prompt": Field(
        both(flag("prompt_version", "metadata_on_parent_span"), lambda truth: truth["metadata"].get("prompt_version")),
        lambda truth, seen: seen.prompt_version == truth["metadata"]["prompt_version"],
    ),
    "tags": Field(both(flag("tags"), lambda truth: truth["tags"]), _tags),
    "tenant": Field(
        both(flag("metadata_tenant", "metadata_on_parent_span"), lambda truth: truth["metadata"].get("tenant")),
        _metadata("tenant"),
    ),
    "release": Field(
        both(flag("release"), lambda truth: truth["metadata"].get("release")),
        lambda truth, seen: seen.release == truth["metadata"]["release"],
    ),
    "error": Field(both(flag("error_message"), lambda truth: truth["error"]), _about_error("message")),
    "error type": Field(both(flag("error_type"), lambda truth: truth["error"]), _about_error("type")),
}
