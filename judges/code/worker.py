"""The process that a user's own function judges in: `python worker.py function|model CALL FOLDER MEMORY_MB`.

It imports the function and says hello, then answers each line of JSON on its standard input with one line on its
standard output, until the input ends. Standard library only: `python` may be the interpreter of another environment.
What the function prints goes nowhere, and what it does to itself (a crash, a loop, all memory) stays in this process.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import hashlib
import importlib
import inspect
import json
import os
import resource
import select
import signal
import sys
import traceback
from typing import IO, Any

MAX_LINE = 1_000_000
"""Longest answer in bytes; a larger one is refused here, where it was made."""
MAX_MESSAGE = 300
MAX_PROBLEMS = 3


def main() -> None:
    """Serves until the input ends."""
    what, call, folder, memory_mb = sys.argv[1:5]
    requests, answers = _channels()
    _warden(requests)
    _bounded(int(memory_mb))
    sys.path[0] = folder
    sys.excepthook = lambda _, error, __: _send(answers, _line({**_told(error, folder), "message": _message(error)}))
    module, found = _found(call)
    function = _checks(found) if what == "model" else _called(call, found)
    sys.excepthook = sys.__excepthook__
    _send(answers, _line({"source": _source(module, found)}))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for line in requests:
        _send(answers, _answer(function, json.loads(line), loop, folder))


def _channels() -> tuple[IO[bytes], IO[bytes]]:
    """The two pipes, out of reach of whoever reads standard input or prints, and of processes that are forked."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nothing, standard)

    def forget() -> None:
        for channel in (requests, answers):
            os.dup2(nothing, channel)

    os.register_at_fork(after_in_child=forget)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def _warden(requests: IO[bytes]) -> None:
    """Forks the process that ends all of this group when Leadline is gone, whatever the function is busy with."""
    watched = os.dup(requests.fileno())
    if os.fork():
        os.close(watched)
        return
    poller = select.poll()
    poller.register(watched, 0)  # hanging up is told without being asked for
    poller.poll()
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _bounded(memory_mb: int) -> None:
    """No core files, which would hold samples, and so much address space at most."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_mb:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 1_000_000, memory_mb * 1_000_000))


def _found(call: str) -> tuple[Any, Any]:
    name, _, path = call.partition(":")
    module = found = importlib.import_module(name)
    for step in path.split("."):
        found = getattr(found, step)
    return module, found


def _called(call: str, found: Any) -> Any:
    if not callable(found):
        raise TypeError(f"{call.partition(':')[2]} is not a function")
    return found


def _checks(model: Any) -> Any:
    """A function from JSON texts to what a Pydantic model says against the first that it does not accept."""
    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(model)

    def check(asked: dict[str, Any]) -> dict[str, Any]:
        for text in asked["texts"]:
            try:
                adapter.validate_json(text, strict=asked["strict"] or None)
            except ValidationError as error:
                problems = error.errors(include_url=False, include_input=False, include_context=False)
                told = [[one["type"], list(one["loc"]), one["msg"][:MAX_MESSAGE]] for one in problems[:MAX_PROBLEMS]]
                return {"problems": told, "count": len(problems)}
        return {"problems": [], "count": 0}

    return check


def _source(module: Any, function: Any) -> str:
    """A hash over the bytes of the module named, and of the module that the function is defined in."""
    modules = [module, sys.modules.get(str(getattr(function, "__module__", None)))]
    files = {found for one in modules if (found := getattr(one, "__file__", None))}
    digest = hashlib.sha256()
    for file in sorted(files):
        with open(file, "rb") as opened:
            digest.update(hashlib.sha256(opened.read()).digest())
    return digest.hexdigest()


def _answer(function: Any, sample: Any, loop: asyncio.AbstractEventLoop, folder: str) -> bytes:
    try:
        found = function(sample)
        if inspect.isawaitable(found):
            found = loop.run_until_complete(found)
        return _packed(found)
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises is its verdict on this sample
        return _line(_told(error, folder))


def _packed(found: Any) -> bytes:
    try:
        line = _line({"returned": found._asdict() if hasattr(found, "_asdict") else found})
    except (TypeError, ValueError, RecursionError):
        return _line({"unreadable": type(found).__name__})
    return line if len(line) <= MAX_LINE else _line({"too_large": len(line)})


def _plain(value: Any) -> Any:
    """What JSON cannot say by itself: dataclasses, enums, Pydantic models, numbers of NumPy."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, enum.Enum):
        return value.value
    for name in ("model_dump", "item"):
        if callable(method := getattr(value, name, None)):
            return method()
    raise TypeError


def _told(error: BaseException, folder: str) -> dict[str, Any]:
    """The kind of an exception and where it came from; not its words, which may quote the sample."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    own = [frame for frame in frames if frame.filename.startswith(os.path.join(folder, ""))]
    told = {"raised": type(error).__name__}
    for frame in (own or frames)[-1:]:
        told["place"] = f"{os.path.basename(frame.filename)}:{frame.lineno}"
    return told


def _message(error: BaseException) -> str:
    return " ".join(str(error).split())[:MAX_MESSAGE]


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, default=_plain).encode() + b"\n"


def _send(answers: IO[bytes], line: bytes) -> None:
    answers.write(line)
    answers.flush()


if __name__ == "__main__":
    main()
