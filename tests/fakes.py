"""A Claude server for tests: real HTTP on 127.0.0.1, scripted or deciding by a rule; it remembers what it was asked.

`async with FakeClaude()` serves from the running loop, `with FakeClaude()` from a thread of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from aiohttp import web

from tests.fake_batches import FakeBatches, errored

Json = dict[str, Any]
MARKER = "[[FAIL]]"
APOLOGIES = ("i'm sorry", "i am sorry", "sorry", "i apologize", "i can't", "i cannot", "es tut mir leid", "leider")
CACHEABLE_TOKENS = {"claude-haiku-5-5": 512, "claude-haiku-4-5-20251001": 4096}
LIMITS = {"requests": 1_000, "input-tokens": 450_000, "output-tokens": 90_000}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived; header names are lower case."""

    path: str
    headers: Mapping[str, str]
    body: Json

    @property
    def user(self) -> str:
        """The text of the last user message."""
        content = self.body["messages"][-1]["content"]
        return content if isinstance(content, str) else "\n".join(block.get("text", "") for block in content)

    @property
    def sample(self) -> str:
        """What stands between the two lines with the code, when the request is a judge's."""
        lines = self.user.splitlines()
        fence = [number for number, line in enumerate(lines) if line.startswith("=== sample ")]
        return "\n".join(lines[fence[0] + 1 : fence[1]]) if len(fence) == 2 else self.user

    @property
    def choices(self) -> list[str]:
        """The labels that the schema of a judge's answer allows."""
        return list(self.body["output_config"]["format"]["schema"]["properties"]["verdict"]["enum"])

    @property
    def response(self) -> str:
        """The text of the response under judgement."""
        shown = self.sample.partition("[response]\n")[2].partition("\n[")[0]
        return "\n".join(line.removeprefix("| ") for line in shown.splitlines())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer, by the model that was asked for unless its body names one.

    `hang` never answers, `cut` closes the connection in the middle of the body.
    """

    status: int = 200
    body: Json | str = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    cut: bool = False


Rule = Callable[[Asked], Reply]


def says(text: str, *, stop_reason: str = "end_turn", content: list[Json] | None = None, **usage: int) -> Reply:
    """A message with this text (or these blocks); usage is counted by the server unless given."""
    body: Json = {"content": content or [{"type": "text", "text": text}], "stop_reason": stop_reason, "usage": usage}
    return Reply(body=body)


def decides(verdict: str, explanation: str = "Because the words say so.", *, certainty: str = "") -> Reply:
    """A well-formed verdict; `certainty` where the judge is asked for it."""
    asked = {"certainty": certainty} if certainty else {}
    return says(json.dumps({"explanation": explanation, **asked, "verdict": verdict}))


def fails(status: int, error_type: str, message: str = "no", *, code: str = "", retry_after: str = "") -> Reply:
    """An error as the Messages API words it."""
    error: Json = {"type": error_type, "message": message}
    if code:
        error["details"] = {"error_code": code}
    return Reply(
        status=status,
        body={"type": "error", "error": error, "request_id": "req_fake"},
        headers={"retry-after": retry_after} if retry_after else {},
    )


RATE_LIMITED = fails(429, "rate_limit_error", retry_after="1")
OVERLOADED = fails(529, "overloaded_error")
SERVER_ERROR = fails(500, "api_error")
SPEND_LIMIT = fails(429, "rate_limit_error", code="enforced_spend_limit_reached", retry_after="86400")
UNAUTHORIZED = fails(401, "authentication_error")
NO_SUCH_MODEL = fails(404, "not_found_error")
REFUSES = says("", stop_reason="refusal", content=[{"type": "text", "text": ""}])
TRUNCATED = says('{"explanation": "The response', stop_reason="max_tokens")
MALFORMED = says("The response looks fine to me, I would let it pass.")
GARBLED = Reply(body='{"content": [')
HANGS = Reply(hang=True)
CUT = replace(says("x" * 5_000), cut=True)


def smell(asked: Asked) -> Reply:
    """FAIL when the response holds the marker, is empty or begins with an apology; PASS otherwise."""
    answer = asked.response.strip()
    if MARKER in answer:
        return decides("FAIL", f"The response holds the marker {MARKER}.")
    if not answer or answer == "(empty)":
        return decides("FAIL", "The response is empty.")
    if answer.lower().startswith(APOLOGIES):
        return decides("FAIL", f'The response refuses: "{answer[:60]}".')
    return decides("PASS", "It answers the request and contradicts nothing.")


def marked(asked: Asked) -> Reply:
    """For any rubric: the label that the response names as [[is LABEL]], else the first one there is."""
    found = re.search(r"\[\[is ([^\]]+)\]\]", asked.response)
    label = found[1] if found else asked.choices[0]
    certain = "certain" if "certainty" in asked.body["output_config"]["format"]["schema"]["properties"] else ""
    return decides(label, f"The response is marked {label}.", certainty=certain)


class FakeClaude:
    """Answers from `script` while that lasts, then by `rule`. `asked` holds every request, the oldest first."""

    def __init__(self, *, rule: Rule = smell, latency_seconds: float = 0.0) -> None:
        self.script: deque[Reply] = deque()
        self.rule = rule
        self.latency_seconds = latency_seconds
        self.asked: list[Asked] = []
        self.batches = FakeBatches(self._batched)
        self.url = ""
        self._cached: set[str] = set()
        self._runner: web.AppRunner | None = None
        self._closing = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def then(self, *replies: Reply) -> Self:
        """Put replies at the end of the script."""
        self.script.extend(replies)
        return self

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=256 * 2**20)
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_post("/v1/messages/count_tokens", self._count_tokens)
        self.batches.add_routes(app)
        self._runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = self.batches.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        self.batches.closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-claude", daemon=True)
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self.__aenter__(), self._loop).result(10)

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(self.__aexit__(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    async def _count_tokens(self, request: web.Request) -> web.StreamResponse:
        asked = await self._note(request)
        if self.script:
            reply = self.script.popleft()
            return await self._send(request, reply, str(reply.body))
        return web.json_response({"input_tokens": _tokens(asked.body.get("system")) + _tokens(asked.user)})

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        asked = await self._note(request)
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        reply = objection(asked) or (self.script.popleft() if self.script else self.rule(asked))
        if reply.hang:
            await self._closing.wait()
        body = reply.body
        if reply.status == 200 and isinstance(body, dict):
            body = self._message(asked, body)
        return await self._send(request, reply, body if isinstance(body, str) else json.dumps(body))

    def _batched(self, params: Json) -> Json:
        """The result of one request of a batch, decided as any other."""
        asked = Asked("/v1/messages/batches", {"anthropic-version": "", "x-api-key": "sk"}, params)
        reply = objection(asked) or self.rule(asked)
        if reply.status != 200 or not isinstance(reply.body, dict):
            return errored(reply.body["error"]["type"] if isinstance(reply.body, dict) else "api_error")
        return {"type": "succeeded", "message": self._message(asked, reply.body)}

    async def _note(self, request: web.Request) -> Asked:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.path, headers, await request.json())
        self.asked.append(asked)
        return asked

    async def _send(self, request: web.Request, reply: Reply, text: str) -> web.StreamResponse:
        # A lone surrogate stands for a byte that is no UTF-8.
        data, headers = (
            text.encode(errors="surrogateescape"),
            {**_limit_headers(), "request-id": "req_fake", **reply.headers},
        )
        response = web.StreamResponse(status=reply.status, headers={"Content-Type": "application/json", **headers})
        response.content_length = len(data)
        await response.prepare(request)
        await response.write(data[: len(data) // 2] if reply.cut else data)
        if reply.cut and request.transport is not None:
            request.transport.close()
        return response

    def _message(self, asked: Asked, body: Json) -> Json:
        content = body["content"]
        if asked.body["model"] == "claude-haiku-5-5" and asked.body.get("thinking", {}).get("type") != "disabled":
            content = [{"type": "thinking", "thinking": "Let me see.", "signature": "s"}, *content]
        if asked.body.get("tool_choice", {}).get("type") == "tool":
            tool = {"id": "toolu_fake", "name": asked.body["tool_choice"]["name"], "input": json.loads(_text(content))}
            content, body = [{"type": "tool_use", **tool}], {**body, "stop_reason": "tool_use"}
        usage = {**self._usage(asked, len(json.dumps(content)) // 4), **body.get("usage", {})}
        model = body.get("model", asked.body["model"])
        kind = {"id": "msg_fake", "type": "message", "role": "assistant", "model": model}
        return {**kind, "content": content, "stop_reason": body["stop_reason"], "stop_sequence": None, "usage": usage}

    def _usage(self, asked: Asked, output_tokens: int) -> Json:
        prefix, rest = _tokens(asked.body.get("system")), _tokens(asked.user)
        key = json.dumps([asked.body["model"], asked.body.get("system")])
        marked = "cache_control" in json.dumps(asked.body.get("system"))
        if not marked or prefix < CACHEABLE_TOKENS.get(asked.body["model"], 1_024):
            prefix, rest = 0, prefix + rest
        read = prefix if key in self._cached else 0
        self._cached.add(key)
        written = prefix - read
        return {
            "input_tokens": rest,
            "output_tokens": output_tokens,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": written,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        }


def objection(asked: Asked) -> Reply | None:
    """What the real API would not take."""
    body, model = asked.body, str(asked.body.get("model"))
    invalid = "invalid_request_error"
    if not (asked.headers.get("authorization") or asked.headers.get("x-api-key")):
        return UNAUTHORIZED
    if "anthropic-version" not in asked.headers or not {"model", "max_tokens", "messages"} <= body.keys():
        return fails(400, invalid, "a required field is missing")
    if {"temperature", "top_p", "top_k"} & body.keys():
        return fails(400, invalid, "sampling parameters are not supported")
    if "effort" in body.get("output_config", {}) and model.startswith("claude-haiku-4"):
        return fails(400, invalid, "this model does not support effort")
    if body.get("thinking", {}).get("type") == "disabled" and model.startswith("claude-opus-5-5"):
        return fails(400, invalid, "thinking.type.disabled is not supported for this model")
    return None


def _tokens(content: object) -> int:
    return len(content if isinstance(content, str) else json.dumps(content)) // 4


def _text(content: list[Json]) -> str:
    return "".join(block.get("text", "") for block in content)


def _limit_headers() -> dict[str, str]:
    named = {f"anthropic-ratelimit-{kind}": limit for kind, limit in LIMITS.items()}
    return {
        **{f"{name}-limit": str(limit) for name, limit in named.items()},
        **{f"{name}-remaining": str(limit - 1) for name, limit in named.items()},
        **{f"{name}-reset": "2026-11-20T12:01:00Z" for name in named},
    }
