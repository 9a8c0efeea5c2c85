"""Tells Leadline of every call of an Anthropic client. Copy this file into your application: it needs nothing else.

    client = wrap(Anthropic(), feature="support-chat", session_id=lambda: my_session.get())   # or AsyncAnthropic()
    message = client.messages.create(...)      # message.id is the sample's id: name it in feedback

Any field of docs/samples.md may be given, as a value or a function, asked at every call; LEADLINE_URL and LEADLINE_KEY
say where to send. A thread sends in batches: the caller never waits and sees no errors; what is too much is dropped.
"""

import atexit
import contextlib
import gzip
import inspect
import json
import os
import threading
import time
import urllib.error
import urllib.request
import uuid

MAX_LINE, MAX_BATCH = 1_500_000, 20  # bytes, lines
TIMEOUT, WAITS, LONGEST_WAIT, AT_EXIT = 5.0, (0.5, 1.0, 2.0, 0.0), 5.0, 2.0  # seconds; one wait after each try
STAY = type("Stay", (urllib.request.HTTPRedirectHandler,), {"redirect_request": lambda *_: None})  # so does the key


def wrap(client, sender=None, **fields):
    """The same client; what its messages.create and messages.stream do is told to Leadline from now on."""
    post, sender = client.messages._post, sender or Sender()  # the one method that all calls go through

    def watched(path, *args, **kwargs):
        if path != "/v1/messages":
            return post(path, *args, **kwargs)
        tell = _teller(sender, fields, kwargs.get("body"))
        with _told(tell):
            answer = post(path, *args, **kwargs)
        return _later(answer, tell) if inspect.isawaitable(answer) else _seen(answer, tell)

    client.messages._post = watched
    return client


class Sender:
    """Lines that wait, and the thread that sends them. `sent` and `dropped` count calls."""

    def __init__(self, url=None, key=None, max_bytes=64_000_000, sleep=time.sleep):
        self.url = (url or os.environ.get("LEADLINE_URL", "http://127.0.0.1:8321")).rstrip("/") + "/v1/samples"
        self.key, self.max_bytes, self.sleep = key or os.environ.get("LEADLINE_KEY"), max_bytes, sleep
        self.sent = self.dropped = 0
        self.lines, self.bytes, self.thread, self.state, self.ended = [], 0, None, threading.Condition(), False
        atexit.register(self.flush, ended=True)

    def put(self, line):
        """Takes a sample as JSON, or drops it, at once."""
        with self.state:
            if self.ended or len(line) > MAX_LINE or self.bytes + len(line) > self.max_bytes:
                self.dropped += 1
                return
            self.lines.append(line)
            self.bytes += len(line)
            if not (self.thread and self.thread.is_alive()):  # also in the child of a fork
                self.thread = threading.Thread(target=self._run, name="leadline", daemon=True)
                self.thread.start()
            self.state.notify_all()

    def flush(self, seconds=AT_EXIT, ended=False):
        """Waits until all is sent or dropped, at most so long; it runs by itself when the process ends."""
        with self.state:
            self.ended = ended  # from then on no thread can start, and what comes is dropped
            return self.state.wait_for(lambda: not self.bytes, seconds)

    def _run(self):
        while True:
            with self.state:
                self.state.wait_for(lambda: self.lines)
                batch, self.lines = self.lines[:MAX_BATCH], self.lines[MAX_BATCH:]
            taken = len(batch) * self._post(gzip.compress(b"\n".join(batch), 5))
            with self.state:
                self.sent, self.dropped = self.sent + taken, self.dropped + len(batch) - taken
                self.bytes -= sum(map(len, batch))
                self.state.notify_all()

    def _post(self, body):
        key = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip", **key}
        for wait in WAITS:
            try:
                request = urllib.request.Request(self.url, body, headers)  # noqa: S310 - the address is yours
                urllib.request.build_opener(STAY).open(request, timeout=TIMEOUT).close()
                return True
            except urllib.error.HTTPError as error:
                if error.code not in (429, 502, 503, 504):
                    return False
                told = error.headers.get("Retry-After", "")
                self.sleep(min(float(told), LONGEST_WAIT) if told.isdecimal() and wait else wait)
            except Exception:  # noqa: BLE001 - whatever the network does, the thread goes on
                self.sleep(wait)
        return False


def _teller(sender, fields, asked):
    """A function that sends what became of the call that begins now."""
    begun = time.time()
    request = {name: value for name, value in (asked or {}).items() if isinstance(value, (str, int, float, list, dict))}

    def tell(message=None, error=None):
        try:
            given = {name: value() if callable(value) else value for name, value in fields.items()}
            item = {"id": f"py-{uuid.uuid4().hex}", "timestamp": begun, **given, "request": request}
            answer = message.model_dump(mode="json") if hasattr(message, "model_dump") else message
            if answer:
                item |= {"id": answer["id"], "response": answer}
                item |= {} if answer["stop_reason"] else {"incomplete": "stopped"}
            if error:
                item["error"] = f"{type(error).__name__}: {error}"[:2000]
            sender.put(json.dumps({**item, "latency_ms": 1000 * (time.time() - begun)}, default=str).encode())
        except Exception:  # noqa: BLE001 - what an application puts into a request is not ours to judge
            sender.dropped += 1

    return tell


@contextlib.contextmanager
def _told(tell, message=None):
    """Tells of an error in the block; at the end of a stream, of its message."""
    failed = None
    try:
        yield
    except Exception as error:
        failed = error
        raise
    finally:
        if failed or message:
            tell(message, failed)


async def _later(answer, tell):
    with _told(tell):
        answer = await answer
    return _seen(answer, tell)


def _seen(answer, tell):
    """A message is told now, a stream once it ends; anything else is a raw response, which only the caller reads."""
    if hasattr(answer, "_iterator"):
        answer._iterator = (_async_stream if hasattr(answer, "__aiter__") else _stream)(answer._iterator, tell)
    elif hasattr(answer, "model_dump"):
        tell(answer)
    return answer


def _stream(events, tell):
    with _told(tell, message := {}):
        for event in events:
            yield _join(message, event)


async def _async_stream(events, tell):
    with _told(tell, message := {}):
        async for event in events:
            yield _join(message, event)


def _join(message, event):
    """The event, added to its message."""
    with contextlib.suppress(Exception):
        told, content = event.model_dump(mode="json"), message.get("content")
        kind, delta = told["type"], told.get("delta") or {}
        if kind == "message_start":
            message |= told["message"]
        elif kind == "content_block_start":
            content.append(told["content_block"])
        elif kind == "content_block_delta":
            for name in {"text", "thinking", "partial_json"} & delta.keys():
                content[told["index"]][name] = (content[told["index"]].get(name) or "") + delta[name]
        elif kind == "content_block_stop" and "partial_json" in content[told["index"]]:
            content[told["index"]]["input"] = json.loads(content[told["index"]].pop("partial_json"))
        elif kind == "message_delta":
            message["stop_reason"] = delta["stop_reason"]
            message["usage"] |= {name: n for name, n in told["usage"].items() if n is not None}
    return event
