"""Every channel of intake with personal data and secrets in all of its texts, and where they must not turn up."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import httpx2
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from evaluator.redact.numbers import luhn

Json = dict[str, Any]
NS = 1_795_176_837_000_000_000
WHEN = "2026-11-20T12:00:00Z"
PROTOBUF, JSON = "application/x-protobuf", "application/json"


@dataclass(frozen=True)
class Plants:
    """One value of every rule, a user's id and a word, different in every channel."""

    number: int

    @property
    def values(self) -> dict[str, str]:
        n = self.number
        return {
            "email": f"plant{n}.doe@mail{n}.example.com",
            "phone": f"+49 30 9018{n:04}",
            "card": _card(n),
            "iban": _iban(n),
            "national_id": f"536-90-{4300 + n}",
            "ip": f"10.77.{n}.20",
            "api_key": f"sk-ant-api03-Planted{n:04}abcdefghij",
            "private_key": f"MIIEvPlanted{n:04}ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "password": f"Pl4nted-pw-{n}",
        }

    @property
    def user(self) -> str:
        return f"user-planted-{self.number}"

    @property
    def word(self) -> str:
        """A word that no rule finds: whether any text is there."""
        return f"wormwood{self.number}x"

    @property
    def text(self) -> str:
        """All values in one text."""
        told = {**self.values, "private_key": f"-----BEGIN PRIVATE KEY-----\n{self.values['private_key']}\n"}
        told["password"] = f"postgres://app:{told['password']}@db/x"
        return f"{self.word}: " + "; ".join(f"{name} {value}" for name, value in told.items())

    @property
    def needles(self) -> list[str]:
        """What must not be found, values also as they are when written together."""
        values = [*self.values.values(), self.user]
        return values + [value.replace(" ", "") for value in values if " " in value]


def _card(n: int) -> str:
    stem = f"41111111111{n:04}"
    return next(stem + str(digit) for digit in range(10) if luhn(stem + str(digit)))


def _iban(n: int) -> str:
    account = f"3704004405320{n:05}"
    return f"DE{98 - int(account + '131400') % 97:02}{account}"


def public(plants: Plants, **more: Any) -> Json:
    """An item of the public shape: texts, tool arguments, error, reference, metadata, ids."""
    text = plants.text
    call = {"type": "tool_use", "id": "t1", "name": "pay", "input": {"card": int(plants.values["card"]), "note": text}}
    return {
        "id": f"req-{plants.number}-{plants.values['email']}",
        "timestamp": WHEN,
        "feature": "leaks",
        "session_id": plants.values["email"],
        "user_id": plants.user,
        "request": {
            "system": text,
            "messages": [{"role": "user", "content": text}, {"role": "assistant", "content": [call]}],
        },
        "response": {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"},
        "error": text,
        "reference": text,
        "metadata": {"note": text, "user_id": plants.user, plants.values["email"]: "x"},
        **more,
    }


def chat(plants: Plants) -> Json:
    """An item whose bodies are those of chat completions."""
    called = {
        "id": "c1",
        "type": "function",
        "function": {"name": "pay", "arguments": json.dumps({"note": plants.text})},
    }
    message = {"role": "assistant", "content": plants.text, "tool_calls": [called]}
    request = {
        "model": "gpt",
        "messages": [{"role": "system", "content": plants.text}, {"role": "user", "content": plants.text}],
    }
    response = {"id": "chatcmpl-1", "choices": [{"message": message, "finish_reason": "stop"}]}
    return {"feature": "leaks", "timestamp": WHEN, "user_id": plants.user, "request": request, "response": response}


def _value(told: Any) -> Json:
    if isinstance(told, str):
        return {"stringValue": told}
    if isinstance(told, list):
        return {"arrayValue": {"values": [_value(one) for one in told]}}
    if isinstance(told, dict):
        return {"kvlistValue": {"values": _pairs(told)}}
    return {"intValue": str(told)}


def _pairs(attributes: Json) -> list[Json]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _genai(plants: Plants, *, structured: bool) -> Json:
    asked = [{"role": "user", "parts": [{"type": "text", "content": plants.text}]}]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": plants.text}], "finish_reason": "stop"}]
    system = [{"type": "text", "content": plants.text}]
    told = {"gen_ai.input.messages": asked, "gen_ai.output.messages": said, "gen_ai.system_instructions": system}
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "claude-haiku-5-5",
        "gen_ai.conversation.id": plants.values["email"],
        "user.id": plants.user,
        "app.note": plants.text,
        **(told if structured else {key: json.dumps(value) for key, value in told.items()}),
    }


def _legacy(plants: Plants) -> Json:
    return {
        "llm.request.type": "chat",
        "gen_ai.system": "Anthropic",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": plants.text,
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": plants.text,
        "traceloop.association.properties.user_id": plants.user,
        "traceloop.association.properties.note": plants.text,
    }


def _openinference(plants: Plants) -> Json:
    return {
        "openinference.span.kind": "LLM",
        "llm.model_name": "claude-haiku-5-5",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": plants.text,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": plants.text,
        "user.id": plants.user,
        "metadata": json.dumps({"note": plants.text}),
    }


def _vercel(plants: Plants) -> Json:
    return {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.id": "claude-haiku-5-5",
        "ai.prompt.messages": json.dumps([{"role": "user", "content": [{"type": "text", "text": plants.text}]}]),
        "ai.response.text": plants.text,
        "ai.telemetry.metadata.userId": plants.user,
        "ai.telemetry.metadata.note": plants.text,
    }


def _langfuse(plants: Plants) -> Json:
    return {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "claude-haiku-5-5",
        "langfuse.observation.input": json.dumps([{"role": "user", "content": plants.text}]),
        "langfuse.observation.output": plants.text,
        "langfuse.trace.metadata.note": plants.text,
        "user.id": plants.user,
        "session.id": plants.values["email"],
    }


def _traces(plants: Plants, attributes: Json) -> Json:
    span = {
        "traceId": f"{plants.number:032x}",
        "spanId": f"{plants.number:016x}",
        "name": "chat",
        "startTimeUnixNano": str(NS),
        "endTimeUnixNano": str(NS + 10**9),
        "status": {"code": 2, "message": plants.text},
        "attributes": _pairs(attributes),
        "events": [
            {"name": "exception", "timeUnixNano": str(NS), "attributes": _pairs({"exception.message": plants.text})}
        ],
    }
    return {
        "resourceSpans": [
            {"resource": {"attributes": _pairs({"service.name": "leaks"})}, "scopeSpans": [{"spans": [span]}]}
        ]
    }


def quiet(plants: Plants) -> list[tuple[str, Json]]:
    """Calls with text in their requests and answers alone, and a comment on one, with the paths to post them to."""
    sample = {key: public(plants)[key] for key in ("feature", "timestamp", "request", "response", "reference")}
    told = _traces(plants, {key: value for key, value in _genai(plants, structured=False).items() if key != "app.note"})
    span = told["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    del span["status"], span["events"]
    comment = {"sample_id": "quiet", "value": "up", "comment": plants.text}
    return [("/v1/samples", {**sample, "id": "quiet"}), ("/v1/traces", told), ("/v1/feedback", comment)]


def _logs(plants: Plants, name: str, attributes: Json, body: Json | None = None) -> Json:
    record = {
        "timeUnixNano": str(NS),
        "eventName": name,
        "traceId": f"{plants.number:032x}",
        "spanId": f"{plants.number:016x}",
        "attributes": _pairs({"event.name": name, **attributes}),
        **({"body": _value(body)} if body else {}),
    }
    return {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": [record]}]}]}


def _protobuf(told: Json, message: Any) -> bytes:
    """The same in protobuf, whose JSON form has ids in base64."""
    text = json.dumps(told)
    for kind in ("traceId", "spanId"):
        for part in text.split(f'"{kind}": "')[1:]:
            plain = part.partition('"')[0]
            text = text.replace(f'"{kind}": "{plain}"', f'"{kind}": "{b64encode(bytes.fromhex(plain)).decode()}"')
    encoded: bytes = ParseDict(json.loads(text), message).SerializeToString()
    return encoded


@dataclass(frozen=True)
class Channel:
    """Where a body with planted values is posted."""

    name: str
    path: str
    body: Callable[[Plants], Any]
    content_type: str = JSON


def _ndjson(plants: Plants) -> bytes:
    return (json.dumps(public(plants, id="nd1")) + "\n" + json.dumps(chat(plants))).encode()


def _feedback(plants: Plants) -> Json:
    return {
        "sample_id": plants.values["email"],
        "name": "thumbs",
        "value": "down",
        "comment": plants.text,
        "user_id": plants.user,
    }


def _score(plants: Plants) -> Json:
    return {
        "traceId": plants.values["email"],
        "name": "score",
        "value": 0,
        "comment": plants.text,
        "dataType": "NUMERIC",
    }


def _ingestion(plants: Plants) -> Json:
    trace = {"id": plants.values["email"], "name": "leaks", "userId": plants.user, "sessionId": plants.values["email"]}
    call = {
        "id": f"gen-{plants.number}",
        "traceId": trace["id"],
        "name": "answer",
        "model": "claude-haiku-5-5",
        "startTime": WHEN,
        "endTime": WHEN,
        "input": [{"role": "user", "content": plants.text}],
        "output": plants.text,
        "metadata": {"note": plants.text},
        "statusMessage": plants.text,
    }
    bodies = {
        "trace-create": {**trace, "input": plants.text},
        "generation-create": call,
        "score-create": _score(plants),
    }
    events = [{"id": kind, "type": kind, "timestamp": WHEN, "body": body} for kind, body in bodies.items()]
    return {"batch": events}


def _litellm(plants: Plants) -> list[Json]:
    message = {"role": "assistant", "content": plants.text}
    event = {
        "id": f"chatcmpl-{plants.number}",
        "call_type": "acompletion",
        "status": "success",
        "model": "claude-haiku-5-5",
        "trace_id": plants.values["email"],
        "startTime": 1795175751.2,
        "endTime": 1795175751.9,
        "end_user": plants.user,
        "messages": [{"role": "user", "content": plants.text}],
        "metadata": {"requester_metadata": {"note": plants.text}},
        "response": {"id": "chatcmpl-x", "choices": [{"message": message, "finish_reason": "stop"}]},
        "error_str": plants.text,
    }
    return [event]


def _helicone(plants: Plants) -> Json:
    answer = {"type": "message", "content": [{"type": "text", "text": plants.text}], "stop_reason": "end_turn"}
    return {
        "request_id": f"hel-{plants.number}",
        "user_id": plants.user,
        "model": "claude-haiku-5-5",
        "provider": "ANTHROPIC",
        "request_body": json.dumps({"messages": [{"role": "user", "content": plants.text}], "system": plants.text}),
        "response_body": answer,
        "properties": {"feature": "leaks", "note": plants.text, "Session": plants.values["email"]},
    }


def _details(plants: Plants) -> Json:
    return _logs(plants, "gen_ai.client.inference.operation.details", _genai(plants, structured=True))


def _evaluation(plants: Plants) -> Json:
    told = {"name": "thumbs", "score.label": "fail", "explanation": plants.text}
    attributes = {f"gen_ai.evaluation.{key}": value for key, value in told.items()}
    return _logs(plants, "gen_ai.evaluation.result", attributes)


def _json_span(attributes: Callable[[Plants], Json]) -> Callable[[Plants], Json]:
    return lambda plants: _traces(plants, attributes(plants))


def _binary_span(attributes: Callable[[Plants], Json]) -> Callable[[Plants], bytes]:
    return lambda plants: _protobuf(_traces(plants, attributes(plants)), ExportTraceServiceRequest())


def _binary_log(plants: Plants) -> bytes:
    return _protobuf(_details(plants), ExportLogsServiceRequest())


def _old_event(plants: Plants) -> Json:
    return _logs(plants, "gen_ai.user.message", {"gen_ai.system": "openai"}, {"content": plants.text})


def _array(plants: Plants) -> list[Json]:
    return [chat(plants), public(plants, request=plants.text, response=plants.text, id=None)]


CHANNELS = (
    Channel("samples, one object", "/v1/samples", public),
    Channel("samples, an array", "/v1/samples", _array),
    Channel("samples, lines", "/v1/samples", _ndjson, "application/x-ndjson"),
    Channel("OTLP, new style, protobuf", "/v1/traces", _binary_span(partial(_genai, structured=False)), PROTOBUF),
    Channel("OTLP, new style, JSON", "/v1/traces", _json_span(partial(_genai, structured=False))),
    Channel("OTLP, structured values", "/v1/traces", _binary_span(partial(_genai, structured=True)), PROTOBUF),
    Channel("OTLP, OpenLLMetry", "/v1/traces", _json_span(_legacy)),
    Channel("OTLP, openinference", "/v1/traces", _binary_span(_openinference), PROTOBUF),
    Channel("OTLP, Vercel", "/v1/traces", _json_span(_vercel)),
    Channel("OTLP, Langfuse", "/api/public/otel/v1/traces", _json_span(_langfuse)),
    Channel("OTLP logs, one event", "/v1/logs", _binary_log, PROTOBUF),
    Channel("OTLP logs, JSON", "/v1/logs", _details),
    Channel("OTLP logs, old events", "/v1/logs", _old_event),
    Channel("OTLP logs, an evaluation", "/v1/logs", _evaluation),
    Channel("LiteLLM", "/v1/webhooks/litellm", _litellm),
    Channel("Helicone", "/v1/webhooks/helicone", _helicone),
    Channel("Langfuse ingestion", "/api/public/ingestion", _ingestion),
    Channel("Langfuse score", "/api/public/scores", _score),
    Channel("feedback", "/v1/feedback", _feedback),
)
FILE_CHANNEL = len(CHANNELS) + 1


def send(client: httpx2.Client, channel: Channel, plants: Plants) -> str:
    """Posts the channel's body; what was answered."""
    body = channel.body(plants)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(channel.path, content=content, headers={"content-type": channel.content_type})
    assert answer.status_code in (200, 202, 207), f"{channel.name}: {answer.status_code} {answer.text[:300]}"
    return answer.text


def stored_texts(database: Path) -> Iterator[tuple[str, str]]:
    """Every value of every column of every table as text, with the name of the column."""
    with duckdb.connect() as c:
        c.execute(f"ATTACH '{database}' AS leadline (READ_ONLY)")
        columns = c.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'leadline'"
        ).fetchall()
        for table, column in columns:
            rows = c.execute(f'SELECT CAST("{column}" AS VARCHAR) FROM leadline."{table}" WHERE "{column}" IS NOT NULL')
            yield from ((f"{table}.{column}", text) for (text,) in rows.fetchall())
