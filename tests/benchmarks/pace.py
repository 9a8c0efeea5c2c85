"""How slow this machine is just now, so that what must hold is a ratio and not seconds of a machine that is shared.

Seconds are told beside their targets, MISSED where they are; a test asserts what `holds`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

PROSE = (
    "Your order left our warehouse this morning and should reach you within two working days. If it does not, please "
    "tell us, and we will send another one at no cost. Our team is there from 9 to 17 o'clock, Monday to Friday. "
)
MB = 1_000_000
REFERENCE_SECONDS = 0.026
"""Of CPU, for the words of a megabyte of prose, where the targets were set."""
_TEXT = PROSE * (MB // len(PROSE) + 1)
_WORD = re.compile(r"\w+")


def least_cpu(work: Callable[[], object], runs: int) -> float:
    """Seconds of CPU of the best of so many runs: what else the machine does must not count."""
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def slowness() -> float:
    """Times as slow as where the targets were set, never below 1: the words of a megabyte, best of eight."""
    return max(1.0, least_cpu(lambda: _WORD.findall(_TEXT), 8) / REFERENCE_SECONDS)


def holds(taken: float, target: float) -> bool:
    """Whether CPU that was taken just now is within its target, as slow as the machine is just now."""
    return taken <= target or taken <= target * slowness()
