"""One answer for all who ask for the overview within some seconds."""

from __future__ import annotations

import asyncio

from evaluator.api.overview import Answers

KEY = ("UTC", 7)


class Maker:
    """Counts how often it is asked, and can fail."""

    def __init__(self) -> None:
        self.made = 0
        self.now = 0.0

    async def __call__(self) -> bytes:
        self.made += 1
        await asyncio.sleep(0)
        if self.made == 99:
            raise ValueError("away")
        return str(self.made).encode()


async def test_many_at_once_share_one_answer() -> None:
    """Four readers at the same moment cost as much as one."""
    maker = Maker()
    answers = Answers(lambda: maker.now)
    assert await asyncio.gather(*(answers.get(KEY, maker) for _ in range(4))) == [b"1"] * 4


async def test_who_waits_for_a_slow_answer_gets_it() -> None:
    """An answer that takes longer than it is fresh is still made once for all who asked meanwhile, early or late."""
    maker = Maker()
    answers = Answers(lambda: maker.now)

    async def slow() -> bytes:
        maker.now += 6.0
        late = asyncio.create_task(answers.get(KEY, maker))
        answer = await maker()
        maker.now += 6.0
        waiting.append(late)
        return answer

    waiting: list[asyncio.Task[bytes]] = []
    assert await asyncio.gather(*(answers.get(KEY, slow) for _ in range(4))) == [b"1"] * 4
    assert await waiting[0] == b"1"


async def test_an_old_answer_is_made_anew() -> None:
    """After five seconds, or for other days, the question is asked again."""
    maker = Maker()
    answers = Answers(lambda: maker.now)
    found = []
    for now, key in ((0.0, KEY), (5.0, KEY), (5.0, ("UTC", 30)), (5.1, KEY)):
        maker.now = now
        found.append(await answers.get(key, maker))
    assert found == [b"1", b"1", b"2", b"3"]


async def test_a_failure_is_nobodys_answer() -> None:
    """What failed is tried again by the next reader."""
    maker = Maker()
    maker.made = 98
    answers = Answers(lambda: maker.now)
    failed = await asyncio.gather(answers.get(KEY, maker), return_exceptions=True)
    assert isinstance(failed[0], ValueError)
    assert await answers.get(KEY, maker) == b"100"
