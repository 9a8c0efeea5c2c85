"""Calls by LiteLLM with its generic API callback; its events are flushed before the next count is read."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import litellm
from litellm.integrations.generic_api.generic_api_callback import GenericAPILogger


class TellingLogger(GenericAPILogger):
    """The real callback, which LiteLLM calls in a task of its own; `logged` counts its events."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.logged = asyncio.Semaphore(0)

    async def async_log_success_event(self, *event: Any, **rest: Any) -> None:
        await super().async_log_success_event(*event, **rest)
        self.logged.release()


async def main() -> None:
    logger = TellingLogger(endpoint=f"{os.environ['LEADLINE_URL']}/v1/webhooks/litellm", max_retries=5)
    litellm.callbacks = [logger]
    while count := int(await asyncio.to_thread(sys.stdin.readline)):
        for number in range(count):
            await litellm.acompletion(
                model="anthropic/claude-haiku-4-5-20251001",
                api_base=os.environ["MODEL_URL"],
                api_key="test",
                max_tokens=100,
                messages=[{"role": "user", "content": f"Where is order {number}?"}],
                metadata={"session_id": f"s{number}"},
            )
        for _ in range(count):
            await logger.logged.acquire()
        told = [event["id"] for event in logger.log_queue]
        await logger.flush_queue()
        print(json.dumps({"done": count, "sent": told}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
