"""What users write as judges, good and bad; it runs in worker processes, by the standard library alone."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import re
import subprocess
import sys
import time
from typing import Any, NamedTuple

Given = dict[str, Any]


class Result(NamedTuple):
    """A result of the user's own making."""

    passed: bool
    explanation: str


def polite(sample: Given) -> bool:
    return "please" in sample["text"]


async def polite_later(sample: Given) -> Result:
    await asyncio.sleep(0)
    return Result("please" in sample["text"], "looked for please")


def runs_a_loop(sample: Given) -> bool:
    return asyncio.run(polite_later(sample)).passed


def talks(sample: Given) -> bool:
    print('{"returned": false}')
    sys.stderr.write("noise")
    os.write(1, b'{"returned": false}\n')
    subprocess.run(["echo", '{"returned": false}'], check=True)
    forked = multiprocessing.get_context("fork").Process(target=print, args=('{"returned": false}',))
    forked.start()
    forked.join()
    return sys.stdin.read() == ""


def sees(_: Given) -> Given:
    return {"passed": True, "explanation": " ".join(sorted(os.environ))}


def tells_its_process(_: Given) -> Given:
    return {"passed": True, "explanation": str(os.getpid())}


def dies_unless_polite(sample: Given) -> bool:
    return polite(sample) or os._exit(3)


def breaks_unless_polite(sample: Given) -> bool:
    return polite(sample) or bool(ctypes.string_at(0))


def leaves_unless_polite(sample: Given) -> bool:
    return polite(sample) or sys.exit(4)


def raises_unless_polite(sample: Given) -> bool:
    return polite(sample) or {}[sample["text"]]


def hogs_unless_polite(sample: Given) -> bool:
    return polite(sample) or bool(bytearray(10**10))


def hurts_its_pipe_unless_polite(sample: Given) -> bool:
    if not polite(sample):
        for number in range(3, 20):
            try:
                os.write(number, b"no JSON at all\n")
            except OSError:
                continue
    return True


def loops_unless_polite(sample: Given) -> bool:
    while not polite(sample):
        pass
    return True


def sleeps_unless_polite(sample: Given) -> bool:
    if not polite(sample):
        subprocess.run(["sleep", "300"], check=True)
    return True


def backtracks_unless_polite(sample: Given) -> bool:
    """Holds the interpreter all the time: no thread of this process gets a turn."""
    return polite(sample) or bool(re.match(r"(a|aa)+$", "a" * 100 + "!"))


def waits(_: Given) -> bool:
    time.sleep(0.2)
    return True


def huge(_: Given) -> Given:
    return {"passed": True, "explanation": "x" * 5_000_000}


def no_json(_: Given) -> object:
    return object()
