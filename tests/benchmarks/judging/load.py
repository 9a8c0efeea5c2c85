"""One way to judge, in a process of its own: `python -m tests.benchmarks.judging.load KIND URL N DATABASE`.

It prints what judging cost this process as one line of JSON; `N` is how many samples there are.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evaluator import process

CONCURRENCY = 100
TEXT = "Your order left our warehouse this morning and should reach you within two working days. " * 12


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one run took. CPU is of all threads; memory is resident, in MB: when ready to judge, and at its peak."""

    judged: int
    seconds: float
    cpu_seconds: float
    ready_mb: float
    peak_mb: float

    @property
    def rate(self) -> float:
        return self.judged / self.seconds

    @property
    def cpu_ms(self) -> float:
        return self.cpu_seconds / self.judged * 1000


def item(number: int) -> dict[str, Any]:
    """A sample of about 2.3 kB of text that tells its number."""
    ask = f"Where is my order number {number:06}? {TEXT[:700]}"
    return {
        "id": f"bench-{number}",
        "timestamp": f"2026-11-20T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z",
        "feature": "support-chat",
        "session_id": f"s{number // 3}",
        "model": "claude-sonnet-5-5",
        "request": {"system": TEXT[:500], "messages": [{"role": "user", "content": ask}], "max_tokens": 600},
        "response": {"content": [{"type": "text", "text": TEXT[:1000]}], "stop_reason": "end_turn"},
        "usage": {"input_tokens": 310, "output_tokens": 220},
    }


async def bare(url: str, count: int, _: Path) -> Cost:
    """What anybody would write first: the SDK, a semaphore and a list; nothing is kept."""
    import anthropic

    from judges.answer import Answer
    from judges.prompt import system_text
    from judges.rubric import shipped

    rubric = shipped("smell_test")
    system, schema = system_text(rubric), anthropic.transform_schema(Answer)
    slots = asyncio.Semaphore(CONCURRENCY)
    items = [item(number) for number in range(count)]
    verdicts: list[str] = []

    async with anthropic.AsyncAnthropic(
        api_key="none", base_url=url, open_telemetry=False, http_client=anthropic.DefaultAioHttpClient()
    ) as client:

        async def judge(sample: dict[str, Any]) -> None:
            request, response = sample["request"], sample["response"]
            async with slots:
                message = await client.messages.create(
                    model="claude-haiku-5-5",
                    max_tokens=1000,
                    system=[{"type": "text", "text": system, "cache_control": {"type": "ephemeral", "ttl": "5m"}}],
                    messages=[
                        {
                            "role": "user",
                            "content": f"{request['system']}\n\n{request['messages'][0]['content']}\n\n"
                            f"{response['content'][0]['text']}\n\nJudge this response: {rubric.question}",
                        }
                    ],
                    output_config={"effort": "low", "format": {"type": "json_schema", "schema": schema}},
                    thinking={"type": "disabled"},
                )
            text = "".join(block.text for block in message.content if block.type == "text")
            verdicts.append(json.loads(text)["verdict"])

        async def all_of_them() -> int:
            await asyncio.gather(*map(judge, items))
            return len(verdicts)

        return await _measured(all_of_them)


async def recover(url: str, _: int, database: Path) -> Cost:
    """Leadline over a file of stored samples: what has no verdict gets one."""
    async with _service(url, database) as service:
        process.tune()
        return await _measured(service.pipeline.drain)


async def score(url: str, count: int, database: Path) -> Cost:
    """Leadline over rows of a file: stored and judged."""
    from evaluator import backfill
    from evaluator.intake.files import Row

    class Silent:
        def rejected(self, reject: backfill.Reject) -> None:
            raise AssertionError(reject)

        def progress(self) -> None:
            pass

    async with _service(url, database) as service:
        process.tune()

        async def rows() -> int:
            tally = backfill.Tally()
            source = (Row(f"file:{number}", item(number)) for number in range(count))
            assert await backfill.score(source, backfill.LocalTarget(service), tally, Silent()) is None
            return tally.stored

        return await _measured(rows)


def _service(url: str, database: Path) -> Any:
    from evaluator.service import Service
    from evaluator.settings import JudgeSettings, Settings

    judge = JudgeSettings(builtin=("smell_test",), llm_rate=1.0, base_url=url, concurrency=CONCURRENCY, repeat_rate=0)
    return Service(Settings(database=database, judge=judge), environ={}, scheduled=False)


async def _measured(work: Callable[[], Awaitable[int]]) -> Cost:
    ready, begun, cpu = _memory_mb("VmRSS"), time.perf_counter(), time.process_time()
    judged = await work()
    return Cost(
        judged=judged,
        seconds=time.perf_counter() - begun,
        cpu_seconds=time.process_time() - cpu,
        ready_mb=ready,
        # Not ru_maxrss: that of a process that was forked off a large one begins with the large one's.
        peak_mb=_memory_mb("VmHWM"),
    )


def _memory_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(name))) / 1024


if __name__ == "__main__":
    process.leave_out_pandas()
    kind, url, count, database = sys.argv[1:5]
    run = {"bare": bare, "recover": recover, "score": score}[kind]
    print(json.dumps(asdict(asyncio.run(run(url, int(count), Path(database))))), flush=True)
