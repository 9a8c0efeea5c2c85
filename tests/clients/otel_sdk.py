"""Calls as an instrumentation of the GenAI conventions tells them, by the OpenTelemetry SDK and BatchSpanProcessor."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from exporting import asked_for, provider


def message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def main() -> None:
    tracing = provider()
    tracer = tracing.get_tracer("test.instrumentation")
    while count := asked_for():
        for number in range(count):
            with (
                tracer.start_as_current_span("POST /chat", attributes={"session.id": f"s{number}"}),
                tracer.start_as_current_span("chat claude-haiku-5-5") as span,
            ):
                span.set_attribute("gen_ai.operation.name", "chat")
                span.set_attribute("gen_ai.request.model", "claude-haiku-5-5")
                span.set_attribute("gen_ai.input.messages", message("user", f"Where is order {number}?"))
                span.set_attribute("gen_ai.output.messages", message("assistant", "On its way."))
        tracing.force_flush(30_000)
        print(json.dumps({"done": count}), flush=True)
    tracing.shutdown()


if __name__ == "__main__":
    main()
