"""Verdicts on equal content by the same judge version: given once, paid once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from judges.errors import Stopped, Unavailable
from judges.judge import Judgement
from store.records import Status

CAPACITY = 20_000
Key = tuple[str, str]
"""Judge version and content hash."""


class Reuse:
    """The last verdicts by what was judged. What is being asked for is waited for rather than asked twice."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._known: OrderedDict[Key, Judgement] = OrderedDict()
        self._under_way: dict[Key, asyncio.Future[None]] = {}

    @property
    def capacity(self) -> int:
        """How many verdicts are remembered."""
        return self._capacity

    def learn(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Remember verdicts that were given before (rows of store.verdicts.reusable), the oldest first."""
        for row in rows:
            told = {name: value for name, value in row.items() if name != "judge_version"}
            self.remember((row["judge_version"], row["content_hash"]), Judgement(**told))

    def known(self, key: Key) -> Judgement | None:
        """The known verdict, marked and free; None when there is none."""
        if (found := self._known.get(key)) is None:
            return None
        self._known.move_to_end(key)
        return reused(found)

    async def once(self, key: Key, ask: Callable[[], Awaitable[Judgement]]) -> Judgement:
        """The known verdict, marked and free, else the answer of `ask`; one that is not ok is asked for each time.

        When `ask` raises Unavailable or Stopped, so it does for those who waited for it: they do not try one by one.
        """
        while (waiting := self._under_way.get(key)) is not None:
            await asyncio.wait([waiting])
            if not waiting.cancelled():
                waiting.result()
        if (known := self.known(key)) is not None:
            return known
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way[key] = mine
        try:
            judgement = await ask()
        except (Unavailable, Stopped) as error:
            mine.set_exception(error)
            mine.exception()  # Seen, also when nobody waited.
            raise
        finally:
            del self._under_way[key]
            mine.cancel()
        self.remember(key, judgement)
        return judgement

    def remember(self, key: Key, judgement: Judgement) -> None:
        """Keeps a verdict to be given again, when it is ok."""
        if judgement.status is not Status.OK:
            return
        self._known[key] = replace(judgement, opinions=()) if judgement.opinions else judgement
        self._known.move_to_end(key)
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)


def reused(judgement: Judgement) -> Judgement:
    """The judgement as it is given again: free, and no second measurement of the judge's noise."""
    spent: dict[str, Any] = dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"))
    return replace(judgement, via="cache", cost_usd=0.0, flipped=None, opinions=(), **spent)
