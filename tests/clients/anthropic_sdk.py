"""Calls by the Anthropic SDK with its own telemetry and content on."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import anthropic
from exporting import asked_for, provider


def main() -> None:
    tracing = provider()
    client = anthropic.Anthropic(
        api_key="test",
        base_url=os.environ["MODEL_URL"],
        open_telemetry={"traces": {"content_mode": "content"}},
    )
    while count := asked_for():
        for number in range(count):
            client.messages.create(
                model="claude-haiku-5-5",
                max_tokens=100,
                messages=[{"role": "user", "content": f"Where is order {number}?"}],
            )
        tracing.force_flush(30_000)
        print(json.dumps({"done": count}), flush=True)
    tracing.shutdown()


if __name__ == "__main__":
    main()
