"""The copyable client in docs/snippets around the real Anthropic SDK: whatever Leadline does, the caller goes on."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest
from anthropic import Anthropic, AsyncAnthropic, RateLimitError

from evaluator.intake import public
from store.records import Sample
from tests.fakes import FakeClaude, Reply, fails, says

FILE = Path(__file__).resolve().parents[2] / "docs" / "snippets" / "leadline_wrap.py"
MODEL = "claude-sonnet-5-5"
ASKED: dict[str, Any] = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": "Where is it?"}]}


def loaded() -> ModuleType:
    spec = spec_from_file_location("leadline_wrap", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRAP = loaded()


class Receiver:
    """A Leadline for one route: answers by script, then 202; answers nothing while it is closed."""

    def __init__(self) -> None:
        self.script: deque[tuple[int, dict[str, str]]] = deque()
        self.items: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.asked = threading.Event()
        self.open = threading.Event()
        self.open.set()

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        self.headers.append(headers)
        self.asked.set()
        self.open.wait(20)
        answer = self.script.popleft() if self.script else (202, {})
        if answer[0] == 202:
            plain = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
            self.items += [json.loads(line) for line in plain.splitlines()]
        return answer

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = receiver.take(body, {"path": self.path, **dict(self.headers)})
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def do_GET(self) -> None:
                receiver.headers.append(dict(self.headers))
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()

    def samples(self) -> list[Sample]:
        """What arrived, as Leadline reads it."""
        return [public.read(item, received_at=public.EARLIEST.replace(year=2100)) for item in self.items]


@pytest.fixture(scope="module")
def claude() -> Iterator[FakeClaude]:
    with FakeClaude(rule=lambda _: says("It is on its way.")) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def client(claude: FakeClaude, sender: Any, **fields: Any) -> Anthropic:
    made = Anthropic(api_key="k", base_url=claude.url, max_retries=0)
    return WRAP.wrap(made, sender, **fields)  # type: ignore[no-any-return]


def no_wait(_: float) -> None:
    """Stands for a sleep."""


def stream() -> Reply:
    """A streamed answer: thinking, text, and a tool call in two pieces."""
    message = {
        "id": "msg_s",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [],
        "stop_reason": None,
    }
    start = {"message": {**message, "usage": {"input_tokens": 9, "output_tokens": 1}}}
    tool = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}
    events: list[tuple[str, dict[str, Any]]] = [
        ("message_start", start),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
        ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "It is "}}),
        ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "here."}}),
        ("content_block_stop", {"index": 0}),
        ("content_block_start", {"index": 1, "content_block": tool}),
        ("content_block_delta", {"index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"order":'}}),
        ("content_block_delta", {"index": 1, "delta": {"type": "input_json_delta", "partial_json": " 7}"}}),
        ("content_block_stop", {"index": 1}),
        ("message_delta", {"delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 12}}),
        ("message_stop", {}),
    ]
    return Reply(
        body="".join(f"event: {kind}\ndata: {json.dumps({'type': kind, **told})}\n\n" for kind, told in events)
    )


def test_a_call_becomes_a_sample(claude: FakeClaude, receiver: Receiver) -> None:
    """Request, answer, tokens and the fields that were given arrive, and Leadline can read them."""
    sender = WRAP.Sender(receiver.url, key="ll_ingest_1")
    message = client(claude, sender, feature="chat", session_id=lambda: "s1").messages.create(**ASKED, system="Brief.")
    assert sender.flush(10)
    (sample,) = receiver.samples()
    assert (sample.sample_id, sample.feature, sample.session_id, sample.model) == (message.id, "chat", "s1", MODEL)
    assert (sample.request["system"], sample.response["content"][0]["text"]) == ("Brief.", "It is on its way.")
    assert (sample.output_tokens, sample.stop_reason) == (message.usage.output_tokens, "end_turn")
    assert receiver.headers[0]["Authorization"] == "Bearer ll_ingest_1"


def test_a_stream_is_told_when_it_ends(claude: FakeClaude, receiver: Receiver) -> None:
    """Both ways to stream give the caller its events, and Leadline the whole message once."""
    sender = WRAP.Sender(receiver.url)
    wrapped = client(claude.then(stream(), stream()), sender)
    with wrapped.messages.stream(**ASKED) as told:
        assert told.get_final_message().content[0].text == "It is here."  # type: ignore[union-attr]
    assert len(list(wrapped.messages.create(**ASKED, stream=True))) == 11
    assert sender.flush(10)
    content = [{"type": "text", "text": "It is here."}, {"type": "tool_use", "name": "find", "input": {"order": 7}}]
    for sample in receiver.samples():
        assert [
            {key: block[key] for key in wanted}
            for block, wanted in zip(sample.response["content"], content, strict=True)
        ] == content
        assert (sample.sample_id, sample.stop_reason, sample.output_tokens) == ("msg_s", "tool_use", 12)
    assert len(receiver.items) == 2


async def test_the_async_client_is_told_of_as_well(claude: FakeClaude, receiver: Receiver) -> None:
    """AsyncAnthropic: a message, and a stream of either kind."""
    sender = WRAP.Sender(receiver.url)
    wrapped = WRAP.wrap(AsyncAnthropic(api_key="k", base_url=claude.url, max_retries=0), sender)
    await wrapped.messages.create(**ASKED)
    claude.then(stream(), stream())
    async with wrapped.messages.stream(**ASKED) as told:
        assert await told.get_final_text() == "It is here."
    assert len([event async for event in await wrapped.messages.create(**ASKED, stream=True)]) == 11
    assert sender.flush(10)
    assert [sample.sample_id for sample in receiver.samples()] == ["msg_fake", "msg_s", "msg_s"]


def test_a_stream_that_is_given_up_says_so(claude: FakeClaude, receiver: Receiver) -> None:
    """What was read until then is sent, marked as incomplete."""
    sender = WRAP.Sender(receiver.url)
    with client(claude.then(stream()), sender).messages.create(**ASKED, stream=True) as events:
        assert [event.type for event, _ in zip(events, range(5), strict=False)][-1] == "content_block_stop"
        events._iterator.close()  # what the garbage collector does once nobody holds the stream
    assert sender.flush(10)
    (sample,) = receiver.samples()
    assert (sample.incomplete, sample.response["content"][0]["text"]) == ("stopped", "It is here.")


def test_an_error_reaches_the_caller_and_leadline(claude: FakeClaude, receiver: Receiver) -> None:
    """The exception is the SDK's own; the sample carries it."""
    sender = WRAP.Sender(receiver.url)
    claude.then(fails(429, "rate_limit_error"))
    with pytest.raises(RateLimitError):
        client(claude, sender).messages.create(**ASKED)
    assert sender.flush(10)
    assert receiver.samples()[0].error is not None
    assert str(receiver.samples()[0].error).startswith("RateLimitError: ")


def test_calls_go_on_while_leadline_hangs(claude: FakeClaude, receiver: Receiver) -> None:
    """Thirty calls return before the first one is answered there; later all of them arrive."""
    receiver.open.clear()
    sender = WRAP.Sender(receiver.url)
    wrapped = client(claude, sender)
    for _ in range(30):
        assert wrapped.messages.create(**ASKED).content[0].text == "It is on its way."  # type: ignore[union-attr]
    assert receiver.asked.wait(10)
    assert (receiver.items, sender.flush(0)) == ([], False)
    receiver.open.set()
    assert sender.flush(10)
    assert (len(receiver.items), sender.sent, sender.dropped) == (30, 30, 0)


def test_a_service_that_is_down_costs_only_samples(claude: FakeClaude) -> None:
    """With nobody listening, the answer is as ever; the sample is dropped after four tries, and counted."""
    waited: list[float] = []
    with Receiver() as gone:
        pass
    sender = WRAP.Sender(gone.url, sleep=waited.append)
    assert client(claude, sender).messages.create(**ASKED).id == "msg_fake"
    assert sender.flush(10)
    assert (sender.sent, sender.dropped, waited) == (0, 1, [0.5, 1.0, 2.0, 0.0])


def test_what_does_not_fit_is_dropped(claude: FakeClaude, receiver: Receiver) -> None:
    """Beyond its bytes the sender takes nothing more until some are sent; the calls do not notice."""
    receiver.open.clear()
    sender = WRAP.Sender(receiver.url, max_bytes=1500)
    wrapped = client(claude, sender)
    for _ in range(10):
        wrapped.messages.create(**ASKED)
    held = 10 - sender.dropped
    receiver.open.set()
    assert sender.flush(10)
    assert 0 < held < 10
    assert (len(receiver.items), sender.sent) == (held, held)


def test_a_field_that_fails_costs_only_its_sample(claude: FakeClaude, receiver: Receiver) -> None:
    """An exception in the application's own function does not reach the call."""
    sender = WRAP.Sender(receiver.url)
    assert client(claude, sender, session_id=lambda: 1 / 0).messages.create(**ASKED).id == "msg_fake"
    assert (sender.dropped, sender.flush(10), receiver.items) == (1, True, [])


UNFINISHED = """
import types
from leadline_wrap import Sender, wrap

class Answer:
    _iterator = iter([types.SimpleNamespace(model_dump=lambda mode: {"type": "message_start", "message": {}})] * 9)
    def __iter__(self):
        return iter(self._iterator)

client = types.SimpleNamespace(messages=types.SimpleNamespace(_post=lambda path, body=None: Answer()))
wrap(client, Sender(url="http://127.0.0.1:9"))
answer = client.messages._post("/v1/messages", body={})
for event in answer:
    break
"""


def test_a_stream_that_is_left_open_does_not_keep_the_process() -> None:
    """A process that ends in the middle of a stream ends: its unfinished call is told too late to be sent."""
    command = [sys.executable, "-c", UNFINISHED]
    assert subprocess.run(command, cwd=FILE.parent, timeout=20, check=False).returncode == 0


@pytest.mark.parametrize(("told", "waits"), [("1", [1.0]), ("60", [5.0]), ("soon", [0.5])])
def test_retry_after_is_honoured_within_a_bound(
    claude: FakeClaude, receiver: Receiver, told: str, waits: list[float]
) -> None:
    """A 503 is tried again after the time it names, five seconds at most."""
    waited: list[float] = []
    receiver.script.append((503, {"Retry-After": told}))
    sender = WRAP.Sender(receiver.url, sleep=waited.append)
    client(claude, sender).messages.create(**ASKED)
    assert sender.flush(10)
    assert (sender.sent, len(receiver.items), waited) == (1, 1, waits)


def test_a_refusal_is_final(claude: FakeClaude, receiver: Receiver) -> None:
    """A wrong key will not become right: one attempt, one drop."""
    receiver.script.append((401, {}))
    sender = WRAP.Sender(receiver.url, sleep=no_wait)
    client(claude, sender).messages.create(**ASKED)
    assert sender.flush(10)
    assert (sender.dropped, len(receiver.headers)) == (1, 1)


def test_a_redirect_is_a_refusal(receiver: Receiver) -> None:
    """Following one would send nothing, and show the key to whoever stands there: the sample counts as dropped."""
    with Receiver() as elsewhere:
        receiver.script.append((302, {"Location": f"{elsewhere.url}/v1/samples"}))
        sender = WRAP.Sender(receiver.url, key="secret", sleep=no_wait)
        sender.put(b"{}")
        assert sender.flush(10)
        assert (sender.sent, sender.dropped, elsewhere.headers) == (0, 1, [])


def test_other_calls_pass_untouched(claude: FakeClaude, receiver: Receiver) -> None:
    """Counting tokens and raw responses work as before, and are no samples."""
    sender = WRAP.Sender(receiver.url)
    wrapped = client(claude, sender)
    counted = wrapped.messages.count_tokens(model=MODEL, messages=ASKED["messages"])
    raw = wrapped.messages.with_raw_response.create(**ASKED)
    assert (counted.input_tokens > 0, raw.parse().id) == (True, "msg_fake")
    assert (sender.flush(10), receiver.items, sender.dropped) == (True, [], 0)


def test_what_waits_is_sent_when_the_process_ends(claude: FakeClaude, receiver: Receiver) -> None:
    """A script that ends right after its call still delivers it."""
    code = (
        f"import sys; sys.path.insert(0, {str(FILE.parent)!r})\n"
        "from anthropic import Anthropic; from leadline_wrap import wrap\n"
        f"client = wrap(Anthropic(api_key='k', base_url={claude.url!r}), feature='script')\n"
        f"client.messages.create(**{ASKED!r})\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env={"LEADLINE_URL": receiver.url})
    assert [sample.feature for sample in receiver.samples()] == ["script"]


def test_the_five_lines_of_the_documentation_send_a_sample(receiver: Receiver) -> None:
    """What docs/python.md shows works as it stands there, but for the address; without a service it does not raise."""
    page = (FILE.parents[1] / "python.md").read_text(encoding="utf-8")
    shown = page.partition("```python\n")[2].partition("```")[0]
    known = {"KEY": "k", "message": SimpleNamespace(id="msg_1"), "question": "Where?", "answer": "Here."}
    exec(shown.replace("http://127.0.0.1:8321", receiver.url), dict(known))
    with Receiver() as gone:
        pass
    exec(shown.replace("http://127.0.0.1:8321", gone.url), dict(known))
    (sample,) = receiver.samples()
    lines = [line for line in shown.splitlines() if line]
    assert (len(lines), sample.sample_id, sample.feature) == (5, "msg_1", "chat")


def test_the_file_is_small_and_stands_alone() -> None:
    """At most 150 lines of text, and nothing imported that Python does not bring along."""
    text = FILE.read_text(encoding="utf-8")
    imported = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert len([line for line in text.splitlines() if line.strip()]) <= 150
    assert imported <= sys.stdlib_module_names
